# SPDX-License-Identifier: Apache-2.0
"""CAA is asked for again when an order is finalized more than seven hours after its validation, as at
Boulder. The clock is moved; the zones are a real server's."""
import contextlib
import signal

import pytest

from ca_client_kit import Client, make_csr
from ca_fixtures import Knot, Responder, SandboxCa, knot, moved  # noqa: F401

pytestmark = pytest.mark.req("R45")

HOUR, DAY = 3600, 86400
OURS, NOBODY = "sandbox-ca.example", '0 issue ";"'
BEFORE, AFTER = 7 * HOUR - 60, 7 * HOUR + 60
PREFIX = "Error finalizing order :: rechecking caa: While processing CAA for "


def later(ca, seconds, *names, **members):
    """An order for names that were validated so long before; it is ready."""
    one = ca.client
    one.issue(*names, **members)
    ca.to(seconds)
    one.nonce = None
    order = one.order(*names, **members)
    assert order.json["status"] == "ready", order.json
    return order


def finalize(ca, order, *names):
    return ca.client.finalize(order, make_csr(names)[1])


def test_at_seven_hours(moved, knot):  # noqa: F811
    order = later(moved, BEFORE, "edge.example")
    knot.set("edge.example", "CAA", NOBODY)
    assert finalize(moved, order, "edge.example").json["status"] == "processing"
    moved.to(AFTER)
    order = moved.client.order("edge.example")
    reply = finalize(moved, order, "edge.example")
    assert reply.problem == (403, "caa")
    assert reply.json["detail"] == \
        f"{PREFIX}edge.example: CAA record for edge.example prevents issuance"
    assert "subproblems" not in reply.json
    # it has not failed: once the record is gone the same order can be finalized
    url = order.headers["Location"]
    assert moved.client.post(url).json["status"] == "ready"
    knot.set("edge.example", "CAA")
    assert finalize(moved, order, "edge.example").json["status"] == "processing"
    assert moved.client.poll(url, ["processing"]).json["status"] == "valid"


# The records, and whether they admit what was validated by http-01 ({kid}: the account).
RECORDS = [(f'0 issue "{OURS}"', True),
           (f'0 issue "{OURS}; validationmethods=http-01"', True),
           (f'0 issue "{OURS}; validationmethods=dns-01"', False),
           (f'0 issue "{OURS}; accounturi={{kid}}"', True),
           (f'0 issue "{OURS}; accounturi={{kid}}0"', False),
           ('128 later "x"', False)]


def test_parameters(moved, knot):  # noqa: F811
    """The method is that of the validation."""
    names = [f"kept{i}.example" for i in range(len(RECORDS))]
    for name in names:
        moved.client.issue(name)
    moved.to(29 * DAY)
    moved.client.nonce = None
    for name, (record, is_admitted) in zip(names, RECORDS):
        knot.set(name, "CAA", record.format(kid=moved.client.kid))
        reply = finalize(moved, moved.client.order(name), name)
        assert (reply.status == 200) == is_admitted, (record, reply.json)


def test_several_names(moved, knot):  # noqa: F811
    names = ["a.several.example", "b.several.example", "c.several.example"]
    order = later(moved, AFTER, *names)
    for name in names[1:]:
        knot.set(name, "CAA", NOBODY)
    reply = finalize(moved, order, *names)
    assert reply.problem == (403, "caa")
    assert reply.json["detail"] == (
        'Error finalizing order :: Rechecking CAA for "b.several.example" and 1 more identifiers '
        "failed. Refer to sub-problems for more information")
    assert [(sub["type"].rsplit(":", 1)[1], sub["identifier"], sub["detail"])
            for sub in reply.json["subproblems"]] == [
        ("caa", {"type": "dns", "value": name},
         f"{PREFIX}{name}: CAA record for {name} prevents issuance") for name in names[1:]]


def test_only_what_is_old(moved, knot):  # noqa: F811
    """A name that was validated just now is not asked about again."""
    moved.client.issue("old.example")
    moved.to(AFTER)
    moved.client.nonce = None
    names = ["new.example", "old.example"]
    order = moved.client.order(*names)
    assert moved.client.validate(order).json["status"] == "ready"
    knot.set("new.example", "CAA", NOBODY)
    assert finalize(moved, order, *names).json["status"] == "processing"


@contextlib.contextmanager
def ready_order(tmp_path, *ordered):
    """(CA's client, its DNS server, an order for names of fine.example that were validated too long before)"""
    names = Knot(tmp_path / "knot", ["*.test. A 127.0.0.1"],
                 zones={"fine.example": ["@ A 127.0.0.1", "* A 127.0.0.1"]})
    clock = tmp_path / "clock"
    clock.write_text("0")
    ca = SandboxCa(tmp_path / "ca", names.port)
    ca.environment["LATCHKEY_CLOCK_FILE"] = str(clock)
    ca.start()
    client, responder = Client(ca), Responder(ca.http_port)
    client.register()
    responder.thumbprint = client.key.thumbprint
    try:
        client.issue(*ordered)
        ca.run("clock", f"+{AFTER}s")
        client.nonce = None
        yield client, names, client.order(*ordered)
    finally:
        responder.stop()
        ca.stop()
        names.stop()


def test_a_lookup_that_fails(tmp_path):
    """Is a problem of CAA here, not of DNS."""
    with ready_order(tmp_path, "fine.example") as (client, names, order):
        names.stop()  # nobody answers
        reply = client.finalize(order, make_csr(["fine.example"])[1])
        assert reply.problem == (403, "caa")
        assert reply.json["detail"].startswith(f"{PREFIX}fine.example: DNS problem"), reply.json


def test_all_names_are_asked_for_at_once(tmp_path):
    """Servers that do not answer are waited for once, not once for each name."""
    ordered = [f"n{i}.fine.example" for i in range(4)]
    with ready_order(tmp_path, *ordered) as (client, names, order):
        names.process.send_signal(signal.SIGSTOP)
        try:
            reply = client.finalize(order, make_csr(ordered)[1])
        finally:
            names.process.send_signal(signal.SIGCONT)
        assert [sub["detail"].startswith(f"{PREFIX}{name}: DNS problem")
                for name, sub in zip(ordered, reply.json["subproblems"], strict=True)] == [True] * 4, reply.json
