# SPDX-License-Identifier: Apache-2.0
"""Domains that are given back: to another tenant, while the CA is down, and what must be left of nothing."""
import contextlib
import sqlite3
import ssl
import time

import pytest

import crash_kit
from leaving_kit import Stopped, check_ca, issuance_of, other, partner, platform, query, released
from platform_kit import Api, wait_for


# --- domains ---

@pytest.mark.req("R42", "R7", "A16")
def test_released_and_claimed_by_another(platform, partner, other):
    name = "moving.example"
    _, domain, status = platform.ordered(partner, name)
    path = f"/v1/domains/{domain['id']}"
    other.call("DELETE", path, want=404)
    refused = partner.call("DELETE", path, want=409).json()
    assert "subscription" in refused["detail"]
    platform.domain(other, name, want=409)
    old = query(platform, "SELECT * FROM certificate WHERE domain_id = ?", domain["id"])[0]
    serial = int(status["certificate"]["serial"], 16)

    gone = partner.call("DELETE", path + "?cancel_subscription=true", want=200).json()
    assert gone["removed"]
    assert partner.call("DELETE", path, want=200).json() == gone, "once is enough"
    theirs = platform.domain(other, name)
    released(platform, domain)
    check_ca(platform, issuance_of(platform, domain))
    for address in platform.addresses():
        with pytest.raises(ssl.SSLError):  # an alert, not a dead edge
            platform.serial(address, name)
    subscription = partner.get(f"/v1/subscriptions/{status['subscription']['id']}")
    assert subscription["state"] == "cancelled"
    certificate = partner.get(f"/v1/certificates/{status['certificate']['id']}")
    assert certificate["state"] == "revoked"
    kept = query(platform, "SELECT * FROM certificate WHERE domain_id = ?", domain["id"])[0]
    assert kept["sealed_key"] == b"" and kept["leaf"] == old["leaf"]

    platform.order(other, theirs)
    live = platform.wait_live(other, theirs)
    assert int(live["certificate"]["serial"], 16) != serial
    for address in platform.addresses():
        assert int(platform.serial(address, name), 16) == int(live["certificate"]["serial"], 16)
    partner.call("DELETE", path, want=200)
    released(platform, domain)
    assert platform.https(platform.addresses()[0], f"www.{name}")[0] == 200, "theirs stays"


@pytest.mark.req("R42")
def test_no_order_before_the_check_of_the_present_claim(platform, partner, other):
    """The names no longer lead here when another claims them: what the first one was allowed at the
    CA helps nobody, and no newOrder leaves before the second one's own check has passed."""
    name = "checked.example"
    _, domain, _ = platform.ordered(partner, name)
    platform.zone(name, ["@ 1 IN A 203.0.113.9"])
    partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)

    def orders():
        return [row["at"] for row in query(
            platform, "SELECT * FROM journal WHERE kind LIKE 'order.%' AND kind <> 'order.finalized'"
            " AND detail LIKE ?", f"%{name}%", name="ca/ca.db")]
    theirs = platform.domain(other, name)
    platform.order(other, theirs)
    before = orders()
    wait_for(lambda: issuance_of(platform, theirs)["error_code"])
    released(platform, domain)
    time.sleep(1.5)  # some checks more
    assert orders() == before and len(before) == 1
    platform.zone(name, platform.right_records())
    live = platform.wait_live(other, theirs)
    checked = query(platform, "SELECT checked_at FROM issuance WHERE domain_id = ?", theirs["id"])
    assert len(orders()) == 2 and orders()[1] >= checked[0]["checked_at"]
    assert live["certificate"]


@pytest.mark.req("R42")
def test_released_while_the_ca_is_down(platform, partner):
    """The edges do not wait for the CA; the CA is told when it is back."""
    name = "cadown.example"
    _, domain, status = platform.ordered(partner, name)
    with Stopped(platform) as stopped:
        stopped.stop("ca")
        partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)

        def is_gone():
            try:
                platform.serial(platform.addresses()[0], name)
            except OSError:
                return True
            return False
        wait_for(is_gone)
        assert query(platform, "SELECT 1 FROM order_at_ca WHERE domain_id = ?", domain["id"])
    released(platform, domain)
    serial = status["certificate"]["serial"]
    revoked = query(platform, "SELECT revoked_at FROM certificate WHERE lower(serial) LIKE ?",
                    f"%{serial.lstrip('0').lower()}", name="ca/ca.db")
    assert revoked[0]["revoked_at"]


@pytest.mark.req("R4", "R42")
def test_release_command(platform, partner):
    name = "command.example"
    _, domain, _ = platform.ordered(partner, name)
    unsure = platform.run("release", name, api=partner, stdin=-3)
    assert unsure.returncode == 64 and "--yes" in unsure.stderr
    refused = platform.run("release", name, "--yes", api=partner)
    assert refused.returncode == 1 and "subscription" in refused.stderr
    done = platform.run("release", name, "--yes", "--cancel-subscription", api=partner)
    assert done.returncode == 0 and name in done.stdout, done.stderr
    assert platform.run("release", "nobody.example", "--yes", api=partner).returncode == 1
    released(platform, domain)


def write(platform, sql, *args):
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=30)) as db, db:
        db.execute(sql, args)


def forget_deletions(platform):
    """As a week later: the store keeps nothing of them."""
    deleted = "SELECT 1 FROM edge_record WHERE is_tombstone = 1"
    assert query(platform, deleted)
    write(platform, "UPDATE edge_record SET rev = rev - 8 * 86400000 WHERE is_tombstone = 1")
    write(platform, "UPDATE job SET run_at = 0 WHERE kind = 'tidy'")
    wait_for(lambda: not query(platform, deleted), 30)


@pytest.mark.req("R42", "R44")
def test_edge_that_slept_for_longer_than_deletions_are_kept(platform, partner):
    """It is refused its cursor, takes a snapshot, and what was deleted meanwhile goes there too."""
    name, stays = "asleep.example", "awake.example"
    _, domain, _ = platform.ordered(partner, name)
    platform.ordered(partner, stays)
    awake, edge = platform.edges
    agent = f"{edge.name}-agent"

    def is_shown(address):
        try:
            return platform.serial(address, name)
        except ssl.SSLError:  # an alert, not a dead edge
            return None
    with Stopped(platform) as stopped:
        stopped.stop(agent)
        head = query(platform, "SELECT epoch, seq FROM feed_head")[0]
        platform.kill("front")  # and with it what the agent waits for
        crash_kit.insist(lambda: partner.call(
            "DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true").status_code == 200)
        wait_for(lambda: not is_shown(awake.addresses[0]))
        forget_deletions(platform)
        assert all(map(is_shown, edge.addresses)), "it sleeps"
        token = (platform.dir / f"edge/{edge.name}/token").read_text().strip()
        Api(partner.url, token, platform.roots).call(
            "GET", f"/v1/edge/feed?cursor={head['epoch']}-{head['seq']}", want=410)
        before = platform.log(agent).count("edge.snapshot")
    wait_for(lambda: platform.log(agent).count("edge.snapshot") > before)
    write(platform, "UPDATE job SET run_at = 0 WHERE kind = 'settings'")  # a new end record
    wait_for(lambda: not any(map(is_shown, edge.addresses)), 40)
    assert all(platform.serial(address, stays) for address in edge.addresses)
    released(platform, domain)


def find_octets(path, octets):
    """Whether a file has them anywhere."""
    return path.exists() and octets in path.read_bytes()


@pytest.mark.req("R42", "R50")
def test_no_octet_of_a_destroyed_key_is_left(platform, partner):
    """Neither in the database, its log included, nor in the file of any edge."""
    name = "octets.example"
    _, domain, _ = platform.ordered(partner, name)
    sealed = query(platform, "SELECT sealed_key FROM certificate WHERE domain_id = ?",
                   domain["id"])[0]["sealed_key"]
    edges = [platform.dir / f"edge/{edge.name}/lmdb/data.mdb" for edge in platform.edges]
    files = [platform.dir / "latchkey.db", platform.dir / "latchkey.db-wal"]
    assert len(sealed) > 40 and any(find_octets(f, sealed) for f in files)
    assert all(find_octets(f, sealed) for f in edges), edges
    partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)
    released(platform, domain)

    def are_clean():
        with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=30)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return not any(find_octets(f, sealed) for f in files)
    wait_for(are_clean)
    wait_for(lambda: not any(find_octets(f, sealed) for f in edges))
