# SPDX-License-Identifier: Apache-2.0
"""RFC 8555 on the server's side: how the sandbox CA takes requests in, and accounts."""
import json

import pytest

from ca_fixtures import Client, Key, b64, ca, client, knot, responder  # noqa: F401

pytestmark = pytest.mark.req("R45")


def test_directory(ca):
    status, headers, body = ca.connect().request("GET", "/directory")
    directory = json.loads(body)
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert {name: directory[name].removeprefix(ca.url) for name in
            ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo")} == {
        "newNonce": "/acme/new-nonce", "newAccount": "/acme/new-acct",
        "newOrder": "/acme/new-order", "revokeCert": "/acme/revoke-cert",
        "keyChange": "/acme/key-change", "renewalInfo": "/acme/renewal-info"}
    assert ca.connect().request("GET", directory["meta"]["termsOfService"].removeprefix(ca.url))[0] \
        == 200
    assert len(directory) == 8  # and one of a random name


@pytest.mark.parametrize("method,status", [("HEAD", 200), ("GET", 204)])
def test_new_nonce(ca, method, status):
    connection = ca.connect()
    replies = [connection.request(method, "/acme/new-nonce") for _ in range(3)]
    assert [reply[0] for reply in replies] == [status] * 3
    assert len({reply[1]["Replay-Nonce"] for reply in replies}) == 3
    assert {reply[1]["Cache-Control"] for reply in replies} == {"no-store"}
    assert {reply[1]["Link"] for reply in replies} == {f'<{ca.directory}>;rel="index"'}


def test_every_answer_to_a_post_has_a_nonce(client):
    for reply in (client.order("a.example"), client.order("a b"), client.post(client.url("nowhere")),
                  client.send(client.url("new-order"), "hello")):
        assert reply.headers["Replay-Nonce"]
        assert reply.headers["Link"] == f'<{client.ca.directory}>;rel="index"'


# --- taking in -----------------------------------------------------------------------------------

def signed(client, *, path="new-order", payload=None, **how):
    return client.post(client.url(path), payload or {"identifiers": []}, **how)


@pytest.mark.parametrize("how,expected,detail", [
    ({"content_type": None}, (415, "malformed"), "No Content-Type header on POST. "),
    ({"content_type": "application/json"}, (415, "malformed"), "Invalid Content-Type header on POST. "),
    ({"header": {"nonce": None}}, (400, "badNonce"), "JWS has no anti-replay nonce"),
    ({"header": {"nonce": "AAAA"}}, (400, "badNonce"),
     'JWS has an invalid anti-replay nonce: "AAAA"'),
    ({"header": {"url": None}}, (400, "malformed"), "JWS header parameter 'url' required"),
    ({"header": {"url": "https://localhost/acme/new-order"}}, (400, "malformed"),
     "JWS header parameter 'url' incorrect. Expected \""),
    ({"header": {"kid": None}}, (400, "malformed"), "No Key ID in JWS header"),
    ({"header": {"kid": "https://elsewhere/acme/acct/1"}}, (400, "malformed"),
     "KeyID header contained an invalid account URL: "),
    ({"header": {"alg": "HS256"}}, (400, "badSignatureAlgorithm"),
     'JWS signature header contains unsupported algorithm "HS256", expected one of RS256, ES256 or '
     'ES384'),
    ({"key": Key()}, (400, "malformed"), "JWS verification error"),
    ({"key": Key("ES384")}, (400, "badSignatureAlgorithm"),
     'JWS signature header algorithm "ES384" does not match expected algorithm "ES256" for JWK'),
    ({"payload": "[]"}, (400, "malformed"), "Request payload did not parse as JSON"),
], ids=lambda value: None)
def test_refused_requests(client, how, expected, detail):
    reply = signed(client, **how)
    assert reply.problem == expected, reply.body
    assert reply.json["detail"].startswith(detail), reply.json["detail"]
    assert reply.headers["Content-Type"] == "application/problem+json"
    if reply.json["type"].endswith("badSignatureAlgorithm"):
        assert reply.json["algorithms"] == ["RS256", "ES256", "ES384"]


def test_kid_of_nobody(client):
    for kid, expected in (("999999", "accountDoesNotExist"), ("x", "malformed"), ("", "malformed"),
                          ("0", "malformed"), ("-1", "malformed")):
        reply = signed(client, header={"kid": client.url(f"acct/{kid}")})
        assert reply.problem == (400, expected), (kid, reply.body)


def test_a_nonce_is_good_once(client):
    nonce = client.fresh_nonce()
    body = client.key.jws({"nonce": nonce, "url": client.url("new-order"), "kid": client.kid},
                          {"identifiers": [{"type": "dns", "value": "once.example"}]})
    assert client.send(client.url("new-order"), body).status == 201
    reply = client.send(client.url("new-order"), body)
    assert reply.problem == (400, "badNonce")
    # the nonce of the refusal is good
    assert client.order("once.example").status == 201


def test_a_bad_signature_does_not_use_up_the_nonce(client):
    nonce = client.fresh_nonce()
    assert signed(client, key=Key(), header={"nonce": nonce}).problem == (400, "malformed")
    assert signed(client, header={"nonce": nonce}).json["detail"] == \
        "NewOrder request did not specify any identifiers"


def test_jwk_where_a_kid_is_due_and_back(client):
    reply = signed(client, header={"kid": None, "jwk": client.key.jwk})
    assert reply.json["detail"] == "No Key ID in JWS header"
    reply = signed(client, path="new-acct")
    assert reply.json["detail"] == "No embedded JWK in JWS header"
    reply = signed(client, header={"jwk": client.key.jwk})
    assert reply.json["detail"] == "jwk and kid header fields are mutually exclusive"


def test_sizes_and_methods(client):
    reply = client.send(client.url("new-order"), "x" * 65537)
    assert reply.problem == (413, "malformed")
    status, _, body = client.ca.connect().request("GET", "/acme/order/1/1")
    assert (status, json.loads(body)["detail"]) == (405, "Method not allowed")
    status, _, body = client.ca.connect().request("GET", "/acme/nothing")
    assert (status, json.loads(body)["detail"]) == (404, "Page not found")


# --- accounts ------------------------------------------------------------------------------------

@pytest.mark.parametrize("alg", ["ES256", "ES384", "RS256"])
def test_account_of_each_kind_of_key(ca, alg):
    client = Client(ca, Key(alg))
    first = client.register(contact=["mailto:a@shop.example"])
    assert (first.status, first.json["status"]) == (201, "valid")
    assert first.json["contact"] == ["mailto:a@shop.example"]
    assert first.json["key"] == client.key.jwk
    again = Client(ca, client.key)
    reply = again.register()
    assert (reply.status, reply.headers["Location"]) == (200, client.kid)
    assert client.post(client.kid).json["contact"] == ["mailto:a@shop.example"]


def test_only_return_existing(ca):
    client = Client(ca)
    assert client.register(onlyReturnExisting=True).problem == (400, "accountDoesNotExist")
    assert client.register().status == 201
    assert Client(ca, client.key).register(onlyReturnExisting=True).headers["Location"] == client.kid


@pytest.mark.parametrize("payload,expected,detail", [
    ({"termsOfServiceAgreed": False}, (400, "malformed"), "must agree to terms of service"),
    ({"contact": ["tel:+49"]}, (400, "unsupportedContact"),
     "only contact scheme 'mailto:' is supported"),
    ({"contact": ["mailto:nobody"]}, (400, "invalidContact"),
     '"nobody" is not a valid e-mail address'),
    ({"contact": ["mailto:a@shop.example?x=y"]}, (400, "invalidContact"),
     'contact email "a@shop.example?x=y" contains a question mark'),
    ({"contact": ["mailto:a@shop.example"] * 11}, (400, "invalidContact"),
     "too many contacts provided: 11 > 10"),
    ({"contact": "mailto:a@shop.example"}, (400, "malformed"), "Error unmarshaling JSON"),
    ({"contact": [1]}, (400, "malformed"), "Error unmarshaling JSON"),
])
def test_refused_accounts(ca, payload, expected, detail):
    reply = Client(ca).register(**payload)
    assert (reply.problem, reply.json["detail"]) == (expected, detail)


def test_weak_and_strange_keys(ca):
    for alg, jwk in (("RS256", {"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB"}),
                     ("ES256", {"kty": "oct", "k": "AAAA"})):
        key = Key(alg)
        key.jwk = jwk
        assert Client(ca, key).register().problem == (400, "badPublicKey")


def test_contact_and_deactivation(client):
    reply = client.post(client.kid, {"contact": ["mailto:b@shop.example"]})
    assert reply.json["contact"] == ["mailto:b@shop.example"]
    assert client.post(client.kid, {"status": "valid"}).status == 200
    assert client.post(client.kid, {"status": "gone"}).problem == (400, "malformed")
    assert client.post(client.kid, {"status": "deactivated"}).json["status"] == "deactivated"
    reply = client.order("a.example")
    assert reply.problem == (403, "unauthorized")
    assert reply.json["detail"] == 'Account is not valid, has status "deactivated"'
    reply = Client(client.ca, client.key).register()
    assert reply.problem == (403, "unauthorized")


def test_account_of_another(client):
    other = Client(client.ca)
    other.register()
    assert client.post(other.kid).problem == (403, "unauthorized")


def test_key_change(client):
    new = Key("ES384")
    url = client.url("key-change")

    def change(inner_key, account=None, old=None, inner_url=url):
        inner = inner_key.jws({"jwk": inner_key.jwk, "url": inner_url},
                              {"account": account or client.kid, "oldKey": old or client.key.jwk})
        return client.post(url, inner)

    taken = Client(client.ca)
    taken.register()
    reply = change(taken.key)
    assert (reply.problem, reply.headers["Location"]) == ((409, "conflict"), taken.kid)
    assert change(client.key).problem == (400, "malformed")
    assert change(new, account=taken.kid).problem == (400, "malformed")
    assert change(new, old=taken.key.jwk).problem == (400, "malformed")
    assert change(new, inner_url=client.url("new-order")).problem == (400, "malformed")
    assert change(new).json["key"] == new.jwk
    assert signed(client).problem == (400, "badSignatureAlgorithm")
    client.key = new
    assert client.order("rolled.example").status == 201
