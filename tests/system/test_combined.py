# SPDX-License-Identifier: Apache-2.0
"""What happens to a domain while something else is under way with it."""
import contextlib
import os
import signal
import ssl
import subprocess
import time

import pytest
from kill_kit import processes_in
from moved_fixtures import days, edge_id, partner, staged, unverified  # noqa: F401
from platform_kit import talk, wait_for
from renewal_kit import (DAY, HOUR, Visitors, ca_down, ca_rows, certificate, events, number, serials,
                         store_rows, wait_replaced, wait_schedule)
from test_replacement import reissue_held


def add_alias(platform, api, domain, name):
    """The status once its certificate has the name too."""
    api.post(f"/v1/domains/{domain['id']}/names", {"name": name})
    wait_for(lambda: name in platform.status(api, domain)["certificate"]["names"], 60)
    return platform.wait_live(api, domain)


@contextlib.contextmanager
def standing_still(platform, *names):
    """These parts and their children do nothing."""
    pids = [platform.kill(name, signal.SIGSTOP) for name in names]
    for pid in list(pids):
        children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
        pids += [int(child) for child in children.stdout.split()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.req("R23", "R28")
def test_site_changes_while_staging(days, partner):
    site, domain, before = days.ordered(partner, "toggled.example")
    old = before["certificate"]
    address = days.addresses()[0]
    with Visitors(days, "toggled.example"):
        with staged(days, partner, before):
            partner.patch(f"/v1/sites/{site['id']}", {"https": True})
            wait_for(lambda: days.http(address, "toggled.example")[0] == 301)
            partner.patch(f"/v1/sites/{site['id']}", {"https": False})
            wait_for(lambda: days.http(address, "toggled.example")[0] == 200)
            partner.patch(f"/v1/sites/{site['id']}", {"https": True, "canonical": "www"})
            wait_for(lambda: days.http(address, "toggled.example")[0] == 301)
            assert days.status(partner, domain)["issuance"]["state"] == "staging"
        new = wait_replaced(days, partner, domain, old)["certificate"]
    assert serials(days, "toggled.example") == {number(new)}
    for address in days.addresses():
        assert days.http(address, "toggled.example")[1]["location"].startswith("https://www.")


@pytest.mark.req("R42", "R54", "R28")
def test_aliases_come_and_go_while_staging(days, partner):
    """The one that was given back holds up neither the certificate that still has it nor its next
    holder; the one that came joins by itself."""
    other = days.tenant("Other", "Other")
    zone = "aliased.example"
    records = days.right_records() + ["gone 1 IN CNAME @", "new 1 IN CNAME @"]
    gone, new = f"gone.{zone}", f"new.{zone}"
    _, domain, _ = days.ordered(partner, zone, records)
    before = add_alias(days, partner, domain, gone)
    with staged(days, partner, before):
        partner.post(f"/v1/domains/{domain['id']}/names", {"name": new})
        partner.call("DELETE", f"/v1/domains/{domain['id']}/names/{gone}", want=200)
        theirs = days.domain(other, gone)
    wait_replaced(days, partner, domain, before["certificate"])
    wait_for(lambda: "is ready, and joins" in days.status(partner, domain)["next"])
    days.jump(2 * HOUR)  # between certificates of one week
    status = wait_for(lambda: (s := days.status(partner, domain))["certificate"]["names"].count(new)
                      and s["edges"]["proven"] == 2 and s)
    assert gone not in status["certificate"]["names"]
    days.order(other, theirs)
    live = days.wait_live(other, theirs)
    assert serials(days, gone) == {number(live["certificate"])}
    for address in days.addresses():
        with unverified(days, address, zone) as s:
            assert talk(s, gone, "/", "GET", None)[0] == 421, "each connection has one site"


@pytest.mark.req("R42", "R54", "R23")
def test_an_alias_is_given_back(days, partner):
    """The certificate has its name until the next one; nobody is shown it for that, the proofs of the
    domain's own names are not spoilt, and our authorization at the CA is gone."""
    zone = "lent.example"
    name = f"shop.{zone}"
    _, domain, _ = days.ordered(partner, zone, days.right_records() + ["shop 1 IN CNAME @"])
    before = add_alias(days, partner, domain, name)
    authorized = ("SELECT count(*) FROM acme_authorization WHERE status = 'valid' AND name = ?")
    assert ca_rows(days, authorized, name) == [(1,)]
    partner.call("DELETE", f"/v1/domains/{domain['id']}/names/{name}", want=200)
    wait_for(lambda: ca_rows(days, authorized, name) == [(0,)])
    assert ca_rows(days, authorized, zone)[0][0] > 0, "the others stay"
    address = days.addresses()[0]
    wait_for(lambda: days.http(address, name)[0] == 404)
    with pytest.raises(ssl.SSLError):  # an alert, not a dead edge
        unverified(days, address, name).close()
    days.jump(DAY + HOUR)  # proofs are taken again
    at = before["edges"]["items"][0]["proven_at"]
    status = wait_for(lambda: (s := days.status(partner, domain))["edges"]["items"][0]["proven_at"] > at
                      and s)
    assert status["edges"]["proven"] == 2 and status["badge"]["code"] == "test_certificate", status
    assert name in status["certificate"]["names"]


@pytest.mark.req("R54", "R23")
def test_a_name_goes_bad_and_comes_back(days, partner):
    """It is left out of the next renewal, which it does not hold up, and joins again by itself."""
    zone, name = "comesback.example", "shop.comesback.example"
    records = days.right_records() + ["shop 1 IN CNAME @"]
    _, domain, _ = days.ordered(partner, zone, records)
    add_alias(days, partner, domain, name)
    days.zone(zone, days.right_records() + ["shop 1 IN A 198.51.100.77"])
    status = wait_schedule(days, partner, domain)
    old = status["certificate"]
    with Visitors(days, zone):
        days.jump_to(status["renewal"]["at"])
        status = wait_replaced(days, partner, domain, old)
    assert sorted(status["certificate"]["names"]) == [zone, f"www.{zone}"]
    of_it = next(n for n in status["names"] if n["name"] == name)
    assert not of_it["secured"] and of_it["finding"] and of_it["who_acts"] == "owner"
    assert events(partner, domain).count("name.left_out") == 1
    days.zone(zone, records)
    days.jump(HOUR)
    wait_for(lambda: name in days.status(partner, domain)["certificate"]["names"], 60)
    days.wait_live(partner, domain)
    assert number(days.status(partner, domain)["certificate"]) in serials(days, name)


@pytest.mark.req("R54", "R23")
def test_a_name_of_253_octets_is_renewed(days, partner):
    zone = "longest.example"
    left = 253 - len(zone) - 1
    labels = []
    while left > 0:
        labels.append("a" * min(63, left if left <= 64 else 63))
        left -= len(labels[-1]) + 1
    name = ".".join(labels) + "." + zone
    assert len(name) in (252, 253), len(name)
    _, domain, _ = days.ordered(partner, zone, days.right_records() + [f"{name}. 1 IN CNAME @"])
    before = add_alias(days, partner, domain, name)
    status = wait_schedule(days, partner, domain)
    days.jump_to(status["renewal"]["at"])
    after = wait_replaced(days, partner, domain, before["certificate"])
    assert name in after["certificate"]["names"]
    assert serials(days, name) == {number(after["certificate"])}


@pytest.mark.req("R21", "R23")
def test_compromise_while_the_ca_is_down(days, partner):
    _, domain, before = days.ordered(partner, "downstolen.example")
    old = before["certificate"]
    with Visitors(days, "downstolen.example"):
        with ca_down(days):
            partner.call("POST", f"/v1/certificates/{old['id']}/revoke", {"reason": "key_compromise"},
                         want=202)
            partner.call("POST", f"/v1/certificates/{old['id']}/revoke", {"reason": "key_compromise"})
            time.sleep(3)
            assert serials(days, "downstolen.example") == {number(old)}
        new = wait_replaced(days, partner, domain, old)["certificate"]
    wait_for(lambda: certificate(partner, old)["revocation"]["revoked_at"])
    assert ca_rows(days, "SELECT count(*) FROM certificate WHERE lower(serial) = ? AND revoked_at",
                   old["serial"]) == [(1,)]
    assert serials(days, "downstolen.example") == {number(new)}


@pytest.mark.req("R22", "R23", "A11")
def test_everything_dies_while_staging(days, partner):
    _, domain, before = days.ordered(partner, "power.example")
    old = before["certificate"]
    reissue_held(days, partner, before)
    days.process.kill()
    for pid in processes_in(days.dir):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    days.end()
    days.start()
    wait_replaced(days, partner, domain, old)
    assert ca_rows(days, "SELECT count(*) FROM certificate WHERE names LIKE '%www.power.example%'") == [(2,)]


@pytest.mark.req("R21", "A11")
def test_a_compromise_that_is_told_late(days, partner):
    """The key is destroyed already: the account that the certificate was issued to tells the CA."""
    _, domain, before = days.ordered(partner, "toolate.example")
    old = before["certificate"]
    partner.call("POST", f"/v1/subscriptions/{before['subscription']['id']}/reissue", {}, want=202)
    wait_replaced(days, partner, domain, old)
    days.jump(HOUR + 1)
    wait_for(lambda: store_rows(days, "SELECT length(sealed_key) FROM certificate WHERE id = ?",
                                old["id"]) == [(0,)])
    partner.call("POST", f"/v1/certificates/{old['id']}/revoke", {"reason": "key_compromise"}, want=202)
    wait_for(lambda: certificate(partner, old)["revocation"]["revoked_at"])
    assert "certificate.revocation.failed" not in events(partner, domain)
    assert ca_rows(days, "SELECT revocation_reason FROM certificate WHERE serial = ?",
                   old["serial"].lower()) == [(1,)]


@pytest.mark.req("R33")
def test_what_the_operator_must_do_names_no_records(days, partner):
    """The records are right and no edge answers: nobody is told to set records, and the operator is told
    of the edges."""
    def told(*kinds):
        return store_rows(days, "SELECT count(DISTINCT subject_id) FROM event WHERE kind IN (?, ?)",
                          kinds[0], kinds[-1])[0][0]
    with standing_still(days, *(e.name for e in days.edges)):
        days.zone("deaf.example", days.right_records())
        domain = days.domain(partner, "deaf.example")
        days.order(partner, domain)
        status = wait_for(lambda: (s := days.status(partner, domain))["badge"]["who_acts"] == "operator"
                          and s, 60)
        assert status["records"] == [] and "records" not in status["next"], status["next"]
        assert status["next"].startswith("It waits for the operator: ")
        days.jump(61)

        def troubles():
            return [e["trouble"] for e in days.operator.get("/v1/edges")["items"]]
        wait_for(lambda: all(t and t.startswith("nobody can connect") for t in troubles()))
        wait_for(lambda: told("edge.unanswered") == 2)
    wait_for(lambda: troubles() == [None, None])
    assert told("edge.answers", "edge.back") == 2
    days.wait_live(partner, domain, 60)


@pytest.mark.req("R23")
def test_clock_set_back(days, partner):
    """What was to be done soon by the clock that was ahead is done soon."""
    days.jump(30 * DAY)
    time.sleep(2)  # a look at the edges, at the settings, at what has expired
    days.jump(-30 * DAY)

    def latest():
        return max(row[0] for row in store_rows(
            days, "SELECT run_at FROM job WHERE kind IN ('edges', 'settings', 'sweep', 'tidy')"))
    wait_for(lambda: latest() / 1000 < days.now() + DAY)
    days.ordered(partner, "setback.example")


@pytest.mark.req("R23", "A11")
def test_an_edge_that_ended_before_the_clock_was_set_back(days, partner):
    """It is found to be down as soon as any other, and one that lives follows."""
    def conditions():
        return {e["name"]: e["condition"] for e in days.operator.get("/v1/edges")["items"]}

    def polled():
        return [row[0] / 1000 for row in store_rows(days, "SELECT polled_at FROM edge")]
    days.jump(30 * DAY)
    wait_for(lambda: min(polled()) > days.now() - DAY)
    with standing_still(days, "edge-2-agent", "edge-2"):
        days.jump(-30 * DAY)
        wait_for(lambda: max(polled()) < days.now() + DAY)
        days.jump(16)
        wait_for(lambda: conditions() == {"edge-1": "following", "edge-2": "down"})
    wait_for(lambda: set(conditions().values()) == {"following"})


@pytest.mark.req("R23", "A11")
def test_an_edge_that_slept_through_a_renewal(days, partner):
    """It is down while a certificate is replaced and its key destroyed, and comes back with what it had:
    it shows the new one before it counts again."""
    _, domain, before = days.ordered(partner, "slept.example")
    old = before["certificate"]
    agent = days.kill("edge-2-agent", signal.SIGSTOP)
    try:
        days.operator.patch(f"/v1/edges/{edge_id(days, 'edge-2')}", {"in_rotation": False})
        partner.call("POST", f"/v1/subscriptions/{before['subscription']['id']}/reissue", {}, want=202)
        new = wait_replaced(days, partner, domain, old)["certificate"]
        days.jump(HOUR + 1)
        wait_for(lambda: store_rows(days, "SELECT length(sealed_key) FROM certificate WHERE id = ?",
                                    old["id"]) == [(0,)])
        assert serials(days, "slept.example") == {number(old), number(new)}, "it has what it had"
        days.operator.patch(f"/v1/edges/{edge_id(days, 'edge-2')}", {"in_rotation": True})
        time.sleep(1)
        assert days.status(partner, domain)["edges"]["counted"] == 1
    finally:
        os.kill(agent, signal.SIGCONT)
    wait_for(lambda: days.status(partner, domain)["edges"]["proven"] == 2)
    assert serials(days, "slept.example") == {number(new)}
