# SPDX-License-Identifier: Apache-2.0
"""Revocation by the certificate's own key: who shows it says that somebody has it. As at Boulder it
is keyCompromise whatever the reason, the key is refused, and what else it is in is revoked."""
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ca_client_kit import Client, Key, make_csr
from ca_fixtures import ca, client, knot, leaf_of, moved, responder, serial_of  # noqa: F401
from crl_kit import crl_of, entry_of, revoke

pytestmark = pytest.mark.req("R45")


def by_key(ca, pem, key, reason=None):  # noqa: F811
    return revoke(Client(ca, Key(key=key)), leaf_of(pem), reason)


def reason_of(ca, pem):  # noqa: F811
    """As its CRL has it; None: it is not revoked."""
    entry = entry_of(crl_of(ca, leaf_of(pem)), leaf_of(pem))
    return entry and (entry[1:] or ("unspecified",))[0]


@pytest.mark.parametrize("reason", [None, 0, 4, 1])
def test_whatever_the_reason(client, reason):  # noqa: F811
    _, pem, key = client.issue("whatever.example")
    assert by_key(client.ca, pem, key, reason).status == 200
    assert reason_of(client.ca, pem) == "keyCompromise"
    again = by_key(client.ca, pem, key, reason)
    assert again.problem == (400, "alreadyRevoked")


def test_a_reason_that_is_none(client):  # noqa: F811
    _, pem, key = client.issue("none.example")
    assert by_key(client.ca, pem, key, 2).problem == (400, "badRevocationReason")
    assert reason_of(client.ca, pem) is None
    assert client.issue("none.example", key=key)  # and the key is not refused


def test_what_was_revoked_before(client):  # noqa: F811
    """Its reason changes, its date does not."""
    _, pem, key = client.issue("before.example")
    assert revoke(client, leaf_of(pem), 4).status == 200
    before = entry_of(crl_of(client.ca, leaf_of(pem)), leaf_of(pem))
    time.sleep(1.1)  # a CRL has whole seconds
    assert by_key(client.ca, pem, key).status == 200
    after = entry_of(crl_of(client.ca, leaf_of(pem)), leaf_of(pem))
    assert (before[1:], after[1:]) == (("superseded",), ("keyCompromise",))
    assert before[0] == after[0]


def test_the_account_does_not_show_the_key(client):  # noqa: F811
    """keyCompromise by the account is taken, and refuses nothing."""
    _, pem, key = client.issue("told.example")
    assert revoke(client, leaf_of(pem), 1).status == 200
    assert reason_of(client.ca, pem) == "keyCompromise"
    assert client.issue("told.example", key=key)


def test_what_else_the_key_is_in(client, responder):  # noqa: F811
    key = ec.generate_private_key(ec.SECP256R1())
    _, first, _ = client.issue("first.example", key=key)
    _, superseded, _ = client.issue("superseded.example", key=key)
    _, unrelated, _ = client.issue("unrelated.example")
    assert revoke(client, leaf_of(superseded), 4).status == 200
    other = Client(client.ca)
    other.register()
    responder.thumbprint = other.key.thumbprint
    _, second, _ = other.issue("second.example", key=key, profile="shortlived")
    assert by_key(client.ca, first, key).status == 200
    assert [reason_of(client.ca, pem) for pem in (first, second, superseded, unrelated)] == [
        "keyCompromise", "keyCompromise", "superseded", None]
    told = [entry for entry in client.ca.journal() if entry["subject"] == serial_of(first)
            and entry["kind"].endswith("revoked")]
    assert [(entry["kind"], entry["detail"]) for entry in told] == [
        ("certificate.revoked", "keyCompromise"),
        ("certificates.revoked", "keyCompromise: 1 more with its key")]


def test_the_key_is_refused(moved):  # noqa: F811
    """Of certificates and of accounts; also after a restart."""
    one = moved.client
    _, pem, key = one.issue("refused.example")
    assert by_key(moved, pem, key).status == 200
    moved.kill()
    moved.start_ca()
    one.nonce = None
    order = one.order("refused.example")
    reply = one.finalize(order, make_csr(["refused.example"], key)[1])
    assert reply.problem == (400, "badCSR")
    assert reply.json["detail"] == ("Error finalizing order :: invalid public key in CSR: "
                                    "public key is forbidden")
    assert one.complete(order, ["refused.example"])
    reply = Client(moved, Key(key=key)).register()
    assert reply.problem == (400, "badPublicKey")
    assert reply.json["detail"] == "invalid request signing key: public key is forbidden"
    url = one.url("key-change")
    inner = Key(key=key)
    body = inner.jws({"jwk": inner.jwk, "url": url}, {"account": one.kid, "oldKey": one.key.jwk})
    reply = one.post(url, body)
    assert reply.problem == (400, "badPublicKey"), reply.json
