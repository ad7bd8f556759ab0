# SPDX-License-Identifier: Apache-2.0
"""A certificate is followed by another one: by itself, by hand, after a compromise. Visitors always
get a valid one."""
import pytest
from platform_kit import Platform, wait_for


@pytest.fixture(scope="module")
def platform():
    with Platform(clock=True) as p:
        yield p


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


def serials(platform, name):
    """What each address shows for it."""
    return {platform.serial(a, name).lstrip("0") for a in platform.addresses()}


def wait_replaced(platform, api, domain, old, seconds=30):
    """The status once another certificate is live."""
    def is_replaced():
        status = platform.status(api, domain)
        live = status["certificate"]
        return status if live and live["id"] != old["id"] and live["state"] == "live" else None
    return wait_for(is_replaced, seconds)


def certificate(api, one):
    return api.get(f"/v1/certificates/{one['id']}")


@pytest.mark.req("R21", "R23", "R47")
def test_reissue_by_hand(platform, partner):
    _, domain, before = platform.ordered(partner, "reissue.example")
    subscription, old = before["subscription"], before["certificate"]
    path = f"/v1/subscriptions/{subscription['id']}/reissue"
    issuance = partner.call("POST", path, {}, want=202).json()
    assert issuance["reason"] == "reissue"
    assert partner.call("POST", path, {}).status_code == 409, "one at a time"
    after = wait_replaced(platform, partner, domain, old)
    new = after["certificate"]
    assert new["key_fingerprint"] != old["key_fingerprint"], "a new key each time"
    assert serials(platform, "www.reissue.example") == {new["serial"].lstrip("0")}
    assert certificate(partner, old)["state"] == "superseded"
    kinds = [e["kind"] for e in partner.get("/v1/events?limit=100&domain_id=" + domain["id"])["items"]]
    staged, deployed = kinds.index("issuance.staged"), len(kinds) - kinds[::-1].index(
        "issuance.deployed") - 1
    assert staged < deployed, "shown before visitors get it"
    partner.call("POST", path, {}, want=202)
    wait_replaced(platform, partner, domain, new)
    refused = partner.call("POST", path, {}, want=429).json()
    assert refused["retry_at"] and "2 reissues a week" in refused["detail"]
