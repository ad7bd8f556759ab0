# SPDX-License-Identifier: Apache-2.0
"""A certificate of ten minutes is followed by another one by itself; visitors always get a valid one."""
import os
import signal
import time

import pytest
from crash_kit import insist
from platform_kit import wait_for
from renewal_kit import (DAY, HOUR, MINUTE, Moved, Visitors, at, ca_command, ca_down, certificate,
                         events, number, serials, store_rows, wait_renewal, wait_replaced,
                         wait_schedule)


@pytest.fixture(scope="module")
def minutes():
    with Moved("minutes") as p:
        yield p


def wait_later(platform, api, domain, before):
    """The status once the try that was planned has failed, too."""
    def is_later():
        status = platform.status(api, domain)
        return status if at(status["renewal"]["at"]) > at(before["renewal"]["at"]) else None
    return wait_for(is_later)


@pytest.mark.req("R9", "R21", "R22", "R23", "A11")
def test_ten_minutes_through_three_renewals(minutes):
    """The second with the CA down for longer than the backoff, the third with its accounts lost."""
    partner = minutes.tenant()
    _, domain, status = minutes.ordered(partner, "minutes.example")
    first = status["certificate"]
    keys = {first["key_fingerprint"]}

    def is_due():
        status = wait_schedule(minutes, partner, domain)
        window, instant = status["renewal"]["window"], status["renewal"]["at"]
        assert at(window["start_at"]) <= at(instant) < at(window["end_at"])
        return status["certificate"], instant

    with Visitors(minutes, "www.minutes.example") as visitors:
        old, instant = is_due()
        minutes.jump_to(instant, past=-20)
        time.sleep(1.5)
        assert minutes.status(partner, domain)["certificate"]["id"] == old["id"], "not sooner"
        minutes.jump(21)
        keys.add(wait_replaced(minutes, partner, domain, old)["certificate"]["key_fingerprint"])

        old, instant = is_due()
        with ca_down(minutes):
            minutes.jump_to(instant)
            failing = wait_renewal(minutes, partner, domain, "failing")
            assert failing["renewal"]["reason"] and failing["renewal"]["at"]
            assert failing["certificate"]["id"] == old["id"]
            for _ in range(2):
                minutes.jump_to(failing["renewal"]["at"])
                failing = wait_later(minutes, partner, domain, failing)
            assert serials(minutes, "minutes.example") == {number(old)}
        assert "certificate.renewal.failed" in events(partner, domain)
        minutes.jump_to(failing["renewal"]["at"])
        keys.add(wait_replaced(minutes, partner, domain, old)["certificate"]["key_fingerprint"])

        old, instant = is_due()
        ca_command(minutes, "lose-accounts")
        minutes.jump_to(instant)
        keys.add(wait_replaced(minutes, partner, domain, old)["certificate"]["key_fingerprint"])

    assert len(keys) == 4 and len(visitors.serials) == 4, "four certificates, each with its own key"
    assert events(partner, domain).count("certificate.renewal.succeeded") == 3
    orders = [row[0] for row in store_rows(
        minutes, "SELECT is_replaces_refused FROM issuance WHERE domain_id = ? ORDER BY id",
        domain["id"])]
    assert orders == [0, 0, 0, 1], "a replacement, but not of another account's certificate"
    assert certificate(partner, first)["state"] in ("superseded", "expired")


@pytest.mark.req("R10", "R22", "R23")
def test_the_ca_refuses_a_renewal_with_429(minutes):
    """Until the promised time nothing is asked again; the old certificate is served, and the reason
    is told."""
    partner = minutes.tenant()
    _, domain, status = minutes.ordered(partner, "limited.example")
    old = status["certificate"]
    instant = wait_schedule(minutes, partner, domain)["renewal"]["at"]

    def told():
        page = partner.get(f"/v1/events?limit=200&domain_id={domain['id']}")
        return [e["text"] for e in page["items"] if e["kind"] == "certificate.renewal.failed"]
    with Visitors(minutes, "limited.example"):
        ca_command(minutes, "fault", "rate-limited", "--wait", "30")
        minutes.jump_to(instant)
        failing = wait_renewal(minutes, partner, domain, "failing")["renewal"]
        promised = at(failing["at"]) - minutes.now()
        assert 20 < promised <= 30 and "busy" in failing["reason"], failing
        assert told() and "busy" in told()[0], told()
        assert minutes.status(partner, domain)["badge"]["code"] == "test_certificate"
        ca_command(minutes, "fault", "off")
        time.sleep(3)
        assert minutes.status(partner, domain)["certificate"]["id"] == old["id"], "not sooner"
        assert len(told()) == 1
        minutes.jump_to(failing["at"])
        wait_replaced(minutes, partner, domain, old)


@pytest.mark.req("R42")
def test_what_is_left_of_an_ended_certificate(minutes):
    partner = minutes.tenant()
    _, domain, status = minutes.ordered(partner, "ended.example")
    old = status["certificate"]
    partner.call("POST", f"/v1/subscriptions/{status['subscription']['id']}/reissue", {}, want=202)
    wait_replaced(minutes, partner, domain, old)

    def key():
        return store_rows(minutes, "SELECT sealed_key FROM certificate WHERE id = ?", old["id"])[0][0]

    def record():
        return store_rows(minutes, "SELECT is_tombstone FROM edge_record WHERE key = ?",
                          b"c" + old["id"].encode())[0][0]
    time.sleep(1)
    assert key() and not record(), "for an hour, since something may be in flight"
    minutes.jump(HOUR + 1)
    wait_for(lambda: not key() and record(), 20)
    wait_for(lambda: certificate(partner, old)["state"] == "expired")
    assert store_rows(minutes, "SELECT sealed_key FROM issuance WHERE certificate_id = ?",
                      old["id"]) == [(None,)]


@pytest.mark.req("R9", "A11")
def test_expired_while_nothing_ran(minutes):
    """A certificate that expired unseen is off the site, and a new one comes by itself."""
    partner = minutes.tenant()
    site, domain, status = minutes.ordered(partner, "late.example")
    partner.patch(f"/v1/sites/{site['id']}", {"https": True})
    wait_for(lambda: minutes.http(minutes.addresses()[0], "late.example")[0] == 301)
    old = status["certificate"]
    with ca_down(minutes):
        minutes.jump(11 * MINUTE)
        wait_for(lambda: certificate(partner, old)["state"] == "expired")
        assert minutes.status(partner, domain)["badge"]["code"] != "test_certificate"
        wait_for(lambda: minutes.http(minutes.addresses()[0], "late.example")[0] == 200, 20)
    wait_replaced(minutes, partner, domain, old)
    assert certificate(partner, old)["state"] == "expired"
    wait_for(lambda: minutes.http(minutes.addresses()[0], "late.example")[0] == 301)


@pytest.mark.req("R9", "R10", "A11")
def test_expired_before_it_was_live(minutes):
    """Its edges stand still from before it is published until it has expired: another one is made."""
    partner = minutes.tenant()
    point = "worker.deploy.before"
    minutes.zone("stuck.example", minutes.right_records())
    domain = minutes.domain(partner, "stuck.example")
    minutes.trap.hold(point)
    minutes.order(partner, domain)
    minutes.trap.wait_hit(point)
    agents = [minutes.kill(f"{e.name}-agent", signal.SIGSTOP) for e in minutes.edges]
    minutes.trap.let_go()
    try:
        wait_for(lambda: minutes.status(partner, domain)["issuance"]["state"] == "deploying")
        minutes.jump(11 * MINUTE)
    finally:
        for pid in agents:
            os.kill(pid, signal.SIGCONT)
    minutes.wait_live(partner, domain, 90)
    assert "issuance.expired" in events(partner, domain)
    of_it = partner.get(f"/v1/certificates?domain_id={domain['id']}")["items"]
    assert [c["state"] for c in of_it] == ["cancelled", "live"], of_it
    with Visitors(minutes, "stuck.example"):
        time.sleep(1)
    assert store_rows(minutes, "SELECT length(sealed_key) > 0 FROM certificate WHERE domain_id = ?"
                      " ORDER BY id", domain["id"]) == [(0,), (1,)]


@pytest.mark.req("R22", "R23", "R45", "A11")
def test_the_root_of_the_ca_rolls(minutes):
    """Worker and agents trust the new one without a restart, at the CA, in its chains and at the feed."""
    partner = minutes.tenant()
    _, domain, status = minutes.ordered(partner, "rolled.example")
    old, roots = status["certificate"], (minutes.dir / "ca/roots.pem").read_text()
    service = (minutes.dir / "ca/service.pem").read_text()
    pids = {name: (minutes.dir / f"run/{name}.pid").read_text() for name in ("worker", "edge-1-agent")}
    minutes.jump(201 * DAY)
    wait_replaced(minutes, partner, domain, old)
    assert (minutes.dir / "ca/roots.pem").read_text() != roots
    assert (minutes.dir / "ca/service.pem").read_text() != service
    killed = (minutes.dir / "run/front.pid").read_text()
    minutes.kill("front")
    insist(lambda: (minutes.dir / "run/front.pid").read_text() not in ("", killed))
    insist(lambda: partner.get("/v1/domains"))
    minutes.ordered(partner, "afterwards.example")
    assert pids == {name: (minutes.dir / f"run/{name}.pid").read_text() for name in pids}
