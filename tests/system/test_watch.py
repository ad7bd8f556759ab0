# SPDX-License-Identifier: Apache-2.0
"""Domains are looked at by themselves: what waits for DNS goes on when it is right, without a click."""
import json
import time

import pytest
from platform_kit import wait_for
from renewal_kit import DAY, HOUR, Moved, events
from watch_kit import (ELSEWHERE, asked_of_ca, orders_at_ca, resolved, right, serve, wait_watched, watch_of,
                       watched)

CORRECTED_S = 10  # from the correction to Secured
NEVER_MS = 3600_000


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    # Without a glance nothing would be looked at again before the test is over.
    with watched(Moved(config={"check": {"retry_min_ms": NEVER_MS, "retry_max_ms": 24 * NEVER_MS}}),
                 tmp_path_factory.mktemp("watch"), "waits.example", "lapses.example", "turns.example") as p:
        yield p


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


def ordered_wrong(platform, partner, name):
    serve(platform, name, ELSEWHERE)
    domain = platform.domain(partner, name)
    platform.order(partner, domain)

    def is_waiting():
        status = platform.status(partner, domain)
        return status["issuance"]["state"] == "waiting_dns" and any(
            n["finding"] for n in status["issuance"]["names"])
    wait_for(is_waiting)
    wait_watched(platform, domain)
    return domain


@pytest.mark.req("R37", "A2")
def test_goes_on_once_dns_is_right(platform, partner):
    """Nobody clicks, the resolver still tells what was wrong, and the CA has heard of nothing before."""
    domain = ordered_wrong(platform, partner, "waits.example")
    before = watch_of(platform, domain)
    time.sleep(4)
    assert watch_of(platform, domain)["look_at"] > before["look_at"], "its name servers are asked again"
    assert not asked_of_ca(platform, "waits.example"), "no attempt at the CA is spent"
    serve(platform, "waits.example", right(platform))
    assert resolved("waits.example") == "203.0.113.9", "the resolver still remembers what was wrong"
    began = time.monotonic()
    status = platform.wait_live(partner, domain, CORRECTED_S)
    took = time.monotonic() - began
    assert took < CORRECTED_S, took
    assert orders_at_ca(platform, "waits.example") == 1
    print(f"Secured {took:.1f} s after the correction")
    assert {n["name"] for n in status["names"] if n["secured"]} == {"waits.example", "www.waits.example"}


@pytest.mark.req("R37")
def test_says_what_is_there_now(platform, partner):
    """One wrong address becomes another: the finding is of what the name servers say, not the resolver."""
    domain = ordered_wrong(platform, partner, "turns.example")
    serve(platform, "turns.example", ["@ A 203.0.113.77", "www CNAME @"])

    def found():
        status = platform.status(partner, domain)
        return "203.0.113.77" in json.dumps(status["issuance"]["names"])
    wait_for(found, CORRECTED_S)
    assert not asked_of_ca(platform, "turns.example")


@pytest.mark.req("R37")
def test_ends_after_thirty_days(platform, partner):
    """Later and later; then the order ends, says so, and can be placed again."""
    domain = ordered_wrong(platform, partner, "lapses.example")
    platform.jump(2 * HOUR)

    def pace():
        watch = watch_of(platform, domain)
        ahead = watch["look_at"] / 1000 - platform.now()
        return ahead if ahead > 30 else None
    assert 90 < wait_for(pace) <= 120
    platform.jump(29 * DAY)
    wait_for(lambda: wait_for(pace) > HOUR)
    assert platform.status(partner, domain)["issuance"]["state"] == "waiting_dns"
    platform.jump(DAY)
    wait_for(lambda: platform.status(partner, domain)["order"]["state"] == "lapsed")
    status = platform.status(partner, domain)
    assert status["issuance"]["state"] == "failed" and status["badge"]["code"] == "not_secured"
    assert events(partner, domain).count("order.lapsed") == 1
    told = [e["text"] for e in partner.get(f"/v1/events?limit=200&domain_id={domain['id']}")["items"]
            if e["kind"] == "issuance.lapsed"]
    assert told == ["the domain did not point to us for 30 days; it can be ordered again: "
                    "www.lapses.example has issues"]
    assert not asked_of_ca(platform, "lapses.example")
    assert watch_of(platform, domain) is None, "it is not looked at any more"
    platform.order(partner, domain)
    wait_for(lambda: watch_of(platform, domain))
