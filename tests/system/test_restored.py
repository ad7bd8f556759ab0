# SPDX-License-Identifier: Apache-2.0
"""What visitors get when the store is restored from an older copy while something was under way."""
import contextlib
import os
import signal
import ssl

import pytest
from crash_kit import Journal, hurry
from moved_fixtures import days, edge_id, partner, staged, unverified  # noqa: F401
from page_kit import reader_of
from platform_kit import wait_for
from renewal_kit import (HOUR, Visitors, ca_down, ca_rows, certificate, events, number, serials, store_rows,
                         wait_replaced)
from test_restore import backup_running, epoch, is_caught_up, restore, stop_agents

LOST_NOTICE = ("The store was restored from an older copy: CDN locations show later certificates than it has for 1 "
               "domain, and go on with them until others are issued, which goes by itself")


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


def restart_worker(platform):
    """With the stretch that its start leaves out, which edges are given at once."""
    def places():
        return {e["head"] for e in platform.operator.get("/v1/edges")["items"]}
    before = places()
    platform.kill("worker")
    hurry(platform)
    wait_for(lambda: places() != before)


@pytest.mark.req("R22", "R23", "A11")
def test_places_of_a_lost_life_are_no_acknowledgements(days, partner):
    """Edges are ahead of the copy's feed, whose worker was started again since. An epoch is not left in its
    first seconds, and meanwhile they have nothing of what is told: the CA is not sent to them."""
    name, copy = "ahead.example", days.dir / "before-starts.db"
    domain = days.domain(partner, name)
    days.order(partner, domain)
    backup_running(days, copy)
    for _ in range(3):  # together wider than the one of the restored store can be
        restart_worker(days)
    wait_for(lambda: all(e["acknowledged"] == e["head"] for e in days.operator.get("/v1/edges")["items"]))
    restore(days, copy)
    days.zone(name, days.right_records())
    days.wait_live(partner, domain, 60)
    journal = Journal(days)
    assert [journal.count("challenge.invalid", n) for n in (name, f"www.{name}")] == [0, 0]


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


def copied_in_reissue(platform, api, name, point, copy):
    """The copy is made when the worker comes to `point`. Returns the domain, where it is reissued, and
    its certificates before and after."""
    _, domain, before = platform.ordered(api, name)
    path = f"/v1/subscriptions/{before['subscription']['id']}/reissue"
    platform.trap.hold(point)
    api.call("POST", path, {}, want=202)
    platform.trap.wait_hit(point)
    backup_running(platform, copy)
    platform.trap.let_go()
    new = wait_replaced(platform, api, domain, before["certificate"])["certificate"]
    return domain, path, before["certificate"], new


@pytest.mark.req("R21", "R22", "R23", "A11")
def test_restored_to_the_end_of_a_renewal(days, partner):
    """In the copy the edges have the new certificate and it is not proven yet. It was replaced since,
    while one edge was away: that one goes on with it, and not back to the one before."""
    name = "deployed.example"
    copy = days.dir / "deployed.db"
    domain, path, old, new = copied_in_reissue(days, partner, name, "worker.prove.before", copy)
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
    assert certificate(partner, old)["state"] == "superseded"
    assert ca_rows(days, "SELECT count(*) FROM certificate WHERE names LIKE ?", f"%www.{name}%") == [(4,)]


@pytest.mark.req("R21", "R22", "R23", "R44", "A11")
def test_restored_to_before_a_download(days, partner):
    """In the copy the CA has been asked for a certificate that was replaced since. The restored store
    fetches it now; that does not make it later than the one in its place."""
    name = "fetched.example"
    copy = days.dir / "before-download.db"
    domain, path, old, new = copied_in_reissue(days, partner, name, "worker.download.before", copy)
    days.wait_live(partner, domain)
    partner.call("POST", path, {}, want=202)
    lost = wait_replaced(days, partner, domain, new)["certificate"]
    with Visitors(days, name) as visitors:
        restore(days, copy)
        older = {old["id"], new["id"]}
        wait_for(lambda: days.status(partner, domain)["certificate"]["id"] not in older, 60)
        after = days.wait_live(partner, domain, 60)["certificate"]
        wait_for(lambda: serials(days, name) == {number(after)})
    assert visitors.serials == [number(lost), number(after)], "never one of before"
