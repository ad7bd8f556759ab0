# SPDX-License-Identifier: Apache-2.0
"""External account binding (RFC 8555 section 7.3.4) at the sandbox CA, and the keys for it."""
import base64
import concurrent.futures
import hmac
import json

import pytest

from ca_client_kit import Client, Key, b64
from ca_fixtures import Management, SandboxCa, knot  # noqa: F401

pytestmark = pytest.mark.req("R45")

DIGESTS = {"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"}


@pytest.fixture(scope="module", params=["none", "optional", "required"])
def each(request, tmp_path_factory, knot):  # noqa: F811
    """A CA of each kind."""
    server = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", knot.port, eab=request.param).start()
    server.eab = request.param
    yield server
    server.stop()


@pytest.fixture(scope="module")
def bound(tmp_path_factory, knot):  # noqa: F811
    server = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", knot.port, eab="required").start()
    yield server
    server.stop()


def new_key(ca, **members):
    status, key = Management(ca).ask("POST", "/eab", members)
    assert status == 200, key
    return key


def binding(client, key, *, alg="HS256", header=None, payload=None, mac_key=None):
    protected = {"alg": alg, "kid": key["kid"], "url": client.url("new-acct"), **(header or {})}
    protected = b64(json.dumps({name: value for name, value in protected.items()
                                if value is not None}))
    body = b64(json.dumps(client.key.jwk if payload is None else payload))
    secret = mac_key or base64.urlsafe_b64decode(key["mac_key"] + "==")
    mac = hmac.digest(secret, f"{protected}.{body}".encode(), DIGESTS.get(alg, "sha256"))
    return {"protected": protected, "payload": body, "signature": b64(mac)}


def test_what_each_kind_asks_for(each):
    meta = json.loads(each.connect().request("GET", "/directory")[2])["meta"]
    assert meta.get("externalAccountRequired") == {"none": None, "optional": False,
                                                   "required": True}[each.eab]
    without = Client(each).register()
    if each.eab == "required":
        assert without.problem == (403, "externalAccountRequired")
        assert without.json["detail"].startswith("ACME server policy requires newAccount requests")
    else:
        assert without.status == 201
    assert Client(each).register(externalAccountBinding=None).status == without.status
    wrong = Client(each).register(externalAccountBinding={"rubbish": True})
    assert wrong.status == (201 if each.eab == "none" else 400)
    client, key = Client(each), new_key(each)
    good = client.register(externalAccountBinding=binding(client, key))
    assert good.status == 201
    assert ("externalAccountBinding" in good.json) == (each.eab != "none")


@pytest.mark.parametrize("alg", sorted(DIGESTS))
def test_a_bound_account(bound, alg):
    client, key = Client(bound, Key("ES384")), new_key(bound, name="shop")
    value = binding(client, key, alg=alg)
    reply = client.register(externalAccountBinding=value, contact=["mailto:a@shop.example"])
    assert reply.status == 201
    assert reply.json["externalAccountBinding"] == value
    assert client.post(client.kid).json["externalAccountBinding"] == value
    # found again without one, and it stays with another key
    again = Client(bound, client.key).register()
    assert (again.status, again.headers["Location"]) == (200, client.kid)
    new, url = Key(), client.url("key-change")
    inner = new.jws({"jwk": new.jwk, "url": url}, {"account": client.kid, "oldKey": client.key.jwk})
    assert client.post(url, inner).json["externalAccountBinding"] == value
    entry = bound.journal("--account", client.kid.split("/")[-1])[0]
    assert entry["detail"] == f'["mailto:a@shop.example"] eab {key["kid"]}'
    listed, = [one for one in Management(bound).ask("GET", "/eab")[1]["keys"]
               if one["kid"] == key["kid"]]
    assert (listed["name"], listed["once"], listed["accounts"]) == ("shop", False, 1)
    assert listed["used"] and "mac_key" not in listed


DECODE = "failed to decode external account binding"
FIELD = "external account binding"
ROWS = [
    ("text", lambda c, k: "x", (400, "malformed"), DECODE),
    ("empty object", lambda c, k: {}, (400, "malformed"), DECODE),
    ("without a signature", lambda c, k: {**binding(c, k), "signature": ""}, (400, "malformed"),
     DECODE),
    ("with an unprotected header", lambda c, k: {**binding(c, k), "header": {"kid": k["kid"]}},
     (400, "malformed"), DECODE),
    ("with several signatures", lambda c, k: {**binding(c, k), "signatures": []},
     (400, "malformed"), DECODE),
    ("by ES256", lambda c, k: binding(c, k, header={"alg": "ES256"}), (400, "malformed"),
     DECODE + ': unexpected signature algorithm "ES256"; expected ["HS256" "HS384" "HS512"]'),
    ("by none", lambda c, k: binding(c, k, header={"alg": "none"}), (400, "malformed"),
     DECODE + ': unexpected signature algorithm "none"'),
    ("with a nonce", lambda c, k: binding(c, k, header={"nonce": "AAAA"}), (400, "malformed"),
     "the 'nonce' field must be absent in " + FIELD),
    ("with a critical header", lambda c, k: binding(c, k, header={"crit": ["exp"], "exp": 1}),
     (400, "malformed"), DECODE),
    ("without a kid", lambda c, k: binding(c, k, header={"kid": None}), (400, "malformed"),
     "the 'kid' field is required in " + FIELD),
    ("with a kid that is no text", lambda c, k: binding(c, k, header={"kid": 1}),
     (400, "malformed"), "the 'kid' field is required in " + FIELD),
    ("with a kid of 129 octets", lambda c, k: binding(c, k, header={"kid": "x" * 129}),
     (400, "malformed"), "the 'kid' field is required in " + FIELD),
    ("with a kid of 128 octets", lambda c, k: binding(c, k, header={"kid": "x" * 128}),
     (403, "unauthorized"), "the field 'kid' references a key that is not known"),
    ("without a url", lambda c, k: binding(c, k, header={"url": None}), (400, "malformed"),
     "the 'url' field must be present in " + FIELD),
    ("for another url", lambda c, k: binding(c, k, header={"url": c.url("new-order")}),
     (400, "malformed"), "the 'url' field in " + FIELD + " differs from outer JWS"),
    ("by a key of nobody", lambda c, k: binding(c, k, header={"kid": "none"}),
     (403, "unauthorized"), "the field 'kid' references a key that is not known"),
    ("by another MAC key", lambda c, k: binding(c, k, mac_key=b"x" * 64), (403, "unauthorized"),
     FIELD + " JWS verification error"),
    ("by an empty MAC key", lambda c, k: binding(c, k, mac_key=b"\0"), (403, "unauthorized"),
     FIELD + " JWS verification error"),
    ("by a MAC of another length", lambda c, k: {**binding(c, k), "signature": b64(b"x" * 31)},
     (403, "unauthorized"), FIELD + " JWS verification error"),
    ("by a MAC cut short", lambda c, k: {
        **binding(c, k, alg="HS512"), "signature": binding(c, k, alg="HS512")["signature"][:80]},
     (403, "unauthorized"), FIELD + " JWS verification error"),
    ("of no key", lambda c, k: binding(c, k, payload={}), (400, "malformed"),
     FIELD + " JWK payload malformed"),
    ("of a text", lambda c, k: binding(c, k, payload="x"), (400, "malformed"),
     FIELD + " JWK payload malformed"),
    ("of another key", lambda c, k: binding(c, k, payload=Key().jwk), (400, "malformed"),
     FIELD + " payload key does not match account key authenticating request"),
]


@pytest.mark.parametrize("make,expected,detail", [row[1:] for row in ROWS],
                         ids=[row[0].replace(" ", "-") for row in ROWS])
def test_wrong_bindings(bound, make, expected, detail):
    client, key = Client(bound), new_key(bound)
    before = len(bound.journal("--kind", "account.created"))
    reply = client.register(externalAccountBinding=make(client, key))
    assert (reply.problem, reply.json["detail"][:len(detail)]) == (expected, detail), reply.json
    assert len(bound.journal("--kind", "account.created")) == before


def test_a_binding_of_another_account_is_worth_nothing(bound):
    owner, thief, key = Client(bound), Client(bound), new_key(bound)
    value = binding(owner, key)
    assert owner.register(externalAccountBinding=value).status == 201
    assert thief.register(externalAccountBinding=value).problem == (400, "malformed")


def test_revoked(bound):
    client, key = Client(bound), new_key(bound)
    assert client.register(externalAccountBinding=binding(client, key)).status == 201
    assert Management(bound).ask("DELETE", f"/eab/{key['kid']}") == (200, {"kid": key["kid"]})
    other = Client(bound)
    assert other.register(externalAccountBinding=binding(other, key)).problem == (
        403, "unauthorized")
    assert client.post(client.kid).status == 200  # who was bound stays so
    assert key["kid"] not in [one["kid"] for one in Management(bound).ask("GET", "/eab")[1]["keys"]]
    for kid in (key["kid"], "none"):
        status, problem = Management(bound).ask("DELETE", f"/eab/{kid}")
        assert (status, problem["detail"]) == (404, f'there is no key "{kid}"')
    assert [entry["kind"] for entry in bound.journal() if entry["subject"] == key["kid"]] == [
        "eab_key.added", "eab_key.revoked"]


def test_once(bound):
    """Of many accounts that come at the same moment one is bound."""
    key, clients = new_key(bound, once=True), [Client(bound) for _ in range(8)]

    def register(client):
        return client.register(externalAccountBinding=binding(client, key)).status

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(register, clients)) == [201] + [403] * 7
    listed, = [one for one in Management(bound).ask("GET", "/eab")[1]["keys"]
               if one["kid"] == key["kid"]]
    assert (listed["once"], listed["accounts"]) == (True, 1)


def test_the_longest_name(bound):
    status, key = Management(bound).ask("POST", "/eab", {"name": "x" * 100})
    assert (status, key["name"]) == (200, "x" * 100)


@pytest.mark.parametrize("body,status,text", [
    ("{", 400, ""), ([], 400, "the body is no object"), ({"name": 1}, 422, "is not a text"),
    ({"name": "x" * 101}, 422, "is not a text of at most 100 octets"),
    ({"once": "yes"}, 422, "is neither true nor false")])
def test_what_the_socket_refuses(bound, body, status, text):
    got, problem = Management(bound).ask("POST", "/eab", body)
    assert got == status and text in problem["detail"]


def test_by_command(bound):
    kid, mac_key = (line.split()[-1] for line in bound.run("eab", "add", "a shop", "--once")
                    .splitlines())
    assert len(base64.urlsafe_b64decode(mac_key + "==")) == 64
    assert f"{kid} " in bound.run("eab", "list")
    line, = [line for line in bound.run("eab", "list").splitlines() if line.startswith(kid)]
    assert line.endswith(" accounts: 0 of 1, last: never a shop")
    client = Client(bound)
    value = binding(client, {"kid": kid, "mac_key": mac_key})
    assert client.register(externalAccountBinding=value).status == 201
    listed, = [one for one in json.loads(bound.run("eab", "list", "--json"))["keys"]
               if one["kid"] == kid]
    assert (listed["name"], listed["once"], listed["accounts"]) == ("a shop", True, 1)
    assert bound.run("eab", "revoke", kid) == ""
    assert kid not in bound.run("eab", "list")
    assert set(json.loads(bound.run("eab", "add", "--json"))) == {
        "kid", "mac_key", "name", "once", "created", "used", "accounts"}


def test_over_a_restart(tmp_path, knot):  # noqa: F811
    ca = SandboxCa(tmp_path / "ca", knot.port, eab="required").start()
    try:
        key = new_key(ca)
        ca.kill()
        ca.start_ca()
        client = Client(ca)
        assert client.register(externalAccountBinding=binding(client, key)).status == 201
    finally:
        ca.stop()
