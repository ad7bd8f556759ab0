# SPDX-License-Identifier: Apache-2.0
"""What RFC 8555 has a server refuse, by a client that does what no decent client does: a row each, with
the problem and, where Boulder has one for the case, its sentence."""
import json

import pytest

from ca_client_kit import Client, Key, b64
from ca_fixtures import ca, client, knot, responder  # noqa: F401
from ca_refusals_kit import JSON, JWS, TYPE, check, order_as, table

pytestmark = pytest.mark.req("R45")


# --- section 6: how requests are made ------------------------------------------------------------

def body_of(change):
    """newOrder whose finished JWS was changed."""
    def send(one):
        jws = json.loads(one.key.jws({"nonce": one.fresh_nonce(), "kid": one.kid,
                                      "url": one.url("new-order")}, {"identifiers": []}))
        return one.send(one.url("new-order"), change(jws))
    return send


def account_with(jwk, alg="ES256"):
    def send(one):
        key = Key("RS256" if alg == "RS256" else "ES256")
        return one.post(one.url("new-acct"), {}, key=key, header={"kid": None, "jwk": jwk})
    return send


def replayed(one):
    nonce = one.fresh_nonce()
    assert one.post(one.kid, header={"nonce": nonce}).status == 200
    return one.post(one.kid, header={"nonce": nonce})


def with_replay_header(one):
    _, headers, body = one.connection.request("POST", "/acme/new-order", "{}", {
        "Content-Type": "application/jose+json", "Replay-Nonce": "AAAA"})
    reply = type(one.post(one.kid))(400, headers, body)
    return reply


SMALL_RSA = {"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB"}
KEY_SIZE = JWS + "invalid request signing key: key size not supported: "


@table(
    ("no content type", order_as(content_type=None), (415, "malformed"), JWS + "No " + TYPE),
    ("JSON", order_as(content_type="application/json"), (415, "malformed"),
     JWS + "Invalid " + TYPE),
    ("content type with a parameter", order_as(content_type="application/jose+json; charset=utf-8"),
     (415, "malformed"), JWS + "Invalid " + TYPE),
    ("nonce as a header", with_replay_header, (400, "malformed"),
     JWS + "HTTP requests should NOT contain Replay-Nonce header. Use JWS nonce field"),
    ("no body", lambda one: one.send(one.url("new-order"), ""), (400, "malformed"),
     JWS + "No body on POST"),
    ("no JSON", lambda one: one.send(one.url("new-order"), "hello"), (400, "malformed"),
     JWS + "Parse error reading JWS"),
    ("compact form", body_of(lambda jws: f"{jws['protected']}.{jws['payload']}.{jws['signature']}"),
     (400, "malformed"), JWS + "Parse error reading JWS"),
    ("unprotected header", body_of(lambda jws: json.dumps({**jws, "header": {"alg": "ES256"}})),
     (400, "malformed"),
     JWS + 'JWS "header" field not allowed. All headers must be in "protected" field'),
    ("several signatures", body_of(lambda jws: json.dumps({**jws, "signatures": [jws]})),
     (400, "malformed"), JWS + 'JWS "signatures" field not allowed. Only the "signature" field '
                               'should contain a signature'),
    ("not signed", body_of(lambda jws: json.dumps({**jws, "signature": ""})), (400, "malformed"),
     JWS + "POST JWS not signed"),
    ("payload changed", body_of(lambda jws: json.dumps({**jws, "payload": b64("{}")})),
     (400, "malformed"), JWS + "JWS verification error"),
    ("body too large", lambda one: one.send(one.url("new-order"), "x" * 65537), (413, "malformed"),
     "request body too large"),
    ("alg none", order_as(header={"alg": "none"}), (400, "badSignatureAlgorithm"),
     JWS + 'JWS signature header contains unsupported algorithm "none", expected one of [RS256 ES256 '
           'ES384]'),
    ("alg HS256", order_as(header={"alg": "HS256"}), (400, "badSignatureAlgorithm"),
     JWS + 'JWS signature header contains unsupported algorithm "HS256", expected one of '),
    ("alg RS512", order_as(header={"alg": "RS512"}), (400, "badSignatureAlgorithm"),
     JWS + 'JWS signature header contains unsupported algorithm "RS512", expected one of '),
    ("alg of another key", order_as(header={"alg": "ES384"}), (400, "malformed"),
     JWS + 'JWS signature header algorithm "ES384" does not match expected algorithm "ES256" for JWK'),
    ("signed by another key", order_as(key=Key()), (400, "malformed"),
     JWS + "JWS verification error"),
    ("kid and jwk", order_as(header={"jwk": Key().jwk}), (400, "malformed"),
     JWS + "jwk and kid header fields are mutually exclusive"),
    ("neither kid nor jwk", order_as(header={"kid": None}), (400, "malformed"),
     JWS + "No Key ID in JWS header"),
    ("jwk for kid", order_as(header={"kid": None, "jwk": Key().jwk}), (400, "malformed"),
     JWS + "No Key ID in JWS header"),
    ("kid for jwk", lambda one: one.post(one.url("new-acct"), {"termsOfServiceAgreed": True}),
     (400, "malformed"), JWS + "No embedded JWK in JWS header"),
    ("neither, where either will do",
     lambda one: one.post(one.url("revoke-cert"), {}, header={"kid": None}), (400, "malformed"),
     JWS + "Malformed JWS, no KeyID or embedded JWK"),
    ("kid elsewhere", order_as(header={"kid": "https://elsewhere/acme/acct/1"}), (400, "malformed"),
     JWS + 'KeyID header contained an invalid account URL: "https://elsewhere/acme/acct/1"'),
    ("kid that is no number", lambda one: one.post(one.url("new-order"), {}, header={
        "kid": one.url("acct/x")}), (400, "malformed"),
     JWS + 'Malformed account ID in KeyID header URL: "'),
    ("kid of nobody", lambda one: one.post(one.url("new-order"), {}, header={
        "kid": one.url("acct/999999")}), (400, "accountDoesNotExist"), JWS + 'Account "https://'),
    ("jwk that is none", account_with("x"), (400, "malformed"), JWS + "Invalid JWK in JWS header"),
    ("jwk of an unknown type", account_with({"kty": "x"}), (400, "malformed"),
     JWS + "Invalid JWK in JWS header"),
    ("symmetric jwk", account_with({"kty": "oct", "k": "AAAA"}), (400, "badPublicKey"),
     JWS + "JWK contains unsupported key type (expected RSA, or ECDSA P-256 or P-384)"),
    ("Ed25519", account_with({"kty": "OKP", "crv": "Ed25519", "x": "AA"}), (400, "badPublicKey"),
     JWS + "JWK contains unsupported key type"),
    ("RSA of 1024 bits", account_with(SMALL_RSA, "RS256"), (400, "badPublicKey"), KEY_SIZE + "1024"),
    ("RSA of 2056 bits", account_with({**SMALL_RSA, "n": b64(b"\xff" * 257)}, "RS256"),
     (400, "badPublicKey"), KEY_SIZE + "2056"),
    ("RSA with a small factor", account_with({**SMALL_RSA, "n": b64(b"\xff" * 256)}, "RS256"),
     (400, "badPublicKey"), JWS + "invalid request signing key: key divisible by small prime"),
    ("RSA with exponent 3", account_with({**SMALL_RSA, "n": b64(b"\xff" * 256), "e": "Aw"}, "RS256"),
     (400, "badPublicKey"), JWS + "invalid request signing key: key exponent must be 65537"),
    ("no url", order_as(header={"url": None}), (400, "malformed"),
     JWS + "JWS header parameter 'url' required"),
    ("url of another resource", lambda one: one.post(one.url("new-order"), {}, header={
        "url": one.url("new-acct")}), (400, "malformed"),
     JWS + "JWS header parameter 'url' incorrect. Expected \"https://"),
    ("url with a query", lambda one: one.post(one.url("new-order"), {}, header={
        "url": one.url("new-order?a=b")}), (400, "malformed"),
     JWS + "JWS header parameter 'url' incorrect. Expected \"https://"),
    ("no nonce", order_as(header={"nonce": None}), (400, "badNonce"),
     "JWS has an invalid anti-replay nonce"),
    ("nonce that is none", order_as(header={"nonce": "AAAA"}), (400, "badNonce"),
     "JWS has an invalid anti-replay nonce"),
    ("nonce used before", replayed, (400, "badNonce"), "JWS has an invalid anti-replay nonce"),
    ("payload that is a list", order_as(payload="[]"), (400, "malformed"), JSON),
    ("payload that is no JSON", order_as(payload="hello"), (400, "malformed"), JSON),
    ("no payload where one is due", order_as(payload=None), (400, "malformed"), JSON),
)
def test_requests(client, how, expected, detail):  # noqa: F811
    check(how(client), expected, detail)


def test_post_as_get_has_an_empty_payload(client):  # noqa: F811
    done, _, _ = client.issue("empty.example")
    for url in (done.headers["Location"], done.json["certificate"]):
        for payload in ({}, "null", '""'):
            check(client.post(url, payload), (400, "malformed"),
                  JWS + "POST-as-GET requests must have an empty payload")


def test_resources_are_not_for_get(client):  # noqa: F811
    """Section 6.3; HEAD is a GET without its body."""
    done, _, _ = client.issue("get.example")
    authorization = done.json["authorizations"][0]
    urls = [done.headers["Location"], authorization, done.json["finalize"],
            done.json["certificate"], client.challenge(authorization)["url"],
            client.kid, *(client.url(path) for path in ("new-acct", "new-order", "revoke-cert",
                                                        "key-change"))]
    for url in urls:
        for method in ("GET", "PUT", "DELETE"):
            status, headers, body = client.connection.request(method, url.removeprefix(client.ca.url))
            assert (status, headers["Allow"]) == (405, "POST"), (method, url)
            problem = json.loads(body)
            assert problem["type"] == "urn:ietf:params:acme:error:malformed"
            assert problem["detail"] == "Method not allowed"
    assert client.connection.request("GET", "/acme/new-authz")[0] == 404
    assert client.connection.request("PUT", "/directory")[1]["Allow"] == "GET, HEAD, POST"


def test_a_deactivated_account_is_refused_everywhere(client):  # noqa: F811
    order = client.order("left.example")
    urls = [order.headers["Location"], order.json["authorizations"][0], client.kid,
            client.url("new-order")]
    assert client.post(client.kid, {"status": "deactivated"}).json["status"] == "deactivated"
    for url in urls:
        payload = {"identifiers": [{"type": "dns", "value": "a.example"}]} \
            if url.endswith("new-order") else None
        check(client.post(url, payload), (403, "unauthorized"),
              JWS + 'Account is not valid, has status "deactivated"')
    for members in ({}, {"onlyReturnExisting": True}):
        check(Client(client.ca, client.key).register(**members), (403, "unauthorized"),
              "An account with the provided public key exists but is deactivated")


# --- section 7.3: accounts -----------------------------------------------------------------------

def new_account(**members):
    def send(one):
        fresh = Client(one.ca)
        return fresh.post(fresh.url("new-acct"), {"termsOfServiceAgreed": True, **members})
    return send


def update(payload):
    return lambda one: one.post(one.kid, payload)


CONTACT = "Error validating contact(s) :: "
UPDATE = "Unable to update account :: "


@table(
    ("terms not agreed to", new_account(termsOfServiceAgreed=False), (400, "malformed"),
     "must agree to terms of service"),
    ("terms agreed to by text", new_account(termsOfServiceAgreed="yes"), (400, "malformed"),
     "must agree to terms of service"),
    ("no account of this key", new_account(onlyReturnExisting=True), (400, "accountDoesNotExist"),
     "No account exists with the provided key"),
    ("contact that is a text", new_account(contact="mailto:a@shop.example"), (400, "malformed"),
     "Error unmarshaling JSON"),
    ("contact that is a number", new_account(contact=[1]), (400, "malformed"),
     "Error unmarshaling JSON"),
    ("empty contact", new_account(contact=[""]), (400, "invalidContact"), CONTACT + "empty contact"),
    ("contact by telephone", new_account(contact=["tel:+49"]), (400, "unsupportedContact"),
     CONTACT + "only contact scheme 'mailto:' is supported"),
    ("contact with headers", new_account(contact=["mailto:a@shop.example?subject=x"]),
     (400, "invalidContact"), CONTACT + "contact email contains a question mark"),
    ("contact with a fragment", new_account(contact=["mailto:a@shop.example#x"]),
     (400, "invalidContact"), CONTACT + "contact email contains a '#'"),
    ("contact with an umlaut", new_account(contact=["mailto:\u00fc@shop.example"]),
     (400, "invalidContact"), CONTACT + "contact email contains non-ASCII characters"),
    ("contact without a domain", new_account(contact=["mailto:nobody"]), (400, "invalidContact"),
     CONTACT + "unable to parse email address"),
    ("eleven contacts", new_account(contact=["mailto:a@shop.example"] * 11), (400, "malformed"),
     CONTACT + "too many contacts provided: 11 > 10"),
    ("another status", update({"status": "gone"}), (400, "malformed"),
     UPDATE + 'invalid status "gone" for account update request, must be "valid" or "deactivated"'),
    ("status that is no text", update({"status": 1}), (400, "malformed"),
     UPDATE + "parsing account update request"),
    ("wrong contact in an update", update({"contact": ["tel:+49"]}), (400, "unsupportedContact"),
     CONTACT + "only contact scheme 'mailto:' is supported"),
    ("account of another", lambda one: one.post(one.url("acct/999999")), (403, "unauthorized"),
     "Request signing key did not match account key"),
    ("account that is no number", lambda one: one.post(one.url("acct/x")), (404, "malformed"),
     "Account not found"),
)
def test_accounts(client, how, expected, detail):  # noqa: F811
    check(how(client), expected, detail)


# --- section 7.3.5: key rollover -----------------------------------------------------------------

def change(inner=None, **how):
    """keyChange whose inner JWS has the header and payload of `how`, or is `inner`."""
    def send(one):
        url, new = one.url("key-change"), how.get("key") or Key("ES384")
        header = {"jwk": new.jwk, "url": url, **how.get("header", {})}
        payload = how.get("payload", {"account": one.kid, "oldKey": one.key.jwk})
        header = {name: value for name, value in header.items() if value is not None}
        return one.post(url, inner if inner is not None else new.jws(header, payload))
    return send


def changed(jws):
    return json.dumps({**json.loads(jws), "payload": b64("{}")})


def change_to_own_key(one):
    return change(key=one.key)(one)


def change_for(member, value):
    def send(one):
        return change(payload={"account": one.kid, "oldKey": one.key.jwk, member: value})(one)
    return send


def change_to_taken_key(one):
    other = Client(one.ca)
    other.register()
    reply = change(key=other.key)(one)
    assert reply.headers["Location"] == other.kid
    return reply


@table(
    ("no inner JWS", change(inner={"account": "x"}), (400, "malformed"),
     JWS + "Parse error reading JWS"),
    ("inner JWS by kid", change(header={"jwk": None, "kid": "https://localhost/acme/acct/1"}),
     (400, "malformed"), JWS + "No embedded JWK in JWS header"),
    ("inner JWS by a bad key", change(header={"jwk": {"kty": "oct", "k": "AAAA"}}),
     (400, "badPublicKey"), JWS + "JWK contains unsupported key type"),
    ("inner JWS by a small key", change(key=Key("RS256"), header={"jwk": SMALL_RSA}),
     (400, "badPublicKey"), KEY_SIZE + "1024"),
    ("inner JWS of another algorithm", change(header={"alg": "ES256"}), (400, "malformed"),
     JWS + 'JWS signature header algorithm "ES256" does not match expected algorithm "ES384"'),
    ("inner JWS signed by another key", change(header={"jwk": Key("ES384").jwk}),
     (400, "malformed"), JWS + "Inner JWS does not verify with embedded JWK"),
    ("inner JWS without url", change(header={"url": None}), (400, "malformed"),
     JWS + "Inner JWS header parameter 'url' required"),
    ("inner JWS for another url", change(header={"url": "https://localhost/"}), (400, "malformed"),
     JWS + "Outer JWS 'url' value \"https://"),
    ("inner payload that is no object", change(payload="[]"), (400, "malformed"),
     JWS + "Inner JWS payload did not parse as JSON key rollover object"),
    ("no old key", change_for("oldKey", None), (400, "malformed"),
     JWS + "Inner JWS does not contain old key field matching current account key"),
    ("another old key", change_for("oldKey", Key().jwk), (400, "malformed"),
     JWS + "Inner JWS does not contain old key field matching current account key"),
    ("another account", change_for("account", "https://localhost/acme/acct/1"), (400, "malformed"),
     'Inner key rollover request specified Account "https://localhost/acme/acct/1", but outer JWS has '
     'Key ID "https://'),
    ("no account", change_for("account", None), (400, "malformed"),
     'Inner key rollover request specified Account "", but outer JWS has Key ID "https://'),
    ("the same key", change_to_own_key, (400, "malformed"),
     "New key specified by rollover request is the same as the old key"),
    ("a key that has an account", change_to_taken_key, (409, "conflict"),
     "New key is already in use for a different account"),
)
def test_key_changes(client, how, expected, detail):  # noqa: F811
    check(how(client), expected, detail)
    assert client.post(client.kid).status == 200  # the old key is still the key
