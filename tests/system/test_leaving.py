# SPDX-License-Identifier: Apache-2.0
"""Leaving: an order cancelled in every state of its issuance, and domains given back."""
import pathlib
import re

import pytest

import crash_kit
from leaving_kit import (NOT_AT_CA, Stopped, agents, begin, begin_right, check_ca,
                         check_nothing_left, issuance_of, other, partner, platform, query, released,
                         wait_state)
from platform_kit import wait_for

MODEL = pathlib.Path(__file__).resolve().parents[2] / "src/model/issuance_state.h"
FINAL = {"live", "failed"}
needs_points = pytest.mark.skipif(not crash_kit.has_points(), reason="built without crash points")
# Where the worker is held in a state that would last some milliseconds.
HELD_AT = {"admitted": "worker.make-key.before", "finalizing": "worker.finalize.before",
           "issued": "worker.deploy.before"}


def states():
    """The states that an issuance can be ended in, as the model lists them."""
    text = MODEL.read_text()
    table = text[text.index("#define ISSUANCE_STATES"):text.index("#define ISSUANCE_EVENTS")]
    return [s for s in re.findall(r'X\(\w+, "(\w+)"\)', table) if s not in FINAL]


# --- ways into a state: each leaves an order there, as long as the block of `stopped` lasts ---

def hold_waiting_dns(platform, api, stopped, name):
    domain, order = begin(platform, api, f"{name}.example")
    wait_for(lambda: issuance_of(platform, domain)["error_code"])
    return domain, order


def hold_ordering(platform, api, stopped, name):
    stopped.stop("ca")
    domain, order = begin_right(platform, api, name)
    wait_state(platform, domain, "ordering")
    return domain, order


def hold_publishing(platform, api, stopped, name):
    stopped.stop(*agents(platform))
    domain, order = begin_right(platform, api, name)
    wait_state(platform, domain, "publishing")
    return domain, order


def hold_validating(platform, api, stopped, name):
    domain, order = hold_publishing(platform, api, stopped, name)
    stopped.stop("ca")
    stopped.go_on(*agents(platform))
    wait_state(platform, domain, "validating")
    return domain, order


def hold_deploying(platform, api, stopped, name):
    with stopped.held("worker.deploy.before"):
        domain, order = begin_right(platform, api, name)
        platform.trap.wait_hit("worker.deploy.before")
        stopped.stop(*agents(platform))
    wait_state(platform, domain, "deploying")
    return domain, order


def hold_parked(platform, api, stopped, name):
    """A suffix that the platform sells and the CA does not permit."""
    platform.zone(f"{name}.{NOT_AT_CA}", platform.right_records())
    domain, order = begin(platform, api, f"{name}.{NOT_AT_CA}")
    wait_state(platform, domain, "parked")
    return domain, order


@pytest.mark.req("R37")
def test_what_is_parked_begins_again_by_request(platform, partner):
    """The CA has refused, a person has been there: "check again" makes a new attempt."""
    domain, order = hold_parked(platform, partner, None, "again")

    def refusals():
        events = partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]
        return [e["kind"] for e in events].count("issuance.ca_refused")

    assert refusals() == 1
    partner.call("POST", f"/v1/orders/{order['id']}/check", want=202)
    wait_for(lambda: refusals() == 2)
    wait_state(platform, domain, "parked")
    again = partner.call("POST", f"/v1/orders/{order['id']}/check", want=429)
    assert 30 < int(again.headers["Retry-After"]) <= 60 and again.json()["retry_at"], again.text
    assert refusals() == 2, "no more is asked of the CA"
    partner.call("POST", f"/v1/orders/{order['id']}/cancel", {}, want=200)
    partner.call("POST", f"/v1/orders/{order['id']}/check", want=409)


def hold_staging(platform, api, stopped, name):
    """Only what replaces a live certificate comes there: no order, the domain is given back."""
    _, domain, status = platform.ordered(api, f"{name}.example")
    with stopped.held("worker.deploy.before"):
        api.post(f"/v1/subscriptions/{status['subscription']['id']}/reissue", {}, want=202)
        platform.trap.wait_hit("worker.deploy.before")
        stopped.stop(*agents(platform))
    wait_state(platform, domain, "staging")
    return domain, None


def hold_at(point):
    """The worker held in the middle of a step; what else it has to do goes on."""
    def hold(platform, api, stopped, name):
        platform.trap.hold(point)
        domain, order = begin_right(platform, api, name)
        platform.trap.wait_hit(point)
        return domain, order
    return hold


WAYS = {
    "waiting_dns": hold_waiting_dns,
    "admitted": hold_at(HELD_AT["admitted"]),
    "ordering": hold_ordering,
    "publishing": hold_publishing,
    "validating": hold_validating,
    "finalizing": hold_at(HELD_AT["finalizing"]),
    "issued": hold_at(HELD_AT["issued"]),
    "staging": hold_staging,
    "deploying": hold_deploying,
    "parked": hold_parked,
}


def test_every_state_has_a_way():
    assert sorted(WAYS) == sorted(states())


@needs_points
@pytest.mark.req("R42", "R54")
@pytest.mark.parametrize("point", ["worker.challenges.reply", "worker.challenges.commit"])
def test_a_name_is_given_back_after_it_was_ordered(platform, partner, other, point):
    """The CA is not told to look at it any more, whoever has it by now: the rest is ordered anew."""
    zone = f"{point.replace('.', '-')}.example"
    alias = f"shop.{zone}"
    platform.zone(zone, [*platform.right_records(), "shop 1 IN CNAME @"])
    domain = platform.domain(partner, zone)
    partner.post(f"/v1/domains/{domain['id']}/names", {"name": alias})
    with Stopped(platform) as stopped, stopped.held(point):
        platform.order(partner, domain)
        wait_for(platform.trap.hit_path.exists)
        partner.call("DELETE", f"/v1/domains/{domain['id']}/names/{alias}", want=200)
        platform.domain(other, alias)
    status = platform.wait_live(partner, domain, 90)
    assert {n["name"] for n in status["names"]} == {zone, f"www.{zone}"}
    told = query(platform, "SELECT kind FROM journal WHERE kind LIKE 'challenge.%' AND detail LIKE ?",
                 f"%{alias}%", name="ca/ca.db")
    assert told == []
    assert len(partner.get(f"/v1/certificates?domain_id={domain['id']}")["items"]) == 1


@needs_points
@pytest.mark.req("R6", "R42", "R53")
@pytest.mark.parametrize("state", states())
def test_cancelled_in(platform, partner, state):
    with Stopped(platform) as stopped:
        domain, order = WAYS[state](platform, partner, stopped, f"cancel-{state.replace('_', '-')}")
        issuance = issuance_of(platform, domain)
        assert issuance["state"] == state
        tokens = [(row["name"], row["token"]) for row in
                  query(platform, "SELECT * FROM issuance_name WHERE issuance_id = ?"
                        " AND token IS NOT NULL", issuance["id"])]
        if order:
            cancelled = partner.post(f"/v1/orders/{order['id']}/cancel", {}, want=200)
            assert cancelled["state"] == "cancelled"
            again = platform.order(partner, domain)  # at once
            assert again["id"] != order["id"]
        else:
            partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)
    released(platform, domain)
    ended = query(platform, "SELECT * FROM issuance WHERE id = ?", issuance["id"])[0]
    check_nothing_left(platform, ended, tokens)
    check_ca(platform, ended)
    if not order:
        return
    old = partner.get(f"/v1/orders/{order['id']}")
    assert (old["state"], old["subscription_id"]) == ("cancelled", None)  # no charge
    if state in ("waiting_dns", "parked"):
        partner.post(f"/v1/orders/{again['id']}/cancel", {}, want=200)
        return
    status = platform.wait_live(partner, domain, 90)
    live = [c for c in partner.get(f"/v1/certificates?domain_id={domain['id']}")["items"]
            if c["state"] not in ("cancelled", "revoked")]
    assert [c["serial"] for c in live] == [status["certificate"]["serial"]]
    for address in platform.addresses():
        assert int(platform.serial(address, domain["name"]), 16) == int(live[0]["serial"], 16)
        assert platform.http(address, domain["name"])[0] == 200


@needs_points
@pytest.mark.req("R42")
def test_certificate_at_the_ca_is_named(platform, partner):
    """The CA has issued, and nobody has fetched it: the timeline names it, and it is revoked."""
    with Stopped(platform) as stopped:
        domain, order = hold_at("worker.finalize.reply")(platform, partner, stopped, "unfetched")
        at_ca = int(issuance_of(platform, domain)["acme_order_url"].rsplit("/", 1)[1])

        def issued():
            return query(platform, "SELECT * FROM certificate WHERE order_id = ?", at_ca,
                         name="ca/ca.db")
        serial = wait_for(issued)[0]["serial"]
        partner.post(f"/v1/orders/{order['id']}/cancel", {}, want=200)
    released(platform, domain)
    texts = [e["text"] for e in
             partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]]
    assert any(serial.lower() in text for text in texts), texts
    assert issued()[0]["revoked_at"]
