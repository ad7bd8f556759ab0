# SPDX-License-Identifier: Apache-2.0
"""Faults on demand: the sandbox CA's management socket, what each fault looks like from outside, and
that the ACME library of the product gets its certificate in spite of it."""
import email.utils
import http.client
import json
import ssl
import stat
import subprocess
import time

import pytest

from acme_kit import probe
from ca_fixtures import Management, SandboxCa, client, id_of, knot, responder  # noqa: F401

pytestmark = pytest.mark.req("R45")

KINDS = ["bad-nonce", "rate-limited", "busy", "outage", "slow", "cut", "garbage",
         "retry-date", "secondary-validation"]


@pytest.fixture(scope="module")
def ca(tmp_path_factory, knot):  # noqa: F811
    server = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", knot.port).start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def all_off(ca):
    yield
    ca.run("fault", "off")


def faults(ca):
    return json.loads(ca.run("faults", "--json"))["faults"]


# --- the socket ----------------------------------------------------------------------------------

def test_the_socket_is_the_owners(ca):
    mode = (ca.folder / "ca" / "manage.sock").stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    for method, path in [("GET", "/faults"), ("POST", "/faults/busy"), ("DELETE", "/faults")]:
        assert ca.connect().request(method, path)[0] == 404  # not where clients ask


@pytest.mark.parametrize("path,body,status,text", [
    ("/faults/none", {}, 404, 'there is no fault "none"'),
    ("/faults/busy", "{", 400, ""),
    ("/faults/busy", [], 400, "the body is no object"),
    ("/faults/busy", {"share": 0}, 422, "is not a number from 1 to 100"),
    ("/faults/busy", {"share": 101}, 422, "is not a number from 1 to 100"),
    ("/faults/busy", {"share": "all"}, 422, "is not a number from 1 to 100"),
    ("/faults/busy", {"count": 0}, 422, "is not a number from 1 to 1000000"),
    ("/faults/busy", {"for_s": 86401}, 422, "is not a number from 1 to 86400"),
    ("/faults/busy", {"wait_s": 31}, 422, "is not a number from 0 to 30"),
    ("/faults/none", "{}".ljust(4096), 404, 'there is no fault "none"'),
    ("/faults/none", "{}".ljust(4097), 413, "")])
def test_what_the_socket_refuses(ca, path, body, status, text):
    got, problem = Management(ca).ask("POST", path, body)
    assert got == status and text in problem["detail"]
    assert faults(ca) == []


def test_listing(ca):
    assert ca.run("faults") == "no faults\n"
    for kind in KINDS:
        ca.run("fault", kind, "--for", "60", "--share", "1")
    ca.run("fault", "busy", "--count", "7", "--share", "5", "--wait", "9")
    listed = {fault["kind"]: fault for fault in faults(ca)}
    assert list(listed) == KINDS
    assert {k: listed["busy"][k] for k in ("share", "left", "for_s", "wait_s")} == {
        "share": 5, "left": 7, "for_s": 0, "wait_s": 9}
    assert 58 <= listed["slow"]["for_s"] <= 60 and listed["slow"]["wait_s"] == 2
    assert "busy: 5 % of requests, 7 more: requests are refused with 503 and Retry-After\n" in \
        ca.run("faults")
    ca.run("fault", "off")
    assert faults(ca) == []


@pytest.mark.parametrize("words,code,text", [
    (["fault"], 64, 'fault: of which kind, or "off"?'),
    (["fault", "fire"], 2, 'there is no fault "fire"'),
    (["fault", "busy", "--share", "101"], 2, "is not a number from 1 to 100"),
    (["fault", "busy", "--count", "x"], 64, "--count x: not a number")])
def test_wrong_words(ca, words, code, text):
    done = subprocess.run(ca.command(*words), capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == code and text in done.stderr


def test_faults_end_by_themselves_and_with_the_process(tmp_path, knot):  # noqa: F811
    ca = SandboxCa(tmp_path / "ca", knot.port)
    done = subprocess.run(ca.command("faults"), capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 2 and "no sandbox CA is running in" in done.stderr
    ca.start()
    try:
        ca.run("fault", "busy", "--for", "2")
        assert ca.connect().request("GET", "/terms/1")[0] == 503
        time.sleep(2.1)
        assert ca.connect().request("GET", "/terms/1")[0] == 200
        ca.run("fault", "busy")
        ca.kill()
        done = subprocess.run(ca.command("fault", "off"), capture_output=True, text=True,
                              timeout=30, check=False)
        assert done.returncode != 0  # nobody answers on what is left of the socket
        ca.start_ca()
        assert faults(ca) == [] and ca.connect().request("GET", "/terms/1")[0] == 200
    finally:
        ca.stop()


# --- each fault ----------------------------------------------------------------------------------

def test_bad_nonce(ca, client):  # noqa: F811
    ca.run("fault", "bad-nonce", "--count", "2")
    for _ in range(2):
        reply = client.order("nonce.example")
        assert reply.problem == (400, "badNonce") and reply.headers["Replay-Nonce"]
    assert client.order("nonce.example").status == 201


def test_a_share_of_nonces(ca, client):  # noqa: F811
    ca.run("fault", "bad-nonce", "--share", "50")
    refused = sum(client.order("share.example").status == 400 for _ in range(100))
    assert 20 < refused < 80  # of a fair coin: one in 10^9 fails


@pytest.mark.parametrize("kind,status", [("rate-limited", 429), ("busy", 503)])
def test_refusals(ca, client, kind, status):  # noqa: F811
    ca.run("fault", kind, "--wait", "7")
    reply = client.order("refused.example")
    assert reply.problem == (status, "rateLimited") and reply.headers["Retry-After"] == "7"
    assert (ca.connect().request("GET", "/directory")[0] == 503) == (kind == "busy")


def test_outage(ca, client):  # noqa: F811
    """nginx in front says 502, and nothing was done."""
    ca.run("fault", "outage")
    created = len(ca.journal("--kind", "order.created"))
    client.nonce = client.nonce or "x"
    assert ca.connect().request("POST", "/acme/new-order", "{}")[0] == 502
    assert ca.connect().request("GET", "/directory")[0] == 502
    assert len(ca.journal("--kind", "order.created")) == created


def test_slow(ca, client):  # noqa: F811
    client.nonce = client.fresh_nonce()
    ca.run("fault", "slow", "--wait", "1", "--count", "1")
    begun = time.monotonic()
    assert client.order("slow.example").status == 201
    assert 1 <= time.monotonic() - begun < 5


@pytest.mark.parametrize("kind", ["cut", "garbage"])
def test_done_but_not_answered(ca, client, kind):  # noqa: F811
    """The order is there, and asking again finds it."""
    client.nonce = client.fresh_nonce()
    ca.run("fault", kind, "--count", "1")
    if kind == "cut":
        with pytest.raises((http.client.IncompleteRead, ssl.SSLError, ConnectionError)):
            client.order(f"{kind}.example")
        client.connection, client.nonce = ca.connect(), None
    else:
        reply = client.order(f"{kind}.example")
        with pytest.raises(ValueError):
            json.loads(reply.body)
    assert client.order(f"{kind}.example").status == 201
    kinds = [e["kind"] for e in ca.journal() if e["detail"].split(" ")[0] == f"{kind}.example"]
    assert kinds == ["order.created", "order.repeated"]


def test_secondary_validation(ca, client):  # noqa: F811
    ca.run("fault", "secondary-validation", "--count", "1")
    order = client.order("seen.example")
    assert client.validate(order).json["status"] == "invalid"
    authorization = client.post(order.json["authorizations"][0]).json
    error = authorization["challenges"][0]["error"]
    assert error["type"].endswith(":unauthorized")
    assert error["detail"].startswith("During secondary validation: 198.51.100.1: Invalid response")
    client.issue("seen.example")


# --- the library of the product against them -----------------------------------------------------

@pytest.fixture
def own(tmp_path, knot):  # noqa: F811
    """A CA whose http-01 port is the probe's."""
    server = SandboxCa(tmp_path / "own", knot.port).start()
    yield server
    server.stop()


@pytest.mark.req("R23")
def test_our_own_client_with_refused_nonces(own):
    own.run("fault", "bad-nonce", "--share", "30")
    assert probe(own, "issue", "nonces", count=3)["issued"] == 3


@pytest.mark.req("R23")
@pytest.mark.parametrize("kind,error", [
    ("bad-nonce", "CA refused newAccount: badNonce: "),
    ("rate-limited", "CA refused newAccount: rateLimited: Service busy"),
    ("busy", "CA refused directory: rateLimited: Service busy"),
    ("outage", "CA answered directory with status 502 and no problem document"),
    ("cut", "closed the connection before the answer was complete"),
    ("garbage", "CA, directory: "),
    ("secondary-validation", "not all were issued")])
def test_our_own_client_says_what_is_wrong(own, kind, error):
    """For as long as the fault is on; and it gets its certificate when it has ended."""
    own.run("fault", kind)
    assert error in probe(own, "issue", "wrong", code=1)["error"]
    own.run("fault", "off")
    assert probe(own, "issue", "right")["issued"] == 1


@pytest.mark.req("R23")
def test_our_own_client_waits_for_slow_answers(own):
    own.run("fault", "slow", "--wait", "1", "--count", "3")
    assert probe(own, "issue", "slow")["issued"] == 1


def test_retry_after_as_a_date(ca, client):  # noqa: F811
    """On every answer that has a Retry-After; no other counts."""
    _, pem, _ = client.issue("date.example")
    path = f"/acme/renewal-info/{id_of(pem)}"
    ca.run("fault", "retry-date", "--count", "1")
    assert ca.connect().request("GET", "/directory")[0] == 200
    status, headers, _ = ca.connect().request("GET", path)
    assert status == 200
    at = email.utils.parsedate_to_datetime(headers["Retry-After"])
    assert headers["Retry-After"].endswith(" GMT")
    assert abs(at.timestamp() - time.time() - 21600) < 10
    assert ca.connect().request("GET", path)[1]["Retry-After"] == "21600"
    ca.run("fault", "retry-date")
    ca.run("fault", "busy", "--wait", "9", "--count", "1")
    _, headers, _ = ca.connect().request("GET", "/directory")
    at = email.utils.parsedate_to_datetime(headers["Retry-After"])
    assert abs(at.timestamp() - time.time() - 9) < 5
    ca.run("fault", "off")
