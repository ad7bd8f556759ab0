# SPDX-License-Identifier: Apache-2.0
"""What an operator does to a running sandbox CA, through its management socket (R45)."""
import json
import subprocess
import threading
import time

import pytest

from ca_client_kit import Client, Key
from ca_fixtures import (Management, SandboxCa, client, id_of, knot, moved, renewal_info, responder,  # noqa: F401
                         serial_of)
from test_ca_orders import certificate_of

pytestmark = pytest.mark.req("R45")

DAY = 86400


@pytest.fixture(scope="module")
def ca(tmp_path_factory, knot):  # noqa: F811
    server = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", knot.port).start()
    yield server
    server.stop()


def refused(ca, *words):
    """Exit code and message of a command that fails."""
    done = subprocess.run(ca.command(*words), capture_output=True, text=True, timeout=30,
                          check=False, env=ca.environment)
    return done.returncode, done.stderr


# --- renewals ------------------------------------------------------------------------------------

def test_renew_now(moved):  # noqa: F811
    _, first, _ = moved.client.issue("first.example")
    _, second, _ = moved.client.issue("second.example")
    before = renewal_info(moved, id_of(second))
    assert moved.run("renew-now", serial_of(first).upper()) == "certificates: 1\n"
    (start, end), _, page = renewal_info(moved, id_of(first))
    assert time.time() - 3605 < start < end < time.time() - 1795
    assert page == f"{moved.url}/renew-now"
    status, _, text = moved.connect().request("GET", "/renew-now")
    assert status == 200 and b"renew-now" in text
    assert renewal_info(moved, id_of(second)) == before
    moved.to(10 * DAY)  # "past" is past at any time
    assert renewal_info(moved, id_of(first))[0][1] > time.time() + 9 * DAY
    order, fresh, _ = moved.client.issue("first.example", replaces=id_of(first))
    assert json.loads(moved.run("renew-now", "all", "--json")) == {"ok": True, "certificates": 3}
    assert renewal_info(moved, id_of(second))[2] and renewal_info(moved, id_of(fresh))[2]
    _, later, _ = moved.client.issue("later.example")
    assert renewal_info(moved, id_of(later))[2] is None
    assert [(e["subject"], e["detail"]) for e in moved.journal("--kind", "renewal.forced")] == [
        (serial_of(first), "certificates: 1"), ("all", "certificates: 3")]


# --- revocations ---------------------------------------------------------------------------------

def is_revoked(ca, client, pem):  # noqa: F811
    reply = client.post(client.url("revoke-cert"), {"certificate": certificate_of(pem)})
    return reply.status == 400 and reply.problem == (400, "alreadyRevoked")


def test_mass_revocation(moved):  # noqa: F811
    mine, other = moved.client, Client(moved)
    other.register()
    _, expired, _ = mine.issue("old.example", profile="minutes")
    moved.to(DAY)
    pems = [mine.issue(f"n{i}.example")[1] for i in range(3)]
    moved.answers.thumbprint = other.key.thumbprint
    theirs = other.issue("theirs.example")[1]
    assert moved.run("revoke", serial_of(pems[0]).upper()) == "certificates: 1\n"
    assert refused(moved, "revoke", serial_of(pems[0])) == (
        2, f"latchkey: the certificate {serial_of(pems[0])} is revoked already\n")
    assert json.loads(moved.run("revoke", "all", "--account", mine.kid.rsplit("/", 1)[-1],
                                "--reason", "superseded", "--json")) == {
        "ok": True, "certificates": 2}  # neither the expired one nor the one that was
    assert all(is_revoked(moved, mine, pem) for pem in pems)
    # a revoked certificate's window is past: every client that asks renews
    assert renewal_info(moved, id_of(pems[2]))[0][1] < time.time() + DAY
    assert moved.run("revoke", "all") == "certificates: 1\n"
    assert is_revoked(moved, other, theirs)
    account = int(mine.kid.rsplit("/", 1)[-1])
    assert [(e["account"], e["subject"], e["detail"]) for e in
            moved.journal("--kind", "certificates.revoked")] == [
        (account, "all", "superseded: 2"), (0, "all", "unspecified: 1")]
    assert mine.issue("n0.example")[1]


# --- accounts ------------------------------------------------------------------------------------

def test_lose_accounts(moved):  # noqa: F811
    client = moved.client  # noqa: F811
    _, pem, key = client.issue("kept.example")
    old = client.kid
    pending = client.order("pending.example")
    assert moved.run("lose-accounts") == "accounts: 1\n"
    reply = client.order("kept.example")
    assert reply.problem == (400, "accountDoesNotExist")
    assert client.post(pending.headers["Location"]).problem == (400, "accountDoesNotExist")
    client.kid = None
    assert client.post(client.url("new-acct"), {"onlyReturnExisting": True}).problem == (
        400, "accountDoesNotExist")
    assert client.register().status == 201 and client.kid != old
    again = Client(moved, client.key)
    assert again.register().status == 200 and again.kid == client.kid
    # the certificate is another account's now, and the name must be shown again
    assert client.order("kept.example", replaces=id_of(pem)).problem == (403, "unauthorized")
    client.issue("kept.example")
    owner = Client(moved, Key(key=key))
    assert owner.post(client.url("revoke-cert"), {"certificate": certificate_of(pem)}).status == 200
    assert moved.run("lose-accounts") == "accounts: 1\n"
    assert client.order("kept.example").problem == (400, "accountDoesNotExist")
    assert [e["detail"] for e in moved.journal("--kind", "accounts.lost")] == ["accounts: 1"] * 2


class Late:
    """The answers of a responder, none before `until` is set."""

    def __init__(self, until, answers):
        self.until, self.answers = until, answers

    def get(self, path, otherwise):
        self.until.wait(20)
        return self.answers.get(path, otherwise)


def test_accounts_lost_in_the_middle_of_a_validation(moved):  # noqa: F811
    """What was begun ends as it would have, also after a restart."""
    until = threading.Event()
    moved.answers.answers = Late(until, moved.answers.answers)
    order = moved.client.order(*[f"middle-{i}.example" for i in range(20)])
    for url in order.json["authorizations"]:
        moved.client.post(moved.client.challenge(url)["url"], {})
    assert moved.run("lose-accounts") == "accounts: 1\n"
    moved.kill()
    until.set()
    moved.start_ca()
    deadline = time.monotonic() + 20
    while len(moved.journal("--kind", "challenge.valid")) < 20:
        assert time.monotonic() < deadline, moved.log()
        time.sleep(0.1)
    assert moved.process.poll() is None


# --- the clock -----------------------------------------------------------------------------------

def clock(ca):
    return json.loads(ca.run("clock", "--json"))["offset_s"]


def test_the_clock_is_moved(moved):  # noqa: F811
    assert clock(moved) == 0
    _, pem, _ = moved.client.issue("clock.example")
    assert "from real time" in moved.run("clock", "+90d")
    assert clock(moved) == 90 * DAY
    # at once, for the next request
    assert moved.client.order("clock.example", replaces=id_of(pem)).status == 201
    expired = moved.client.post(moved.client.url("revoke-cert"),
                                {"certificate": certificate_of(pem)})
    assert expired.problem == (403, "unauthorized") and "expired" in expired.json["detail"]
    moved.run("clock", "+1h")
    assert clock(moved) == 90 * DAY + 3600
    moved.run("clock", "--", "-2h")
    assert clock(moved) == 90 * DAY - 3600
    moved.kill()
    moved.start_ca()
    assert clock(moved) == 90 * DAY - 3600
    assert moved.run("clock", "2101-02-03T04:05:06Z").startswith("2101-02-03T04:05:06")
    moved.run("clock", "real")
    assert clock(moved) == 0
    assert [(e["subject"], e["detail"]) for e in moved.journal("--kind", "clock.moved")][:2] == [
        ("+90d", f"offset: {90 * DAY} s"), ("+1h", f"offset: {90 * DAY + 3600} s")]


@pytest.mark.parametrize("to,text", [
    ("+90", '"90" is not a period such as 90s'), ("+36501d", "of 36500 days at most"),
    ("soon", '"soon" is neither "real", nor a step such as +90d or -1h, nor an RFC 3339 time'),
    ("2500-01-01T00:00:00Z", "the clock can be moved by 200 years at most"),
    ("1969-12-31T23:59:59Z", "the clock cannot be moved before 1970-01-01T00:00:00Z"),
    ("-36500d", "the clock cannot be moved before 1970-01-01T00:00:00Z")])
def test_times_that_are_none(moved, to, text):  # noqa: F811
    code, message = refused(moved, "clock", "--", to)
    assert code == 2 and text in message
    assert clock(moved) == 0


def test_a_clock_that_cannot_be_moved(ca):
    code, message = refused(ca, "clock", "+1h")
    assert code == 2 and "it was started without LATCHKEY_CLOCK_FILE" in message
    assert clock(ca) == 0


# --- what is refused -----------------------------------------------------------------------------

@pytest.mark.parametrize("words,code,text", [
    (["renew-now"], 64, 'renew-now: of which serial number, or "all"?'),
    (["renew-now", "05ab"], 2, "there is no certificate with serial 05ab"),
    (["renew-now", "05/ab"], 2, '"05/ab" is no serial number, or "all"'),
    (["renew-now", "all", "all"], 64, 'unexpected argument "all"'),
    (["revoke"], 64, 'revoke: of which serial number, or "all"?'),
    (["revoke", "05ab"], 2, "there is no certificate with serial 05ab"),
    (["revoke", "all", "--reason", "boredom"], 2, '"boredom" is none of unspecified (0), '),
    (["revoke", "all", "--account", "x"], 2, '"x" is not the number of an account'),
    (["revoke", "all", "--account", "99"], 2, "there is no account 99"),
    (["unpause", "99"], 2, "there is no account 99"),
    (["terms", "agree"], 2, 'terms agree: which account, or "all"?'),
    (["terms", "agree", "a/b"], 2, 'terms agree: which account, or "all"?'),
    (["terms", "agree", "99"], 2, "there is no account 99"),
    (["terms", "agree", "x"], 2, '"x" is not the number of an account'),
    (["terms", "agree", "1", "2"], 64, 'unexpected argument "2"'),
    (["terms", "forget"], 2, "terms forget: neither change nor agree"),
    (["eab"], 64, "eab: of which add, list or revoke?"),
    (["eab", "revoke"], 2, '"" is no kid of this CA'),
    (["eab", "revoke", "a/b"], 2, '"a/b" is no kid of this CA'),
    (["eab", "revoke", "00"], 2, 'there is no key "00"'),
    (["eab", "make"], 2, "eab make: neither add, list nor revoke"),
    (["eab", "add", "x" * 101], 2, "is not a text of at most 100 octets"),
    (["lose-accounts", "1"], 64, 'unexpected argument "1"'),
    (["lose-account"], 64, 'unexpected argument "lose-account"'),
])
def test_wrong_words(ca, words, code, text):
    got, message = refused(ca, *words)
    assert got == code and text in message
    assert not ca.journal("--kind", "accounts.lost")


@pytest.mark.parametrize("method,path", [
    ("POST", "/certificates/all/renew-now"), ("POST", "/certificates/all/revoke"),
    ("POST", "/accounts/lose"), ("POST", "/accounts/all/unpause"), ("GET", "/clock"),
    ("PUT", "/clock"), ("GET", "/terms"), ("POST", "/terms"), ("POST", "/accounts/all/agree"),
    ("GET", "/eab"), ("POST", "/eab"), ("DELETE", "/eab/00")])
def test_not_where_clients_ask(ca, method, path):
    assert ca.connect().request(method, path, "{}")[0] == 404
    assert Management(ca).ask(method, path, "x")[0] in (400, 413)  # there, it is known


def test_a_ca_that_does_not_run(tmp_path, knot):  # noqa: F811
    """Nothing is made by asking, nothing changes behind its back, and only the folder's owner may
    look into it."""
    ca = SandboxCa(tmp_path / "ca", knot.port)
    text = f"no sandbox CA is running in {ca.folder}/ca: start it, then ask again\n"
    words = [["renew-now", "all"], ["revoke", "all"], ["lose-accounts"], ["unpause", "all"],
             ["clock"], ["faults"], ["terms"], ["terms", "change"], ["terms", "agree", "all"],
             ["eab", "list"], ["eab", "add"], ["eab", "revoke", "00"]]
    for one in words:
        assert refused(ca, *one) == (2, f"latchkey: {text}")
    assert "there is no sandbox CA in" in refused(ca, "log")[1]
    ca.start()
    ca.kill()  # its socket is left behind
    assert (ca.folder / "ca" / "manage.sock").is_socket()
    for one in words:
        assert refused(ca, *one) == (2, f"latchkey: {text}")
    assert ca.run("log") == ""
    assert (ca.folder / "ca").stat().st_mode & 0o777 == 0o700
    ca.stop()
