# SPDX-License-Identifier: Apache-2.0
"""Each row of the table in src/acme/problem.c, reached by what a CA really says: by the sandbox CA, asked
for each refusal, or, where it cannot be brought to say it, by the text of another, written down here
with where it is from. The two together are all rows, and none is in both."""
import itertools
import json
import subprocess
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ca_client_kit import Client, Key, make_csr
from ca_fixtures import OWN, Knot, Responder, SandboxCa, id_of  # noqa: F401
from edge_kit import BUILD, free_port
from test_ca_orders import certificate_of

pytestmark = pytest.mark.req("R23")

TOOL = BUILD / "tests" / "tools" / "problem_rows"
URN = "urn:ietf:params:acme:error:"
LIMITS = """all off
accounts_per_address 5 3h
orders_per_account 4 3h
certificates_per_domain 2 7d
certificates_per_set 1 7d
failures_per_name 1 1h
"""


def verdict(*questions):
    """What the library makes of each."""
    done = subprocess.run([TOOL], input="".join(json.dumps(q) + "\n" for q in questions),
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def answer(reply, place="answer"):
    return {"place": place, "status": reply.status, "headers": dict(reply.headers.items()),
            "body": reply.body.decode()}


def replacing(reply):
    return answer(reply, "replacing")


class World:
    """The CAs that are asked; each account is another one."""

    def __init__(self, folder):
        self.knot = Knot(folder / "dns", [
            "*.example. A 127.0.0.1", "forbidden.example. A 127.0.0.1",
            'forbidden.example. CAA 0 issue ";"', "closed.example. A 127.0.0.2"])
        self.plain = self.start(folder / "plain", profiles=OWN)
        self.responder = Responder(self.plain.http_port)
        self.one = self.account(self.plain)
        self.names = (f"own{i}.example" for i in itertools.count())
        (folder / "limits").write_text(LIMITS)
        self.limited = self.start(folder / "limited", http_port=self.plain.http_port,
                                  limits=str(folder / "limits"))
        (folder / "pause").write_text("all off\nfailures_in_a_row 1 1d 1\n")
        self.pausing = self.start(folder / "pausing", http_port=self.plain.http_port,
                                  limits=str(folder / "pause"))
        self.bound = self.start(folder / "bound", eab="required")

    def start(self, folder, **options):
        return SandboxCa(folder, self.knot.port, **options).start()

    def account(self, ca, **members):
        one = Client(ca)
        assert one.register(**members).status == 201
        self.responder.thumbprint = one.key.thumbprint
        return one

    def prove(self, one):
        self.responder.thumbprint = one.key.thumbprint

    def stop(self):
        self.responder.stop()
        for ca in (self.plain, self.limited, self.pausing, self.bound):
            ca.stop()
        self.knot.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    one = World(tmp_path_factory.mktemp("problems"))
    yield one
    one.stop()


# --- the sandbox CA, asked for each refusal ------------------------------------------------------

def newly(world, **how):
    return world.one.post(world.one.url("new-order"), {"identifiers": [
        {"type": "dns", "value": "a.example"}]}, **how)


def taken_key(world):
    other = world.account(world.plain)
    one = world.account(world.plain)
    url = one.url("key-change")
    inner = json.loads(other.key.jws({"jwk": other.key.jwk, "url": url},
                                     {"account": one.kid, "oldKey": one.key.jwk}))
    return one.post(url, inner)


def unacceptable_key(world):
    one = Client(world.plain)
    return one.post(one.url("new-acct"), {}, header={
        "jwk": {"kty": "oct", "k": "AAAA"}})


def contact(url):
    return lambda world: answer(Client(world.plain).register(contact=[url]))


def deactivated(world):
    one = world.account(world.plain)
    assert one.post(one.kid, {"status": "deactivated"}).status == 200
    return one.order("a.example")


def revoked_twice(world):
    world.prove(world.one)
    _, pem, _ = world.one.issue("revoked.example")
    wish = {"certificate": certificate_of(pem), "reason": 4}
    assert world.one.post(world.one.url("revoke-cert"), wish).status == 200
    return world.one.post(world.one.url("revoke-cert"), wish)


def revoked_for(reason):
    def ask(world):
        world.prove(world.one)
        _, pem, _ = world.one.issue(f"reason{reason}.example")
        return answer(world.one.post(world.one.url("revoke-cert"), {
            "certificate": certificate_of(pem), "reason": reason}))
    return ask


def finalized(*names, key=None, prove=True):
    """An order for a name of its own, with a request for these instead."""
    def ask(world):
        world.prove(world.one)
        name = next(world.names)
        order = world.one.order(name)
        if prove:
            assert world.one.validate(order).json["status"] == "ready"
        return answer(world.one.finalize(order, make_csr(names or [name], key)[1]))
    return ask


def replaced(how):
    """An order that replaces what `how` makes of a certificate's id."""
    def ask(world):
        world.prove(world.one)
        _, pem, _ = world.one.issue("replaced.example", profile="minutes")
        return replacing(how(world, id_of(pem)))
    return ask


def twice(world, identifier):
    assert world.one.order("replaced.example", replaces=identifier).status == 201
    return world.one.order("replaced.example", replaces=identifier)


def by_a_stranger(world, identifier):
    return world.account(world.plain).order("replaced.example", replaces=identifier)


def failed(name, prepare=lambda world: None):
    """The error of a challenge that was not met; `prepare` returns what ends it."""
    def ask(world):
        world.prove(world.one)
        end = prepare(world) or (lambda: None)
        order = world.one.order(name)
        assert world.one.validate(order).json["status"] == "invalid"
        end()
        challenges = world.one.post(order.json["authorizations"][0]).json["challenges"]
        return {"place": "object", "problem": next(c["error"] for c in challenges if "error" in c)}
    return ask


def wrong_answer(world):
    world.responder.thumbprint = "wrong"


def seen_from_elsewhere(world):
    world.plain.run("fault", "secondary-validation")
    return lambda: world.plain.run("fault", "off")


def faulty(kind):
    def ask(world):
        world.plain.run("fault", kind, "--wait", "7")
        reply = newly(world)
        world.plain.run("fault", "off")
        return answer(reply)
    return ask


def too_many_orders(world):
    one = world.account(world.limited)
    for i in range(4):
        assert one.order(f"many{i}.example").status == 201
    return one.order("many4.example")


def too_many_certificates(*names):
    """One after the other; the last is refused."""
    def ask(world):
        one = world.account(world.limited)
        for name in names[:-1]:
            one.issue(name)
        return answer(one.order(names[-1]))
    return ask


def too_many_failures(world):
    one = world.account(world.limited)
    world.responder.thumbprint = "wrong"
    for _ in range(2):
        reply = one.order("failing.example")
        if reply.status != 201:
            break
        one.validate(reply)
    return reply


def paused(world):
    one = world.account(world.pausing)
    world.responder.thumbprint = "wrong"
    reply = one.order("zombie.example")
    while reply.status == 201:
        one.validate(reply)
        reply = one.order("zombie.example")
    return reply


def too_many_accounts(world):
    reply = Client(world.limited).register()
    while reply.status == 201:
        reply = Client(world.limited).register()
    return reply


def directory(prepare, clear):
    def ask(world):
        prepare(world)
        got, = verdict({"directory": world.plain.directory, "ca_file": str(world.plain.roots)})
        clear(world)
        return got
    return ask


def fault(kind):
    return directory(lambda world: world.plain.run("fault", kind),
                     lambda world: world.plain.run("fault", "off"))


def unreachable(world):
    got, = verdict({"directory": f"https://127.0.0.1:{free_port()}/directory",
                    "ca_file": str(world.plain.roots)})
    return got


def order_of(*identifiers):
    return lambda world: answer(world.one.post(world.one.url("new-order"),
                                               {"identifiers": list(identifiers)}))


BAD = [{"type": "dns", "value": "a_b.example"}, {"type": "dns", "value": "fine.example"},
       {"type": "dns", "value": "c_d.example"}]

# Row: how the sandbox CA is brought to it, and what is to be seen in the verdict.
REAL = {
    "unreachable": (unreachable, {"reaction": "back off", "scope": "CA"}),
    "notAcme 5": (fault("outage"), {"reaction": "back off", "scope": "CA"}),
    "notAcme": (fault("garbage"), {"reaction": "back off", "actor": "operator"}),
    "accountDoesNotExist": (lambda w: answer(newly(w, header={"kid": w.one.url("acct/999999")})),
                            {"reaction": "register", "scope": "account"}),
    "alreadyReplaced": (replaced(twice), {"reaction": "drop replaces"}),
    "alreadyRevoked": (lambda w: answer(revoked_twice(w)), {"reaction": "is done"}),
    "badCSR": (finalized(key=ec.generate_private_key(ec.SECP521R1())), {"reaction": "new key"}),
    "badNonce": (lambda w: answer(newly(w, header={"nonce": "AAAA"})), {"reaction": "retry now"}),
    "badPublicKey": (lambda w: answer(unacceptable_key(w)), {"reaction": "new key"}),
    "badRevocationReason": (revoked_for(2), {"reaction": "stop"}),
    "badSignatureAlgorithm": (lambda w: answer(newly(w, header={"alg": "none"})),
                              {"reaction": "stop", "scope": "account",
                               "algorithms": ["RS256", "ES256", "ES384"]}),
    "caa": (failed("forbidden.example"), {"reaction": "stop", "actor": "owner", "scope": "name"}),
    'conflict "already in use"': (lambda w: answer(taken_key(w)), {"reaction": "new key"}),
    "connection": (failed("closed.example"), {"reaction": "back off", "actor": "owner"}),
    "dns": (failed("nowhere.test"), {"reaction": "back off", "actor": "owner"}),
    "externalAccountRequired": (lambda w: answer(Client(w.bound).register()),
                                {"reaction": "stop", "actor": "operator", "scope": "account"}),
    "invalidContact": (contact("mailto:nobody"), {"reaction": "drop contact"}),
    "unsupportedContact": (contact("tel:+4930123456"), {"reaction": "drop contact"}),
    "invalidProfile": (lambda w: answer(w.one.order("a.example", profile="gone")),
                       {"reaction": "default profile"}),
    "malformed replacing": (replaced(lambda w, i: w.one.order("replaced.example", replaces="x")),
                            {"reaction": "drop replaces"}),
    "malformed 404": (lambda w: answer(w.one.post(w.one.url("order/1/999999"))),
                      {"reaction": "new order"}),
    "malformed": (lambda w: answer(newly(w, key=Key())), {"reaction": "stop", "actor": "operator"}),
    "orderNotReady": (finalized(prove=False), {"reaction": "reread"}),
    'rateLimited "temporarily prevented"': (
        lambda w: answer(paused(w)), {"reaction": "stop", "actor": "operator", "retry_at": 0}),
    'rateLimited "too many failed authorizations"': (lambda w: answer(too_many_failures(w)),
                                                     {"reaction": "retry at", "scope": "name"}),
    'rateLimited "exact set of"': (too_many_certificates("set.example", "set.example"),
                                   {"reaction": "retry at", "scope": "name"}),
    'rateLimited "too many certificates"': (
        too_many_certificates("a.domain.example", "b.domain.example", "c.domain.example"),
        {"reaction": "retry at", "scope": "name"}),
    'rateLimited "too many new orders"': (lambda w: answer(too_many_orders(w)),
                                          {"reaction": "retry at", "scope": "account"}),
    'rateLimited "too many new registrations"': (lambda w: answer(too_many_accounts(w)),
                                                 {"reaction": "retry at", "scope": "account"}),
    'rateLimited "ervice busy"': (faulty("busy"), {"reaction": "retry at", "scope": "CA"}),
    "rejectedIdentifier": (order_of(*BAD), {
        "reaction": "drop name", "actor": "owner",
        "subproblems": [["a_b.example", "malformed", "drop name"],
                        ["c_d.example", "malformed", "drop name"]]}),
    'unauthorized object "econdary validation"': (failed("seen.example", seen_from_elsewhere),
                                                  {"reaction": "back off", "actor": "owner"}),
    "unauthorized object": (failed("wrong.example", wrong_answer),
                            {"reaction": "back off", "scope": "name"}),
    "unauthorized replacing": (replaced(by_a_stranger), {"reaction": "drop replaces"}),
    'unauthorized answer "CSR does not specify"': (finalized("elsewhere.example"),
                                                   {"reaction": "stop", "scope": "name"}),
    "unauthorized": (lambda w: answer(deactivated(w)), {"reaction": "stop", "scope": "account"}),
    "unsupportedIdentifier": (order_of({"type": "ip", "value": "192.0.2.1"}),
                              {"reaction": "drop name"}),
}


@pytest.mark.parametrize("row", REAL)
def test_by_the_sandbox(world, row):
    ask, expected = REAL[row]
    before = time.time() * 1000
    asked = ask(world)
    got = asked if "row" in asked else verdict(asked)[0]
    assert got["row"] == row, (asked, got)
    assert {key: got[key] for key in expected} == expected
    after = {name.lower(): value for name, value in asked.get("headers", {}).items()}
    if "retry-after" in after:
        wait = got["retry_at"] - before
        assert int(after["retry-after"]) * 1000 - 2000 <= wait <= int(after["retry-after"]) * 1000 + 9000
    if row.startswith("rateLimited") and "busy" not in row:
        assert got["page"].startswith(("https://localhost:", f"{world.pausing.url}/unpause/"))


# --- the texts of others -------------------------------------------------------------------------

def said(status, name, detail="", place="answer", headers=None, **members):
    return {"place": place, "status": status, "headers": headers or {}, "body": json.dumps(
        {"type": URN + name, "detail": detail, "status": status, **members})}


def found(name, detail):
    return {"place": "object", "problem": {"type": URN + name, "detail": detail}}


def page(status, text, **headers):
    return {"place": "answer", "status": status, "headers": headers, "body": f"<html>{text}"}


def about(name, kind, detail):
    return {"type": URN + kind, "detail": detail, "identifier": {"type": "dns", "value": name}}


CAA = "While processing CAA for %s: CAA record for %s prevents issuance"
SECONDARY = "During secondary validation: "

# Row: where the text is from, the text, and what is to be seen in the verdict.
RECORDED = {
    "none": ("no answer of a CA: the signer failed", {"directory": "", "ca_file": ""}, {}),
    "notAcme 429": ("a load balancer", page(429, "slow down", **{"Retry-After": "20"}),
                    {"reaction": "retry at"}),
    "notAcme 503": ("a load balancer", page(503, "maintenance"), {"reaction": "retry at"}),
    "notAcme 404": ("a load balancer", page(404, "not found"), {"reaction": "new order"}),
    "unknown 429": ("a type of the future", said(429, "tooLoud"), {"reaction": "retry at"}),
    "unknown 503": ("a type of the future", said(503, "asleep"), {"reaction": "retry at"}),
    "unknown 5": ("a type of the future", said(500, "broken"), {"reaction": "back off"}),
    "unknown": ("a type of the future", said(400, "unheardOf"), {"actor": "operator"}),
    "agreementRequired": ("Pebble 2.4.0, newAccount",
                          said(403, "agreementRequired", "Provided account did not agree to the terms "
                               "of service"), {"reaction": "stop", "scope": "account"}),
    "caa names": ("Boulder, finalize", said(
        403, "caa", 'Error finalizing order :: Rechecking CAA for "a.example" and 1 more identifiers '
        "failed. Refer to sub-problems for more information", subproblems=[
            about(name, "caa", CAA % (name, name)) for name in ("a.example", "b.example")]),
        {"reaction": "drop name", "subproblems": [["a.example", "caa", "drop name"],
                                                       ["b.example", "caa", "drop name"]]}),
    'caa "econdary validation"': ("Boulder, a challenge",
                                  found("caa", SECONDARY + CAA % ("a.example", "a.example")),
                                  {"reaction": "back off"}),
    "compound names": ("RFC 8555 section 6.7.1", said(403, "compound", "Some of the identifiers were "
                                                     "rejected", subproblems=[
                                                         about("_example.org", "malformed", "underscore"),
                                                         about("example.net", "rejectedIdentifier",
                                                               "forbidden")]),
                       {"reaction": "drop name",
                        "subproblems": [["_example.org", "malformed", "drop name"],
                                        ["example.net", "rejectedIdentifier", "drop name"]]}),
    "compound": ("RFC 8555 section 6.7", said(400, "compound", "several"), {"reaction": "back off"}),
    "conflict replacing": ("Boulder of 2024, before alreadyReplaced", said(
        409, "conflict", "cannot indicate an order replaces certificate with serial \"4a\", which "
        "already has a replacement order", place="replacing"), {"reaction": "drop replaces"}),
    "conflict": ("Boulder, a challenge that is POSTed twice", said(409, "conflict", "busy"),
                 {"reaction": "reread"}),
    'connection "econdary validation"': (
        "Boulder, a challenge", found("connection", SECONDARY + "192.0.2.1: Fetching http://a.example/: "
                                      "Timeout during connect (likely firewall problem)"), {}),
    'dns "econdary validation"': ("Boulder, a challenge", found(
        "dns", SECONDARY + "DNS problem: query timed out looking up A for a.example"), {}),
    "tls": ("Boulder, a challenge of tls-alpn-01", found(
        "tls", "192.0.2.1: remote error: tls: no application protocol"), {"actor": "owner"}),
    'tls "econdary validation"': ("Boulder, a challenge", found(
        "tls", SECONDARY + "192.0.2.1: Fetching https://a.example/: remote error: tls: handshake "
        "failure"), {}),
    "incorrectResponse": ("RFC 8555 section 6.7", found("incorrectResponse", "not the token"), {}),
    "malformed names": ("RFC 8555 section 6.7.1", said(
        400, "malformed", "Some of the identifiers requested were rejected",
        subproblems=[about("_example.org", "malformed", "underscore")]), {"reaction": "drop name"}),
    'malformed "annot issue for"': ("Boulder of 2023, newOrder", said(
        400, "malformed", 'Error creating new order :: Cannot issue for "a_b.example": Domain name '
        "contains an invalid character"), {"reaction": "drop name"}),
    "rateLimited 503": ("a CA without words", said(503, "rateLimited"), {"scope": "CA"}),
    "rateLimited": ("a CA of other words", said(429, "rateLimited", "slow down", headers={
        "Link": '<https://ca.example/limits>;rel="help"'}),
        {"scope": "account", "page": "https://ca.example/limits"}),
    "serverInternal object": ("Boulder, a challenge", found("serverInternal", "Failed to validate"),
                              {"scope": "name"}),
    'serverInternal replacing "find an order for the given certificate"': (
        "Pebble 2.10.1, seen in test_acme.py", said(
            500, "serverInternal", "could not find an order for the given certificate: could not find "
            "order resulting in the given certificate serial number", place="replacing"),
        {"reaction": "drop replaces"}),
    'serverInternal replacing "existing order must match"': (
        "Pebble 2.10.1, seen in test_acme.py", said(
            500, "serverInternal", "at least one identifier in the new order and existing order must "
            "match", place="replacing"), {"reaction": "drop replaces"}),
    "serverInternal": ("Boulder, newOrder", said(500, "serverInternal", "Error creating new order",
                                                 headers={"Retry-After": "60"}),
                       {"reaction": "back off", "scope": "CA"}),
    "userActionRequired": ("RFC 8555 section 7.3.3", said(
        403, "userActionRequired", "Terms of service have changed",
        instance="https://ca.example/acme/agreement/?token=W8Ih3PswD-8",
        headers={"Link": '<https://ca.example/acme/terms/2017-6-02>;rel="terms-of-service"'}),
        {"reaction": "stop", "actor": "operator", "terms": "https://ca.example/acme/terms/2017-6-02",
         "page": "https://ca.example/acme/agreement/?token=W8Ih3PswD-8"}),
}


def test_the_texts_of_others():
    rows = [row for row in RECORDED if row != "none"]
    for row, got in zip(rows, verdict(*(RECORDED[row][1] for row in rows))):
        assert got["row"] == row
        expected = RECORDED[row][2]
        assert {key: got[key] for key in expected} == expected, row


def test_every_row_is_reached():
    listed = subprocess.run([TOOL, "--list"], capture_output=True, text=True, timeout=10,
                            check=True).stdout.splitlines()
    assert len(listed) == len(set(listed))
    assert set(listed) == set(REAL) | set(RECORDED) and not set(REAL) & set(RECORDED)
