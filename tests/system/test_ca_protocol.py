# SPDX-License-Identifier: Apache-2.0
"""RFC 8555 on the server's side: how the sandbox CA takes requests in, and accounts."""
import concurrent.futures
import json

import pytest

from ca_client_kit import Client, Key
from ca_fixtures import ca, client, knot, responder  # noqa: F401

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


def test_contact(client):
    reply = client.post(client.kid, {"contact": ["mailto:b@shop.example"]})
    assert reply.json["contact"] == ["mailto:b@shop.example"]
    assert client.post(client.kid, {"status": "valid"}).json["contact"] == ["mailto:b@shop.example"]
    assert client.post(client.kid, {"contact": []}).json["contact"] == []
    # neither is for an update to change (RFC 8555 section 7.3.2)
    reply = client.post(client.kid, {"orders": "x", "termsOfServiceAgreed": False, "key": {}})
    assert (reply.status, reply.json["key"]) == (200, client.key.jwk)


def test_account_object(client):
    """What is there, and that there is no list of orders, as with Let's Encrypt."""
    reply = client.post(client.kid)
    assert set(reply.json) == {"status", "contact", "key", "createdAt"}
    assert f'<{client.ca.url}/terms/1>;rel="terms-of-service"' in reply.headers.get_all("Link")


def test_key_change(client):
    new, old = Key("ES384"), client.key
    order = client.order("rolled.example")
    url = client.url("key-change")
    inner = new.jws({"jwk": new.jwk, "url": url}, {"account": client.kid, "oldKey": old.jwk})
    reply = client.post(url, inner)
    assert (reply.status, reply.json) == (200, {**client.post(client.kid, key=new).json,
                                                "key": new.jwk})
    assert client.post(client.kid, key=old).problem == (400, "malformed")
    client.key = new
    assert client.order("rolled.example").headers["Location"] == order.headers["Location"]
    assert Client(client.ca, old).register(onlyReturnExisting=True).problem == (
        400, "accountDoesNotExist")
    found = Client(client.ca, new).register(onlyReturnExisting=True)
    assert (found.status, found.headers["Location"]) == (200, client.kid)


def rollover(client, new):
    """A keyChange of the client's account to this key, on a connection of its own, ready to be sent."""
    one, url = Client(client.ca, client.key), client.url("key-change")
    inner = new.jws({"jwk": new.jwk, "url": url}, {"account": client.kid, "oldKey": one.key.jwk})
    body = one.key.jws({"kid": client.kid, "url": url, "nonce": one.fresh_nonce()}, inner)
    return lambda: one.send(url, body)


def at_once(requests):
    with concurrent.futures.ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(lambda send: send(), requests))


def test_of_many_key_changes_at_once_one_is_made(client):
    replies = at_once([rollover(client, Key()) for _ in range(16)])
    assert sorted(reply.status for reply in replies) == [200] + [400] * 15


def test_of_many_accounts_for_a_key_one_changes_to_it(ca):
    new, clients = Key(), [Client(ca) for _ in range(6)]
    for one in clients:
        one.register()
    replies = at_once([rollover(one, new) for one in clients])
    owner = Client(ca, new).register(onlyReturnExisting=True).headers["Location"]
    assert sorted((reply.status, reply.headers["Location"] or "") for reply in replies) == [
        (200, "")] + [(409, owner)] * 5
