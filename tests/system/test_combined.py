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
from page_kit import reader_of
from platform_kit import talk, wait_for
from renewal_kit import (DAY, HOUR, Moved, Visitors, ca_down, ca_rows, certificate, events,
                         number, serials, store_rows, wait_replaced, wait_schedule)
from test_replacement import reissue_held
from test_restore import backup_running, epoch, is_caught_up, restore, stop_agents


LOST_NOTICE = ("The store was restored from an older copy: CDN locations show later certificates than it has for 1 "
               "domain, and go on with them until others are issued, which goes by itself")


@pytest.fixture(scope="module")
def days():
    with Moved(config={"check": {"patience_ms": 1000, "retry_min_ms": 200, "retry_max_ms": 1000}}) as p:
        yield p


@pytest.fixture(scope="module")
def partner(days):
    return days.tenant()


def add_alias(platform, api, domain, name):
    """The status once its certificate has the name too."""
    api.post(f"/v1/domains/{domain['id']}/names", {"name": name})
    wait_for(lambda: name in platform.status(api, domain)["certificate"]["names"], 60)
    return platform.wait_live(api, domain)


def unverified(platform, address, sni):
    """Requests do not follow the moved clock."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return platform.tls(address, sni, context)


def edge_id(platform, name):
    return next(e["id"] for e in platform.operator.get("/v1/edges")["items"] if e["name"] == name)


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


@contextlib.contextmanager
def staged(platform, api, before):
    agent = reissue_held(platform, api, before)
    try:
        yield
    finally:
        os.kill(agent, signal.SIGCONT)


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


@pytest.mark.req("R22", "R23", "A11")
def test_restored_to_the_middle_of_a_renewal(days, partner):
    """The copy was made while the new certificate was staged. The edges have shown that one since, and
    go on with it: the CA is not asked for a third."""
    _, domain, before = days.ordered(partner, "restored.example")
    copy = days.dir / "copy.db"
    with staged(days, partner, before):
        backup_running(days, copy)
    new = wait_replaced(days, partner, domain, before["certificate"])["certificate"]
    with Visitors(days, "restored.example") as visitors:
        restore(days, copy)
        after = wait_replaced(days, partner, domain, before["certificate"])["certificate"]
    assert after["id"] == new["id"]
    assert visitors.serials == [number(new)], "never the old one again"
    assert serials(days, "restored.example") == {number(new)}
    assert ca_rows(days, "SELECT count(*) FROM certificate WHERE names LIKE '%www.restored.example%'") == [(2,)]


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


@pytest.mark.req("R21", "R23", "A11")
def test_restored_to_before_a_compromise(days, partner):
    """In the copy the certificate of the stolen key is live and nothing is wrong with it. The CA knows
    better, and is asked at once: it is replaced again."""
    _, domain, before = days.ordered(partner, "stolen.example")
    stolen, copy = before["certificate"], days.dir / "before-theft.db"
    days.jump(2 * HOUR)  # none is renewed in its first hour
    backup_running(days, copy)
    partner.call("POST", f"/v1/certificates/{stolen['id']}/revoke", {"reason": "key_compromise"}, want=202)
    lost = wait_replaced(days, partner, domain, stolen)["certificate"]
    wait_for(lambda: certificate(partner, stolen)["revocation"]["revoked_at"])
    with Visitors(days, "stolen.example") as visitors:
        restore(days, copy)
        after = wait_replaced(days, partner, domain, stolen)["certificate"]
        wait_for(lambda: serials(days, "stolen.example") == {number(after)})
    assert visitors.serials == [number(lost), number(after)], "never the stolen one"


@pytest.mark.req("R21", "R22", "R23", "A11")
def test_restored_to_before_a_reissue(days, partner):
    """Edges go on with the certificate that is lost, which is told and replaced as what it is."""
    name, reader = "reissued.example", reader_of(days)
    _, domain, before = days.ordered(partner, name)
    old, copy = before["certificate"], days.dir / "before-reissue.db"
    backup_running(days, copy)
    partner.call("POST", f"/v1/subscriptions/{before['subscription']['id']}/reissue", {}, want=202)
    lost = wait_replaced(days, partner, domain, old)["certificate"]

    def kept():
        return [e["kept_hosts"] for e in days.operator.get("/v1/edges")["items"]]
    with Visitors(days, name) as visitors:
        with ca_down(days):
            restore(days, copy)
            wait_for(lambda: all(name in k["names"] and f"www.{name}" in k["names"] for k in kept()), 40)
            status = wait_for(lambda: (s := days.status(partner, domain))["edges"]["proven"] == 0 and s)
            assert status["badge"]["code"] == "setting_up" and status["certificate"]["id"] == old["id"]
            wait_for(lambda: visitors.count > 100)
            assert serials(days, name) == {number(lost)}
            assert LOST_NOTICE in reader.get("/").text
        after = wait_replaced(days, partner, domain, old)["certificate"]
        wait_for(lambda: serials(days, name) == {number(after)})
    assert visitors.serials == [number(lost), number(after)]
    status = days.wait_live(partner, domain)
    assert status["edges"]["proven"] == 2 and status["badge"]["code"] == "test_certificate", status
    wait_for(lambda: all(name not in k["names"] for k in kept()))
    start = reader.get("/")
    assert start.status == 200 and "restored from an older copy" not in start.text
    assert events(partner, domain).count("certificate.lost") == 1
    assert ca_rows(days, "SELECT count(*) FROM certificate WHERE names LIKE ?", f"%www.{name}%") == [(3,)]
    (known,), = store_rows(days, "SELECT renewal_id FROM lost_certificate WHERE certificate_id = ?", lost["id"])
    assert ca_rows(days, "SELECT count(*) FROM acme_order WHERE replaces = ?", known) == [(1,)]


@pytest.mark.req("R21", "R23", "R44")
def test_restored_and_left_unsecured(days, partner):
    """The certificate that is lost is not kept against the owner's wish to have none."""
    name, left = "unsecured.example", {"reason": "key_compromise", "leave_unsecured": True}
    _, domain, before = days.ordered(partner, name)
    old, copy = before["certificate"], days.dir / "before-unsecured.db"
    backup_running(days, copy)
    partner.call("POST", f"/v1/subscriptions/{before['subscription']['id']}/reissue", {}, want=202)
    lost = wait_replaced(days, partner, domain, old)["certificate"]
    with ca_down(days):
        restore(days, copy)
        wait_for(lambda: all(name in e["kept_hosts"]["names"]
                             for e in days.operator.get("/v1/edges")["items"]), 40)
        assert serials(days, name) == {number(lost)}
        partner.call("POST", f"/v1/certificates/{old['id']}/revoke", left, want=202)
        for address in days.addresses():
            wait_for(lambda address=address: not shows_anything(days, address, name))
    assert days.status(partner, domain)["badge"]["code"] == "not_secured"


def shows_anything(platform, address, name):
    try:
        unverified(platform, address, name).close()
        return True
    except ssl.SSLError:  # an alert, not a dead edge
        return False


@pytest.mark.req("R21", "R22", "A11")
def test_restored_to_before_its_order(days, partner):
    """In the copy it waits for its records: it is issued again, and shown all the time."""
    name = "ordered-late.example"
    copy = days.dir / "before-order.db"
    domain = days.domain(partner, name)
    days.order(partner, domain)
    backup_running(days, copy)
    days.zone(name, days.right_records())
    lost = days.wait_live(partner, domain, 60)["certificate"]
    with Visitors(days, name) as visitors:
        restore(days, copy)
        after = wait_replaced(days, partner, domain, lost)["certificate"]
        wait_for(lambda: serials(days, name) == {number(after)})
    assert visitors.serials == [number(lost), number(after)]


@pytest.mark.req("R21", "R22", "R44", "A11")
def test_restored_and_told_before_it_was_known(days, partner):
    """The copy was made before edges were told of its hosts. It tells them before an edge has said that
    it is a copy, and edges come for the next epoch when nothing is signed for it yet."""
    name, copy, hosts = "unsigned.example", days.dir / "before-hosts.db", "SELECT epoch FROM edge_record WHERE key = ?"
    days.trap.hold("worker.publish.before")
    domain = days.domain(partner, name)
    days.order(partner, domain)
    days.trap.wait_hit("worker.publish.before")
    backup_running(days, copy)
    days.trap.let_go()
    days.zone(name, days.right_records())
    lost = days.wait_live(partner, domain, 60)["certificate"]
    days.zone(name, [])
    before, key = epoch(days), f"h{name}".encode()
    with Visitors(days, name) as visitors:
        agents = stop_agents(days)
        restore(days, copy)
        wait_for(lambda: store_rows(days, hosts, key) == [(before,)])
        days.trap.hold("worker.epoch.commit")
        for pid in agents:
            os.kill(pid, signal.SIGCONT)
        days.trap.wait_hit("worker.epoch.commit")
        wait_for(lambda: all(is_caught_up(days, edge.name, before) for edge in days.edges))
        assert store_rows(days, hosts, key) == [(before,)], "not signed anew"
        assert serials(days, name) == {number(lost)}
        days.trap.let_go()
        days.zone(name, days.right_records())
        after = wait_replaced(days, partner, domain, lost)["certificate"]
        wait_for(lambda: serials(days, name) == {number(after)})
    assert visitors.serials == [number(lost), number(after)]


@contextlib.contextmanager
def away(platform, name):
    """Its agent stands still, and nothing waits for it."""
    path = f"/v1/edges/{edge_id(platform, name)}"
    agent = platform.kill(f"{name}-agent", signal.SIGSTOP)
    platform.operator.patch(path, {"in_rotation": False})
    try:
        yield
    finally:
        os.kill(agent, signal.SIGCONT)


@pytest.mark.req("R21", "R22", "R23", "A11")
def test_restored_to_the_end_of_a_renewal(days, partner):
    """In the copy the edges have the new certificate and it is not proven yet. It was replaced since,
    while one edge was away: that one goes on with it, and not back to the one before."""
    name = "deployed.example"
    _, domain, before = days.ordered(partner, name)
    path, copy = f"/v1/subscriptions/{before['subscription']['id']}/reissue", days.dir / "deployed.db"
    days.trap.hold("worker.prove.before")
    partner.call("POST", path, {}, want=202)
    days.trap.wait_hit("worker.prove.before")
    backup_running(days, copy)
    days.trap.let_go()
    new = wait_replaced(days, partner, domain, before["certificate"])["certificate"]
    with contextlib.ExitStack() as gone:
        gone.enter_context(away(days, "edge-2"))
        partner.call("POST", path, {}, want=202)
        lost = wait_replaced(days, partner, domain, new)["certificate"]
        with Visitors(days, name) as visitors:
            with ca_down(days):
                restore(days, copy)
                wait_for(lambda: events(partner, domain).count("issuance.outdated"), 40)
                gone.close()
                wait_for(lambda: all(e["acknowledged"] == e["head"]
                                     for e in days.operator.get("/v1/edges")["items"]), 40)
                wait_for(lambda count=visitors.count: visitors.count > count + 20)
                assert serials(days, name) == {number(new), number(lost)}
            days.jump(60)  # the next try at the CA is due
            after = wait_replaced(days, partner, domain, new)["certificate"]
            wait_for(lambda: serials(days, name) == {number(after)})
    assert set(visitors.serials) == {number(new), number(lost), number(after)}
    assert certificate(partner, before["certificate"])["state"] == "superseded"
    assert ca_rows(days, "SELECT count(*) FROM certificate WHERE names LIKE ?", f"%www.{name}%") == [(4,)]
