# SPDX-License-Identifier: Apache-2.0
"""The sandbox CA's profiles, its renewal information (RFC 9773), and orders that replace a certificate."""
import concurrent.futures
import datetime
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ca_client_kit import Client, Key, b64
from ca_fixtures import (OWN, SandboxCa, client, common_name, get, id_of, knot, leaf_of, moved,  # noqa: F401
                         names_of, openssl_verify, renewal_info, responder, serial_of, validity)
from test_ca_orders import certificate_of

pytestmark = pytest.mark.req("R45")

DAY, HOUR = 86400, 3600
BACK = 3510  # how long before its issuance a certificate begins


@pytest.fixture(scope="module")
def ca(tmp_path_factory, knot):  # noqa: F811
    server = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", knot.port, profiles=OWN).start()
    yield server
    server.stop()


def another(ca, responder):  # noqa: F811
    one = Client(ca)
    assert one.register().status == 201
    responder.thumbprint = one.key.thumbprint
    return one


def has(pem, extension):
    try:
        return leaf_of(pem).extensions.get_extension_for_class(extension).value
    except x509.ExtensionNotFound:
        return None


# --- profiles ------------------------------------------------------------------------------------

def test_profiles_are_in_the_directory(ca):
    profiles = get(ca, "/directory")[2]["meta"]["profiles"]
    assert profiles == {
        "classic": "90 days, at most 100 names, with a common name",
        "tlsserver": "45 days, at most 25 names, without a common name",
        "shortlived": "160 hours, at most 25 names, without a common name",
        "minutes": "600 seconds, at most 25 names, without a common name",
        "hours": "7200 seconds, at most 25 names, without a common name"}


@pytest.mark.parametrize("profile,life,backdate,order_life,is_slim", [
    (None, 90 * DAY, BACK, 7 * DAY, False), ("", 90 * DAY, BACK, 7 * DAY, False),
    ("classic", 90 * DAY, BACK, 7 * DAY, False), ("tlsserver", 45 * DAY, BACK, HOUR, True),
    ("shortlived", 160 * HOUR, BACK, HOUR, True), ("minutes", 600, 6, HOUR, True)])
def test_what_a_profile_issues(client, tmp_path, profile, life, backdate,  # noqa: F811
                               order_life, is_slim):
    name = f"{profile or 'default'}-{life}.example"
    members = {} if profile is None else {"profile": profile}
    before = time.time()
    order, pem, _ = client.issue(name, key=rsa.generate_private_key(65537, 2048), **members)
    after = time.time()
    assert order.json["profile"] == (profile or "classic")
    expires = datetime.datetime.fromisoformat(order.json["expires"].replace("Z", "+00:00"))
    assert before - 1 < expires.timestamp() - order_life < after
    begin, end = validity(leaf_of(pem))
    assert end - begin == datetime.timedelta(seconds=life - 1)
    began = begin.replace(tzinfo=datetime.timezone.utc).timestamp()
    assert before - backdate - 1 < began <= after - backdate
    assert common_name(pem) == (None if is_slim else name)
    assert (has(pem, x509.SubjectKeyIdentifier) is None) == is_slim
    assert has(pem, x509.KeyUsage).key_encipherment != is_slim
    assert leaf_of(pem).extensions.get_extension_for_class(
        x509.SubjectAlternativeName).critical == is_slim
    assert openssl_verify(tmp_path, client.ca.root, pem)[0] == 0


@pytest.mark.parametrize("profile,most", [("classic", 100), ("tlsserver", 25), ("minutes", 25)])
def test_how_many_names_a_profile_takes(client, profile, most):  # noqa: F811
    names = [f"n{i}.{profile}.example" for i in range(most + 1)]
    refused = client.order(*names, profile=profile)
    assert refused.problem == (400, "malformed")
    assert refused.json["detail"] == f"Error creating new order :: Order cannot contain more than {most} identifiers"
    assert client.order(*names[:-1], profile=profile).status == 201


def test_profiles_that_are_not(client):  # noqa: F811
    reply = client.order("gold.example", profile="gold")
    assert reply.problem == (400, "invalidProfile")
    assert reply.json["detail"] == 'profile name "gold" not recognized'
    assert client.order("gold.example", profile=7).problem == (400, "malformed")


def test_an_open_order_of_another_profile_is_another_order(client):  # noqa: F811
    first = client.order("both.example", profile="shortlived")
    second = client.order("both.example")
    assert first.headers["Location"] != second.headers["Location"]
    assert client.order("both.example", profile="shortlived").headers["Location"] == \
        first.headers["Location"]


@pytest.mark.parametrize("profile,pending,valid", [
    ("classic", 7 * DAY, 30 * DAY), ("tlsserver", HOUR, 7 * HOUR), ("minutes", HOUR, 7 * HOUR)])
def test_lifetimes_of_authorizations(client, profile, pending, valid):  # noqa: F811
    order = client.order(f"authorization-{profile}.example", profile=profile)
    url, lifetimes = order.json["authorizations"][0], []
    for step in (lambda: None, lambda: client.validate(order)):
        step()
        expires = client.post(url).json["expires"].replace("Z", "+00:00")
        lifetimes.append(datetime.datetime.fromisoformat(expires).timestamp() - time.time())
    assert lifetimes == [pytest.approx(pending, abs=30), pytest.approx(valid, abs=30)]


def test_lifetimes_of_orders_on_the_moved_clock(moved):  # noqa: F811
    """An order lives for 8 hours by shortlived, but not longer than an authorization that it needs."""
    order = moved.client.order("slow.example", profile="shortlived")
    url = order.json["authorizations"][0]
    moved.to(HOUR - 60)
    assert moved.client.post(order.headers["Location"]).status == 200
    moved.to(HOUR + 60)
    assert moved.client.post(url).problem == (404, "malformed")
    refused = moved.client.post(order.headers["Location"])
    number = order.headers["Location"].split("/")[-1]
    assert (refused.problem, refused.json["detail"]) == (
        (404, "malformed"), f"No order for ID {number}")
    assert moved.client.finalize(order, b"").problem == (404, "malformed")
    assert moved.client.order("slow.example", profile="shortlived").headers["Location"] != \
        order.headers["Location"]


# --- windows -------------------------------------------------------------------------------------

@pytest.mark.parametrize("profile,share,retry", [
    ("classic", 2 / 3, 21600), ("tlsserver", 2 / 3, 21600), ("shortlived", 1 / 2, 21600),
    ("hours", 1 / 2, 359), ("minutes", 1 / 2, 29)])
def test_window(client, profile, share, retry):  # noqa: F811
    _, pem, _ = client.issue(f"window-{profile}.example", profile=profile)
    end = validity(leaf_of(pem))[1].replace(tzinfo=datetime.timezone.utc).timestamp()
    issued, = [entry["at"] for entry in client.ca.journal("--kind", "certificate.issued")
               if entry["subject"] == serial_of(pem)]
    life = end + 1 - datetime.datetime.fromisoformat(issued.replace("Z", "+00:00")).timestamp()
    window, retry_after, page = renewal_info(client.ca, id_of(pem))
    ideal = end - life * (1 - share)
    assert window == [pytest.approx(ideal - life / 100, abs=0.002),
                      pytest.approx(ideal + life / 100, abs=0.002)]
    assert (retry_after, page) == (retry, None)


def test_ids_that_lead_to_nothing(client):  # noqa: F811
    _, pem, _ = client.issue("ids.example")
    identifier = id_of(pem)
    key, serial = identifier.split(".")
    service = (client.ca.folder / "ca" / "service.pem").read_text()
    for wrong, expected in [
            ("x", (400, "malformed")), (".", (400, "malformed")), (key, (400, "malformed")),
            (f"{key}.!", (400, "malformed")), (f"{key}.{b64(b'none')}", (404, "malformed")),
            (id_of(service), (404, "malformed")),
            (f"{b64(b'another key')}.{serial}", (404, "malformed")),
            (f"{key}.{b64(bytes(1) + leaf_of(pem).serial_number.to_bytes(17, 'big'))}",
             (404, "malformed"))]:
        status, _, body = get(client.ca, f"/acme/renewal-info/{wrong}")
        assert (status, body["type"].split(":")[-1]) == expected, wrong
        reply = client.order("ids.example", replaces=wrong)
        assert reply.problem == expected, wrong
        assert reply.json["detail"].startswith("Could not validate ARI 'replaces' field :: ")
    assert client.order("ids.example", replaces=7).problem == (400, "malformed")


@pytest.mark.parametrize("by", ["account", "certificate"])
def test_revoked_is_to_be_renewed_at_once(client, by):  # noqa: F811
    _, pem, key = client.issue(f"revoked-by-{by}.example")
    signer, reason = (client, 4) if by == "account" else (Client(client.ca, Key(key=key)), 1)
    reply = signer.post(client.url("revoke-cert"),
                        {"certificate": certificate_of(pem), "reason": reason})
    assert reply.status == 200
    (start, end), _, _ = renewal_info(client.ca, id_of(pem))
    assert time.time() - 3605 < start < end < time.time() - 1795
    entry, = [e for e in client.ca.journal("--kind", "certificate.revoked")
              if e["subject"] == serial_of(pem)]
    assert entry["detail"] == ("superseded" if by == "account" else "keyCompromise")
    assert (entry["account"] == 0) == (by == "certificate")


# --- replacing -----------------------------------------------------------------------------------

def test_replacing_a_certificate(client):  # noqa: F811
    names = ["again.example", "www.again.example"]
    _, first, _ = client.issue(*names)
    order = client.order(*names, replaces=id_of(first))
    assert (order.status, order.json["replaces"]) == (201, id_of(first))
    assert client.post(order.headers["Location"]).json["replaces"] == id_of(first)
    assert client.ca.journal("--kind", "order.created")[-1]["detail"] == (
        f"again.example,www.again.example profile classic replaces {serial_of(first)}")
    # the trap: a lost answer cannot be asked for again with replaces, only without
    again = client.order(*names, replaces=id_of(first))
    assert again.problem == (409, "alreadyReplaced")
    assert "which already has a replacement order" in again.json["detail"]
    assert client.order(*names).headers["Location"] == order.headers["Location"]
    assert client.validate(order).json["status"] == "ready"
    _, second, _ = client.complete(order, names)
    assert client.order(*names, replaces=id_of(first)).problem == (409, "alreadyReplaced")
    # and on: a name that was added, one that went
    third, _, _ = client.issue("www.again.example", "new.again.example", replaces=id_of(second))
    assert third.json["replaces"] == id_of(second)
    assert "replaces" not in client.order("again.example").json


def test_who_may_replace_what(client, responder):  # noqa: F811
    _, pem, _ = client.issue("owner.example")
    refused = client.order("other.example", replaces=id_of(pem))
    assert refused.problem == (400, "malformed")
    assert refused.json["detail"].endswith("do not match any identifiers in the certificate being "
                                           "replaced")
    stranger = another(client.ca, responder)
    refused = stranger.order("owner.example", replaces=id_of(pem))
    assert refused.problem == (403, "unauthorized")
    assert refused.json["detail"].endswith("requester account did not request the certificate "
                                           "being replaced by this order")
    assert stranger.order("owner.example").status == 201


def test_a_failed_replacement_may_be_tried_again(client):  # noqa: F811
    _, pem, _ = client.issue("failed.example")
    order = client.order("failed.example", replaces=id_of(pem))
    client.post(order.json["authorizations"][0], {"status": "deactivated"})
    assert client.post(order.headers["Location"]).json["status"] == "invalid"
    again = client.order("failed.example", replaces=id_of(pem))
    assert (again.status, again.json["replaces"]) == (201, id_of(pem))


def test_an_expired_replacement_may_be_tried_again(moved):  # noqa: F811
    _, pem, _ = moved.client.issue("expired.example")
    moved.client.order("expired.example", replaces=id_of(pem), profile="shortlived")
    moved.to(HOUR - 60)
    assert moved.client.order("expired.example", replaces=id_of(pem)).problem == (
        409, "alreadyReplaced")
    moved.to(HOUR + 60)
    assert moved.client.order("expired.example", replaces=id_of(pem)).status == 201


def test_of_many_replacements_at_once_one_is_made(client):  # noqa: F811
    _, pem, _ = client.issue("race.example", "www.race.example")

    def replace(i):
        one = Client(client.ca, client.key)
        one.kid = client.kid
        return one.order("race.example", f"n{i}.race.example", replaces=id_of(pem)).status

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(replace, range(16))) == [201] + [409] * 15


@pytest.mark.req("A11")
def test_minutes_long_certificate_through_three_renewals(moved):  # noqa: F811
    """By the window that the CA gives, on the moved clock."""
    _, pem, _ = moved.client.issue("short.example", profile="minutes")
    begun, now = time.time(), 0
    for _ in range(3):
        (start, end), retry, _ = renewal_info(moved, id_of(pem))
        assert 5 < end - start < 13 and retry == 29
        due = int(start - begun) + 2
        assert now < due < now + 320
        moved.to(due)
        now = due
        order, pem, _ = moved.client.issue("short.example", profile="minutes",
                                           replaces=id_of(pem))
        assert order.json["replaces"]
    assert len(moved.journal("--kind", "certificate.issued")) == 4
