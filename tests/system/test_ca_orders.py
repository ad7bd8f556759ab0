# SPDX-License-Identifier: Apache-2.0
"""RFC 8555 on the server's side: orders, authorizations, certificates and their revocation."""
import datetime

import pytest
from cryptography.hazmat.primitives import serialization

from ca_client_kit import Client, Key, b64, make_csr
from ca_fixtures import (ca, client, common_name, knot, leaf_of, names_of, openssl_verify,  # noqa: F401
                         responder, validity)

pytestmark = pytest.mark.req("R45")


def test_an_order_from_end_to_end(client, tmp_path):
    before = len(client.ca.journal("--kind", "order.created"))
    order = client.order("WWW.shop.example", "shop.example", "shop.example")
    assert order.status == 201
    assert order.json["identifiers"] == [{"type": "dns", "value": "shop.example"},
                                         {"type": "dns", "value": "www.shop.example"}]
    assert order.json["status"] == "pending" and len(order.json["authorizations"]) == 2
    authorization = client.post(order.json["authorizations"][0])
    assert authorization.json["identifier"] == {"type": "dns", "value": "shop.example"}
    challenge = client.challenge(order.json["authorizations"][0])
    assert (challenge["type"], challenge["status"], len(challenge["token"])) == (
        "http-01", "pending", 43)
    assert client.validate(order).json["status"] == "ready"
    valid = client.post(order.json["authorizations"][0])
    assert valid.json["status"] == "valid"
    record, = valid.json["challenges"][0]["validationRecord"]
    assert record["url"] == ("http://shop.example/.well-known/acme-challenge/" + challenge["token"])
    assert record["addressUsed"] == "127.0.0.1"
    assert valid.json["challenges"][0]["validated"]
    key, csr = make_csr(["www.shop.example", "shop.example"])
    reply = client.finalize(order, csr)
    assert (reply.status, reply.json["status"]) == (200, "processing")
    assert reply.headers["Retry-After"] == "1"
    assert reply.headers["Location"] == order.headers["Location"]
    done = client.poll(order.headers["Location"], ["processing"])
    assert done.json["status"] == "valid" and "Retry-After" not in done.headers
    chain = client.post(done.json["certificate"])
    assert chain.headers["Content-Type"] == "application/pem-certificate-chain"
    pem = chain.body.decode()
    assert sorted(names_of(pem)) == ["shop.example", "www.shop.example"]
    assert common_name(pem) == "www.shop.example"  # the first in the request
    begin, end = validity(leaf_of(pem))
    assert leaf_of(pem).public_key().public_numbers() == key.public_key().public_numbers()
    assert end - begin == datetime.timedelta(days=90, seconds=-1)
    assert openssl_verify(tmp_path, client.ca.root, pem)[0] == 0
    assert len(client.ca.journal("--kind", "order.created")) == before + 1
    kinds = [entry["kind"] for entry in client.ca.journal("--account", client.kid.split("/")[-1])]
    assert kinds == ["account.created", "order.created"] + ["challenge.started"] * 1 + kinds[3:6] + [
        "order.finalized", "certificate.issued"]
    assert sorted(kinds[2:6]) == ["challenge.started"] * 2 + ["challenge.valid"] * 2


def test_an_identical_open_order_is_returned_again(client):
    first = client.order("twice.example", "www.twice.example")
    again = client.order("WWW.twice.example", "twice.example")
    assert (again.status, again.headers["Location"]) == (201, first.headers["Location"])
    assert again.json == first.json
    assert client.order("twice.example").headers["Location"] != first.headers["Location"]
    assert client.validate(first).json["status"] == "ready"
    assert client.order("twice.example", "www.twice.example").json["status"] == "ready"
    client.finalize(first, make_csr(["twice.example", "www.twice.example"])[1])
    client.poll(first.headers["Location"], ["processing"])
    fresh = client.order("twice.example", "www.twice.example")
    assert fresh.headers["Location"] != first.headers["Location"]
    other = Client(client.ca)
    other.register()
    assert other.order("twice.example").headers["Location"].split("/")[-2] == other.kid.split("/")[-1]


@pytest.mark.parametrize("length", [64, 65, 200])
def test_long_names(client, length, tmp_path):
    labels, rest = [], length - len(".example")
    while rest > 0:
        labels.append("a" * min(rest, 60))
        rest -= 61
    name = ".".join([*labels, "example"])
    assert len(name) == length
    _, pem, _ = client.issue(name)
    assert names_of(pem) == [name]
    assert common_name(pem) == (name if length <= 64 else None)
    assert openssl_verify(tmp_path, client.ca.root, pem)[0] == 0


def test_deactivated_authorization(client):
    order = client.order("gone.example", "www.gone.example")
    assert client.validate(order).json["status"] == "ready"
    url = order.json["authorizations"][0]
    assert client.post(url, {"status": "deactivated"}).json["status"] == "deactivated"
    assert client.post(order.headers["Location"]).json["status"] == "invalid"
    assert client.finalize(order, make_csr(["gone.example", "www.gone.example"])[1]).problem == (
        403, "orderNotReady")


def test_a_challenge_is_validated_once(client, responder):
    order = client.order("one-look.example")
    challenge = client.challenge(order.json["authorizations"][0])
    for _ in range(4):
        assert client.post(challenge["url"], {}).status == 200
    client.poll(order.headers["Location"], ["pending"])
    assert client.post(challenge["url"], {}).json["status"] == "valid"
    path = "/.well-known/acme-challenge/" + challenge["token"]
    assert [seen for seen in responder.seen if seen[1] == path] == [("one-look.example", path)]


def test_failed_challenge(client, responder):
    responder.thumbprint = "another"
    order = client.order("wrong.example", "www.wrong.example")
    done = client.validate(order)
    assert done.json["status"] == "invalid"
    authorization = client.post(order.json["authorizations"][0]).json
    assert authorization["status"] == "invalid"
    error = authorization["challenges"][0]["error"]
    assert error["type"] == "urn:ietf:params:acme:error:unauthorized"
    assert error["detail"].startswith(
        "The key authorization file from the server did not match this challenge. Expected \"")
    assert client.post(authorization["challenges"][0]["url"], {}).problem == (400, "malformed")
    assert client.order("wrong.example", "www.wrong.example").headers["Location"] != \
        order.headers["Location"]


# --- revocation ----------------------------------------------------------------------------------

def certificate_of(pem):
    return b64(leaf_of(pem).public_bytes(serialization.Encoding.DER))


def details(ca):
    return {entry["subject"]: entry["detail"] for entry in ca.journal("--kind", "certificate.revoked")}


def serial_of(pem):
    return f"{leaf_of(pem).serial_number:034x}"


def test_revocation(client, responder):
    _, pem, key = client.issue("revoke.example")
    url, certificate = client.url("revoke-cert"), certificate_of(pem)
    for reason in (2, 3, 6, 9, -1, 99):
        refused = client.post(url, {"certificate": certificate, "reason": reason})
        assert refused.problem == (400, "badRevocationReason")
        assert refused.json["detail"] == (
            f"Unable to revoke :: unsupported revocation reason code provided: {reason}. Supported "
            "reasons: unspecified (0), keyCompromise (1), superseded (4), cessationOfOperation (5)")
    other = Client(client.ca)
    other.register()
    refused = other.post(url, {"certificate": certificate})
    assert (refused.problem, refused.json["detail"]) == (
        (403, "unauthorized"), "Unable to revoke :: requester does not control all identifiers in "
        f'cert with serial "{serial_of(pem)}"')
    refused = Client(client.ca).post(url, {"certificate": certificate})
    assert (refused.problem, refused.json["detail"]) == (
        (403, "unauthorized"), "Unable to revoke :: JWK embedded in revocation request must be the "
        "same public key as the cert to be revoked")
    for payload, detail in (({"certificate": b64(b"hello")}, "Unable to parse certificate DER"),
                            ({}, "Unable to JSON parse revoke request"),
                            ({"certificate": certificate, "reason": "x"},
                             "Unable to JSON parse revoke request")):
        refused = client.post(url, payload)
        assert (refused.problem, refused.json["detail"]) == (
            (400, "malformed"), f"Unable to revoke :: {detail}")
    assert client.post(url, {"certificate": certificate, "reason": 1}).status == 200
    refused = client.post(url, {"certificate": certificate})
    assert (refused.problem, refused.json["detail"]) == (
        (400, "alreadyRevoked"), "Unable to revoke :: no certificate with serial "
        f"{serial_of(pem)} and status other than revoked")
    assert details(client.ca)[serial_of(pem)] == "keyCompromise"
    # by the certificate's key, without an account
    _, pem, key = client.issue("revoke.example")
    owner = Client(client.ca, Key(key=key))
    assert owner.post(url, {"certificate": certificate_of(pem), "reason": 1}).status == 200
    # by another account that has shown control of the name: it may give no other reason
    _, pem, _ = client.issue("revoke.example")
    responder.thumbprint = other.key.thumbprint
    assert other.validate(other.order("revoke.example")).json["status"] == "ready"
    assert other.post(url, {"certificate": certificate_of(pem), "reason": 1}).status == 200
    assert details(client.ca)[serial_of(pem)] == "cessationOfOperation"


def test_revoking_what_is_not_ours(client):
    foreign = (client.ca.folder / "ca" / "service.pem").read_text()
    reply = client.post(client.url("revoke-cert"), {"certificate": certificate_of(foreign)})
    assert reply.problem == (404, "malformed")
