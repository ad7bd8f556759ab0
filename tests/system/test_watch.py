# SPDX-License-Identifier: Apache-2.0
"""Domains are looked at by themselves: what waits for DNS goes on when it is right, without a click."""
import json
import time

import pytest
from page_kit import reader_of
from platform_kit import wait_for
from renewal_kit import DAY, HOUR, Moved, at, events, number, serials, wait_replaced, wait_schedule
from watch_kit import (ELSEWHERE, asked_of_ca, orders_at_ca, resolved, right, serve, wait_watched, watch_of,
                       watched)

CORRECTED_S = 10  # from the correction to Secured
NEVER_MS = 3600_000
NAMES = ["waits", "lapses", "turns", "moves", "forbids", "six"]
CONFIRM_S = 120  # NAME_RISK_SURE_MS


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    # Without a glance nothing would be looked at again before the test is over.
    with watched(Moved(config={"check": {"retry_min_ms": NEVER_MS, "retry_max_ms": 24 * NEVER_MS}}),
                 tmp_path_factory.mktemp("watch"), *(f"{name}.example" for name in NAMES)) as p:
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
    status = platform.status(partner, domain)
    assert status["issuance"]["state"] == "waiting_dns"
    ahead = at(status["lapses_at"]) - platform.now()
    assert DAY - 3 * HOUR < ahead < DAY, "it says until when"
    shown = platform.run("status", "lapses.example", api=partner).stdout
    assert f", ends {status['lapses_at'][:19].replace('T', ' ')} unless somebody asks for a look\n" in shown
    page = reader_of(platform, partner).get(f"/domains/{domain['id']}").text
    lapses_at = platform.status(partner, domain)["lapses_at"]
    assert 30 * DAY - HOUR < at(lapses_at) - platform.now() <= 30 * DAY, "whoever opens the page cares"
    assert f'the order ends on <time datetime="{lapses_at[:14]}00:00' in page, "as the page says itself"
    platform.jump(30 * DAY)
    wait_for(lambda: platform.status(partner, domain)["order"]["state"] == "lapsed")
    status = platform.status(partner, domain)
    assert status["issuance"]["state"] == "failed" and status["badge"]["code"] == "not_secured"
    assert status["lapses_at"] is None
    assert events(partner, domain).count("order.lapsed") == 1
    told = [e["text"] for e in partner.get(f"/v1/events?limit=200&domain_id={domain['id']}")["items"]
            if e["kind"] == "issuance.lapsed"]
    assert told == ["the domain did not point to us for 30 days; it can be ordered again: "
                    "www.lapses.example has issues"]
    assert not asked_of_ca(platform, "lapses.example")
    assert watch_of(platform, domain) is None, "it is not looked at any more"
    platform.order(partner, domain)
    wait_for(lambda: watch_of(platform, domain))


def secured(platform, partner, *names):
    """Domains that are live, and whose name servers are watched."""
    domains = []
    for name in names:
        serve(platform, name, right(platform))
        domains.append(platform.domain(partner, name))
        platform.order(partner, domains[-1])
    for domain in domains:
        platform.wait_live(partner, domain)
        wait_watched(platform, domain)
    return domains


def name_of(platform, partner, domain):
    return next(n for n in platform.status(partner, domain)["names"] if n["name"] == domain["name"])


def history(partner, domain, query=""):
    """The changes of its names, the newest first."""
    return partner.get(f"/v1/domains/{domain['id']}/history{query}")["items"]


def told(partner, domain, kind):
    return [e["text"] for e in partner.get(f"/v1/events?limit=200&domain_id={domain['id']}")["items"]
            if e["kind"] == kind]


@pytest.mark.req("R37", "R38", "A5")
def test_secured_domains_at_risk(platform, partner):
    """What is changed at a secured domain is seen by itself, counts when a second look says so, is told once, and
    is over when it is mended."""
    forbids, six = secured(platform, partner, "forbids.example", "six.example")
    serve(platform, "forbids.example", [*right(platform), '@ CAA 0 issue "other.example"'])
    serve(platform, "six.example", [*right(platform), "@ IN AAAA 2001:db8:bad::1"])
    wait_for(lambda: all(name_of(platform, partner, d)["finding"] for d in (forbids, six)), 20)
    assert name_of(platform, partner, forbids)["finding"]["code"] == "caa_forbids"
    assert name_of(platform, partner, six)["finding"]["code"] == "foreign_aaaa"
    for domain in (forbids, six):
        assert name_of(platform, partner, domain)["at_risk_since"] is None, "one look does not count"
        assert not told(partner, domain, "name.at_risk")
    platform.jump(CONFIRM_S)
    wait_for(lambda: all(name_of(platform, partner, d)["at_risk_since"] for d in (forbids, six)))
    for domain in (forbids, six):
        status = platform.status(partner, domain)
        text, *more = [t for t in told(partner, domain, "name.at_risk") if domain["name"] in t.split(",")[-1].split()]
        assert not more and "cannot be renewed with" in text
        assert status["certificate"]["state"] == "live"
        assert status["next"].startswith(name_of(platform, partner, domain)["finding"]["title"])
    count = len(told(partner, six, "name.at_risk"))
    platform.jump(2 * HOUR)  # looked at again, and nothing new
    wait_for(lambda: at(name_of(platform, partner, six)["checked_at"]) > platform.now() - 60)
    assert len(told(partner, six, "name.at_risk")) == count
    for domain in (forbids, six):
        serve(platform, domain["name"], right(platform))
    platform.jump(10 * 60)
    wait_for(lambda: not any(name_of(platform, partner, d)["at_risk_since"] for d in (forbids, six)))
    assert len(told(partner, six, "name.recovered")) == count
    assert orders_at_ca(platform, "six.example") == orders_at_ca(platform, "forbids.example") == 1


@pytest.mark.req("R37", "R9")
def test_moves_away_and_comes_back(platform, partner):
    """Served until it expires, no newOrder when it should be renewed, and renewed by itself when it is back."""
    domain, = secured(platform, partner, "moves.example")
    first = wait_schedule(platform, partner, domain)["certificate"]
    before = history(partner, domain)
    assert [(c["name"], c["dns"], c["code"]) for c in before] == [
        ("www.moves.example", "ok", None), ("moves.example", "ok", None)], "one row a name: looks change nothing"
    assert before[1]["records"] == sorted(f"{'AAAA' if ':' in a else 'A'} {a}" for a in platform.addresses())
    assert before[1]["answered"] == sorted(f"{a}: ok" for a in platform.addresses())
    serve(platform, "moves.example", ELSEWHERE)
    wait_for(lambda: name_of(platform, partner, domain)["finding"], 20)
    platform.jump(CONFIRM_S)
    wait_for(lambda: told(partner, domain, "name.at_risk"))
    platform.jump_to(platform.status(partner, domain)["renewal"]["at"])

    def is_waiting():
        issuance = platform.status(partner, domain)["issuance"]
        return issuance["reason"] == "renewal" and issuance["state"] == "waiting_dns" and issuance["error"]
    wait_for(is_waiting)
    assert orders_at_ca(platform, "moves.example") == 1, "no attempt at the CA is spent"
    assert serials(platform, "moves.example") == {number(first)}
    serve(platform, "moves.example", right(platform))
    wait_replaced(platform, partner, domain, first, CORRECTED_S)
    assert orders_at_ca(platform, "moves.example") == 2
    assert told(partner, domain, "name.recovered")
    own = [c for c in history(partner, domain, "?name_prefix=moves")]
    assert [c["dns"] for c in own] == ["ok", "wrong_target", "ok"], "away, and back"
    assert own[1]["records"] == ["A 203.0.113.9"] and own[1]["title"] == "www.moves.example has issues"
    platform.tenant("Other").call("GET", f"/v1/domains/{domain['id']}/history", want=404)
    assert len(told(partner, domain, "name.at_risk")) <= 2, "once a name"
