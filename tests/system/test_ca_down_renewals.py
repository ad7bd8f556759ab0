# SPDX-License-Identifier: Apache-2.0
"""Renewals that come due while their CA does not answer: they wait without asking, say so, and go on inside
the CA's window; what is served is not touched."""
import time

import pytest
from admission_kit import store
from crash_kit import Journal
from faulty_ca_kit import fronted
from platform_kit import wait_for
from renewal_kit import Moved, Visitors, at, ca_command, events, number, serials, wait_replaced, wait_schedule

NAMES = 5
LOOK_S = 3  # at how often it is asked


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    with fronted(Moved(), tmp_path_factory.mktemp("front")) as started:
        yield started


def breaker(platform):
    return next(iter(store(platform, "SELECT tries, next_try_at FROM ca_standing WHERE open_since_at > 0")), None)


def waits(platform, partner, domain):
    status = platform.status(partner, domain)
    error = status["issuance"]["error"]
    return status if error and error["code"] == "ca_down" else None


@pytest.mark.req("R9", "R23", "A9", "A11")
def test_renewals_wait_in_their_window(platform):
    partner = platform.tenant()
    domains = [platform.ordered(partner, f"due{i}.example")[1] for i in range(NAMES)]
    before = [wait_schedule(platform, partner, domain) for domain in domains]
    end = min(at(status["renewal"]["window"]["end_at"]) for status in before)
    with Visitors(platform, "due0.example"):
        ca_command(platform, "fault", "outage")
        platform.jump_to(max(status["renewal"]["at"] for status in before))
        wait_for(lambda: breaker(platform), 30)
        for domain, status in zip(domains, before):
            waiting = wait_for(lambda: waits(platform, partner, domain), 30)
            assert "has not answered since" in waiting["issuance"]["error"]["text"]
            assert waiting["renewal"]["state"] == "failing", waiting["renewal"]
            assert "; the next try is at " in waiting["renewal"]["reason"], waiting["renewal"]
            assert waiting["badge"]["code"] == "test_certificate", waiting["badge"]
            assert waiting["certificate"]["id"] == status["certificate"]["id"]
            assert serials(platform, domain["name"]) == {number(status["certificate"])}
        asked, tries = platform.front.asked, breaker(platform)[0]
        time.sleep(LOOK_S)
        assert platform.front.asked - asked <= breaker(platform)[0] - tries + 1, "more than one at a time"
        told = [events(partner, domain).count("certificate.renewal.failed") for domain in domains]
        assert all(1 <= count <= 3 for count in told), told
        ca_command(platform, "fault", "off")
        platform.jump(max(breaker(platform)[1] / 1000 - platform.now(), 0) + 1)
        for domain, status in zip(domains, before):
            wait_replaced(platform, partner, domain, status["certificate"])
    assert platform.now() < end, "the exemption from the CA's limits ends with its window"
    replaced = store(platform, "SELECT is_replaces_refused FROM issuance WHERE replaces_id IS NOT NULL")
    assert len(replaced) >= NAMES and set(replaced) == {(0,)}, replaced
    made = [e["detail"] for e in Journal(platform).entries if e["kind"] == "order.created"]
    assert sum(" replaces " in detail and "due" in detail for detail in made) == NAMES, made
