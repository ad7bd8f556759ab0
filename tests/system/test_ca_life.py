# SPDX-License-Identifier: Apache-2.0
"""The sandbox CA over time: many orders at once, kill -9, a moved clock, its root."""
import concurrent.futures
import datetime
import time

import pytest
from cryptography import x509

from ca_client_kit import Client, make_csr
from ca_fixtures import (Responder, SandboxCa, ca, client, knot, leaf_of, names_of, openssl_verify,  # noqa: F401
                         responder, validity)
from ca_load_kit import rows
from edge_kit import wait_for

pytestmark = pytest.mark.req("R45")


def issue_for(ca, key, kid, name):
    client = Client(ca, key)
    client.kid = kid
    return client.issue(name)[1]


def test_64_orders_in_flight(client):
    names = [f"flight-{i}.example" for i in range(192)]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        chains = list(pool.map(lambda name: issue_for(client.ca, client.key, client.kid, name),
                               names))
    print(f"{len(names) / (time.monotonic() - began):.0f} orders/s with a client in Python")
    assert [names_of(pem)[0] for pem in chains] == names
    assert len({leaf_of(pem).serial_number for pem in chains}) == len(names)


def test_killed_and_started_again(client, tmp_path):
    """What was promised before a kill -9 is there after it, and nothing twice."""
    ca = client.ca
    order = client.order("killed.example", "www.killed.example")
    ca.kill()
    ca.start_ca()
    client.nonce = None
    assert client.post(order.headers["Location"]).json == order.json
    assert client.order("killed.example", "www.killed.example").headers["Location"] == \
        order.headers["Location"]
    for url in order.json["authorizations"]:
        client.post(client.challenge(url)["url"], {})
    ca.kill()  # some validations promised, none or few done
    ca.start_ca()
    client.nonce = None
    assert client.poll(order.headers["Location"], ["pending"]).json["status"] == "ready"
    assert client.finalize(order, make_csr(["killed.example", "www.killed.example"])[1]).status == 200
    ca.kill()
    ca.start_ca()
    client.nonce = None
    done = client.poll(order.headers["Location"], ["processing"])
    pem = client.post(done.json["certificate"]).body.decode()
    assert openssl_verify(tmp_path, ca.root, pem)[0] == 0
    mine = ca.journal("--account", client.kid.split("/")[-1])
    count = [entry["kind"] for entry in mine].count
    assert (count("order.created"), count("order.repeated"), count("certificate.issued")) == (1, 1, 1)
    assert (count("challenge.started"), count("challenge.valid")) == (2, 2)
    assert count("order.finalized") == 1


def test_what_has_ended_is_deleted(tmp_path, knot):
    """By the running CA itself, once the movable clock is past it; certificates stay, and so do the
    orders that they came of."""
    day = 86400 * 1000
    clock = tmp_path / "clock"
    clock.write_text("0")
    ca = SandboxCa(tmp_path / "ca", knot.port, limits="letsencrypt")
    ca.environment["LATCHKEY_CLOCK_FILE"] = str(clock)
    ca.start()
    responder = Responder(ca.http_port)
    try:
        client = Client(ca)
        client.register()
        responder.thumbprint = client.key.thumbprint
        done, pem, _ = client.issue("kept.example")
        for number in range(40):
            assert client.order(f"ended-{number}.example").status == 201
        assert (rows(ca, "acme_order"), rows(ca, "acme_authorization")) == (41, 41)
        assert rows(ca, "rate_bucket") > 0
        clock.write_text(str(100 * day))
        wait_for(lambda: rows(ca, "acme_authorization") == 1, 20, "the end of authorizations")
        # the newest of each stays, so that its id is not used again
        wait_for(lambda: rows(ca, "acme_order") == 2 and rows(ca, "rate_bucket") == 0 and
                 rows(ca, "journal") == 1, 20, "the end of the rest")
        assert rows(ca, "challenge", "authorization_id NOT IN (SELECT id FROM acme_authorization)"
                    ) == 0
        assert rows(ca, "certificate") == 1
        again = client.order("ended-1.example")
        assert int(again.headers["Location"].rsplit("/", 1)[-1]) == 42
        client.nonce = None
        assert client.post(client.url("cert/" + done.json["certificate"].rsplit("/", 1)[-1])).body \
            .decode() == pem
    finally:
        responder.stop()
        ca.stop()


def test_root_is_constrained(ca, tmp_path):
    root = x509.load_pem_x509_certificate(ca.root.read_bytes())
    constraints = root.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert [str(name.value) for name in constraints.value.permitted_subtrees] == [
        "test", "example", "invalid", "localhost", "127.0.0.0/8", "::1/128"]
    assert constraints.value.excluded_subtrees is None
    begin, end = validity(root)
    assert datetime.timedelta(days=400) < end - begin < datetime.timedelta(days=400, hours=2)
    service = (ca.folder / "ca" / "service.pem").read_text()
    assert openssl_verify(tmp_path, ca.root, service)[0] == 0


def test_extra_suffix_is_certified_and_nothing_else(tmp_path, knot):
    ca = SandboxCa(tmp_path / "ca", knot.port, permitted=["corp.internal"]).start()
    try:
        client = Client(ca)
        client.register()
        assert client.order("a.corp.internal").status == 201
        assert client.order("a.internal").problem == (400, "rejectedIdentifier")
    finally:
        ca.stop()


def test_clock_moved_past_half_of_the_root(tmp_path, knot):
    """A running CA rolls root and intermediate when the movable clock passes their half life."""
    day = 86400 * 1000
    clock = tmp_path / "clock"
    clock.write_text("0")
    ca = SandboxCa(tmp_path / "ca", knot.port)
    ca.environment["LATCHKEY_CLOCK_FILE"] = str(clock)
    ca.start()
    responder = Responder(ca.http_port)
    try:
        client = Client(ca)
        client.register()
        responder.thumbprint = client.key.thumbprint
        first = client.issue("moved.example")[1]
        old_root = ca.root.read_text()
        clock.write_text(str(201 * day))
        time.sleep(0.3)
        second = client.issue("moved.example")[1]
        assert ca.root.read_text() != old_root
        assert old_root in ca.roots.read_text()
        assert first.split("-----END")[1] != second.split("-----END")[1]
        assert validity(leaf_of(second))[0] - validity(leaf_of(first))[0] > datetime.timedelta(200)
        # the old order's chain is still the one that it was issued under
        assert openssl_verify(tmp_path, ca.roots, first)[0] == 0
    finally:
        responder.stop()
        ca.stop()
