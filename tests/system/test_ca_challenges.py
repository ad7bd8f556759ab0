# SPDX-License-Identifier: Apache-2.0
"""Which challenges the sandbox CA offers, what becomes of them, dns-01 and wildcards."""
import base64
import hashlib

import pytest

from ca_client_kit import make_csr
from ca_fixtures import RawServer, ca, client, id_of, knot, names_of, responder  # noqa: F401

pytestmark = pytest.mark.req("R45")

NAMES = ["http-01", "dns-01", "tls-alpn-01"]


def digest(key_authorization):
    octets = hashlib.sha256(key_authorization.encode()).digest()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def prove_by_dns(client, knot, order):  # noqa: F811
    """Sets the TXT records for an order; those for the same name together."""
    values = {}
    for url in order.json["authorizations"]:
        authorization = client.post(url).json
        token = authorization["challenges"][0]["token"]
        values.setdefault(authorization["identifier"]["value"], []).append(
            f"{token}.{client.key.thumbprint}")
    for name, shown in values.items():
        knot.set(f"_acme-challenge.{name}", "TXT", *[digest(value) for value in shown])


def test_what_is_offered(client):  # noqa: F811
    url = client.order("offer.example").json["authorizations"][0]
    seen = set()
    for _ in range(30):
        challenges = client.post(url).json["challenges"]
        seen.add(tuple(one["type"] for one in challenges))
        assert sorted(one["type"] for one in challenges) == sorted(NAMES)
        assert len({one["token"] for one in challenges}) == 1
        assert {one["status"] for one in challenges} == {"pending"}
    assert len(seen) > 1  # nobody may count on their order
    for one in challenges:
        assert client.post(one["url"]).json == one
    assert "wildcard" not in client.post(url).json


def test_the_others_are_gone_when_one_is_decided(client):  # noqa: F811
    """RFC 8555 section 7.1.4, as Boulder has it."""
    order = client.order("decided.example")
    url = order.json["authorizations"][0]
    urls = {name: client.challenge(url, name)["url"] for name in NAMES}
    assert client.validate(order, "http-01").json["status"] == "ready"
    challenge, = client.post(url).json["challenges"]
    assert (challenge["type"], challenge["status"]) == ("http-01", "valid")
    for name in NAMES[1:]:
        for payload in (None, {}):
            reply = client.post(urls[name], payload)
            assert reply.problem == (404, "malformed")
            assert reply.json["detail"] == "No such challenge"
    assert client.post(urls["http-01"], {}).json == challenge


def test_a_wrong_answer_ends_them_all(client):  # noqa: F811
    order = client.order("wrong.example")
    url = order.json["authorizations"][0]
    urls = {name: client.challenge(url, name)["url"] for name in NAMES}
    assert client.validate(order, "dns-01").json["status"] == "invalid"
    challenge, = client.post(url).json["challenges"]
    assert (challenge["type"], challenge["status"]) == ("dns-01", "invalid")
    assert client.post(urls["dns-01"], {}).json["detail"] == (
        "Unable to update challenge :: authorization must be pending")
    assert client.post(urls["http-01"], {}).problem == (404, "malformed")


def test_two_at_once(client, ca, knot):  # noqa: F811
    """While one is being validated a second answer to it changes nothing, and one to another is
    refused."""
    knot.set("slow.example", "A", "127.0.0.3")
    server = RawServer("127.0.0.3", ca.http_port, None)
    try:
        order = client.order("slow.example")
        url = order.json["authorizations"][0]
        urls = {name: client.challenge(url, name)["url"] for name in NAMES}
        for _ in range(2):
            assert client.post(urls["http-01"], {}).json["status"] == "processing"
        reply = client.post(urls["dns-01"], {})
        assert reply.problem == (409, "conflict")
        assert reply.json["detail"].startswith(
            "Unable to update challenge :: Authorization is already being validated.")
        authorization = client.post(url).json
        assert authorization["status"] == "pending"
        assert {one["type"]: one["status"] for one in authorization["challenges"]} == {
            **dict.fromkeys(NAMES, "pending"), "http-01": "processing"}
    finally:
        server.stop()
    assert client.poll(order.headers["Location"], ["pending"]).json["status"] == "invalid"
    started = client.ca.journal("--kind", "challenge.started")
    assert [entry["detail"] for entry in started if "slow" in entry["detail"]] == [
        "slow.example http-01"]


# --- dns-01 and wildcards ------------------------------------------------------------------------

def test_a_name_by_dns(client, knot):  # noqa: F811
    order = client.order("by-dns.example")
    prove_by_dns(client, knot, order)
    assert client.validate(order, "dns-01").json["status"] == "ready"
    challenge, = client.post(order.json["authorizations"][0]).json["challenges"]
    assert challenge["validationRecord"] == [{"hostname": "by-dns.example", "addressUsed": ""}]
    client.complete(order, ["by-dns.example"])


def test_a_wildcard(client, knot):  # noqa: F811
    """Two authorizations for one name, one of them for the wildcard; both TXT records at once."""
    order = client.order("*.Shop.example", "shop.example")
    assert order.json["identifiers"] == [{"type": "dns", "value": "*.shop.example"},
                                         {"type": "dns", "value": "shop.example"}]
    wild, plain = (client.post(url).json for url in order.json["authorizations"])
    for one in (wild, plain):
        assert one["identifier"] == {"type": "dns", "value": "shop.example"}
    assert wild["wildcard"] is True and "wildcard" not in plain
    assert [one["type"] for one in wild["challenges"]] == ["dns-01"]
    assert sorted(one["type"] for one in plain["challenges"]) == sorted(NAMES)
    prove_by_dns(client, knot, order)
    assert client.validate(order, "dns-01").json["status"] == "ready"
    names = ["*.shop.example", "shop.example"]
    _, pem, _ = client.complete(order, names)
    assert sorted(names_of(pem)) == names
    # the authorization of the wildcard is used again for the wildcard alone
    assert client.order("*.shop.example").json["status"] == "ready"
    assert client.order("www.shop.example").json["status"] == "pending"


def test_a_wildcard_by_another_challenge(client):  # noqa: F811
    url = client.order("*.dns-only.example").json["authorizations"][0]
    dns = client.challenge(url, "dns-01")["url"]
    for name in NAMES:
        if name != "dns-01":
            reply = client.post(dns.replace("dns-01", name), {})
            assert reply.problem == (404, "malformed")


def test_a_certificate_with_a_wildcard_is_not_one_for_its_base(client, knot):  # noqa: F811
    order = client.order("*.csr.example")
    prove_by_dns(client, knot, order)
    assert client.validate(order, "dns-01").json["status"] == "ready"
    for names in (["csr.example"], ["www.csr.example"], ["*.csr.example", "csr.example"]):
        assert client.finalize(order, make_csr(names)[1]).problem == (403, "unauthorized")
    _, pem, _ = client.complete(order, ["*.csr.example"])
    # a name that it covers may replace it, as a host name meets a wildcard: one label
    for name, status in (("csr.example", 400), ("a.www.csr.example", 400), ("www.other.example", 400),
                         ("www.csr.example", 201)):
        assert client.order(name, replaces=id_of(pem)).status == status, name


def test_secondary_validation_by_dns(client, ca, knot):  # noqa: F811
    ca.run("fault", "secondary-validation", "--count", "1")
    order = client.order("far-dns.example")
    prove_by_dns(client, knot, order)
    assert client.validate(order, "dns-01").json["status"] == "invalid"
    challenge, = client.post(order.json["authorizations"][0]).json["challenges"]
    assert challenge["error"]["detail"] == (
        "During secondary validation: No TXT record found at _acme-challenge.far-dns.example")
