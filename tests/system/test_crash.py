# SPDX-License-Identifier: Apache-2.0
"""Killed at each point of src/base/crash.h: one order, one certificate, whatever dies."""
import contextlib
import os
import signal
import sqlite3
import time

import crash_kit
import pytest
from crash_kit import Journal, Trap, check_order, hurry, insist, place, wait_live
from kill_kit import RandomKills, children_of
from platform_kit import LATCHKEY, Platform

needs_points = pytest.mark.skipif(not crash_kit.has_points(), reason="built without crash points")
ALL = crash_kit.points()
# What happens once, when an installation is new, in this order.
FIRST = ["agent.snapshot.before", "agent.snapshot.reply", "worker.account-key.before",
         "signer.make_key.before", "signer.make_key.reply", "signer.public_jwk.before",
         "signer.public_jwk.reply", "worker.account-key.reply", "worker.account-key.commit",
         "worker.new-account.before", "worker.new-account.reply", "worker.new-account.commit"]
PARENT = [p for p in ALL if p.startswith("run.")]
LEAVING = [p for p in ALL if p.rpartition(".")[0] in (
    "worker.revoke", "worker.give-up", "worker.withdrawn", "worker.retire")]
LOOKING = [p for p in ALL if p.startswith("worker.look")]
RESTORED = [p for p in ALL if p.startswith("worker.epoch")]  # test_restore.py
PROVING = [p for p in ALL if p.rpartition(".")[0] in (
    "worker.put-value", "worker.drop-value", "signer.tsig")]
STAGING = [p for p in ALL if p.startswith("worker.stage")]
# What a certificate passes on its way to the place of a live one; the first way there is RUNNING's.
REPLACING = STAGING + [p for p in ALL if p.rpartition(".")[0] in ("worker.deploy", "worker.prove")]
RUNNING = [p for p in ALL if p not in FIRST + PARENT + LEAVING + LOOKING + RESTORED + PROVING + STAGING]
# tests/crash/all-points: each order goes live before the next is placed, and the parent dies at the
# start of each of its children.
IS_LONG = os.environ.get("LATCHKEY_CRASH_LONG") == "1"
# What has begun at the CA does not ask newOrder again.
BEFORE_ORDER = ("waiting_dns", "admitted", "ordering")


def tell(trap, chosen):
    print(f"\n{len(trap.hits)} of {len(chosen)} points were hit (SQLite)")
    assert sorted(trap.hits) == sorted(chosen)


@pytest.mark.asan  # that build has no points
@pytest.mark.req("R22", "A11")
def test_names_are_in_test_builds_only():
    program = LATCHKEY.read_bytes()
    found = [p for p in ALL if p.encode() in program]
    assert found == (ALL if crash_kit.has_points() else [])


@needs_points
@pytest.mark.req("R22", "A11")
def test_new_installation():
    """Keys, account and snapshots of a new installation, killed at each of its points."""
    platform = Platform()
    trap = Trap(platform)
    chain = trap.chain(FIRST)
    with platform:
        chain.join()
        tell(trap, FIRST)
        assert Journal(platform).count("account.created") == 1
        partner = platform.tenant()
        platform.ordered(partner, "next.example")


def new_domain(platform, partner, site, name):
    platform.zone(name, platform.right_records())
    return platform.domain(partner, name, site=site)


def has_begun(platform, partner, domain):
    state = platform.status(partner, domain)["issuance"]["state"]
    return state == "live" if IS_LONG else state not in BEFORE_ORDER


@needs_points
@pytest.mark.req("R22", "A11")
def test_each_point():
    """An order for each point, at which what works on it dies; all go live, one certificate each."""
    platform = Platform()
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        site = platform.site(partner)
        domains = [new_domain(platform, partner, site, f"crash{i}.example")
                   for i in range(len(RUNNING))]
        for point, domain in zip(RUNNING, domains):
            trap.arm(point)
            place(partner, domain, key=domain["id"] if ".once" in point else None)
            if point.startswith("worker.publish."):  # an order needs it no more: a wish of the site does
                site = partner.patch(f"/v1/sites/{site['id']}", {"https": not site["https"]})
            trap.wait_hit(point)
            hit = time.monotonic()
            hurry(platform)
            insist(lambda: has_begun(platform, partner, domain))
            print(f"{point:30} goes on after {time.monotonic() - hit:.2f} s")
        for domain in domains:
            wait_live(platform, partner, domain)
        tell(trap, RUNNING)
        journal = Journal(platform)
        for domain in domains:
            check_order(platform, partner, journal, domain)
        assert journal.count("account.created") == 1


@needs_points
@pytest.mark.req("R22", "A11")
def test_proving_in_dns():
    """A wildcard for each point at which what proves it in DNS dies: one certificate each, and no
    value stays in the zone."""
    platform = Platform()
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        site = platform.site(partner)
        domains = [platform.domain(partner, f"*.prove{i}.example", site=site)
                   for i in range(len(PROVING))]
        owners = [platform.delegate(partner, domain) for domain in domains]
        for point, domain in zip(PROVING, domains):
            trap.arm(point)
            place(partner, domain)
            trap.wait_hit(point)
            hurry(platform)
        for domain in domains:
            wait_live(platform, partner, domain)
        tell(trap, PROVING)
        journal = Journal(platform)
        for domain, owner in zip(domains, owners):
            assert journal.count("certificate.issued", domain["name"]) == 1, domain["name"]
            insist(lambda: platform.dig(owner, "TXT") == "")


@needs_points
@pytest.mark.req("R22", "R23", "A11")
def test_replacing():
    """A reissue for each point at which the worker dies: one more certificate, and the old one is
    served until it is."""
    platform = Platform()
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        site = platform.site(partner)
        domains = [new_domain(platform, partner, site, f"replace{i}.example")
                   for i in range(len(REPLACING))]
        for domain in domains:
            place(partner, domain)
        for point, domain in zip(REPLACING, domains):
            status = platform.wait_live(partner, domain)
            trap.arm(point)
            partner.post(f"/v1/subscriptions/{status['subscription']['id']}/reissue", {}, want=202)
            trap.wait_hit(point)
            shown = {platform.serial(address, domain["name"]) for address in platform.addresses()}
            if point in STAGING:
                assert {int(s, 16) for s in shown} == {int(status["certificate"]["serial"], 16)}
            hurry(platform)
            wait_live(platform, partner, domain)
            of_it = partner.get(f"/v1/certificates?domain_id={domain['id']}")["items"]
            assert [c["state"] for c in of_it] == ["superseded", "live"], (point, of_it)
        tell(trap, REPLACING)
        journal = Journal(platform)
        assert all(journal.count("certificate.issued", d["name"]) == 2 for d in domains)


def leave(api, domain, certificate, point):
    """What brings the worker to the point: the certificate is revoked, or the domain given back."""
    if "revoke" in point:
        api.call("POST", f"/v1/certificates/{certificate['id']}/revoke",
                 {"reason": "cessation_of_operation", "leave_unsecured": True})
    else:
        api.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)


def is_gone(platform, domain):
    """Shown by no edge, and its key is destroyed."""
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db")) as db:
        keys = db.execute("SELECT sealed_key FROM certificate WHERE domain_id = ?",
                          (domain["id"],)).fetchall()
    for address in platform.addresses():
        with contextlib.suppress(OSError):
            platform.serial(address, domain["name"])
            return False
    return keys == [(b"",)]


@needs_points
@pytest.mark.req("R22", "R42", "A11")
def test_leaving():
    """Revoked once, given back whole, whatever dies on the way."""
    platform = Platform(clock=True)
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        site = platform.site(partner)
        points = [p for p in LEAVING if "retire" not in p]
        domains = [new_domain(platform, partner, site, f"leave{i}.example")
                   for i in range(len(points))]
        for domain in domains:
            place(partner, domain)
        certificates = [platform.wait_live(partner, domain)["certificate"] for domain in domains]
        for point, domain, certificate in zip(points, domains, certificates):
            trap.arm(point)
            leave(partner, domain, certificate, point)
            trap.wait_hit(point)
            hurry(platform)
            insist(lambda: partner.get(f"/v1/certificates/{certificate['id']}")["state"] == "revoked")
        chain = trap.chain(p for p in LEAVING if "retire" in p)
        platform.clock_file.write_text(str(3601 * 1000))
        chain.join()
        hurry(platform)
        for domain in domains:
            insist(lambda: is_gone(platform, domain))
        tell(trap, LEAVING)
        journal = Journal(platform)
        revoked = sorted(e["subject"] for e in journal.entries if e["kind"] == "certificate.revoked")
        assert revoked == sorted({c["serial"] for c in certificates})
        assert all(journal.count("certificate.issued", d["name"]) == 1 for d in domains)


@needs_points
@pytest.mark.req("R42", "R46")
def test_release_holds_up_nobody():
    """What the CA has given up is written down in a transaction that waits for nothing."""
    platform = Platform()
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        site, domain, _ = platform.ordered(partner, "released.example")
        trap.hold("worker.give-up.reply")
        leave(partner, domain, None, "give-up")
        trap.wait_hit("worker.give-up.reply")
        began = time.monotonic()
        partner.patch(f"/v1/sites/{site['id']}", {"name": "Written meanwhile"})
        assert time.monotonic() - began < 1
        trap.let_go()
        insist(lambda: Journal(platform).count("certificate.revoked") == 1)


def rows(platform, sql, *values):
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=10)) as db, db:
        return db.execute(sql, values).fetchall()


def half_right(platform, partner, site, name):
    """A live domain whose www is still to come."""
    domain = platform.domain(partner, name, site=site)
    platform.zone(name, platform.right_records(www=None))
    place(partner, domain)
    wait_live(platform, partner, domain)
    return domain


def look_without_lease(platform, trap, domain):
    """Another worker has taken the job over meanwhile: what this one saw is old, and not stored."""
    looked = "SELECT checked_at FROM domain_name WHERE name = ?", f"www.{domain['name']}"
    others = "SELECT 1 FROM job WHERE kind = 'names' AND subject_id <> ?", domain["id"]
    rows(platform, "DELETE FROM domain_watch WHERE domain_id <> ?", domain["id"])
    insist(lambda: not rows(platform, *others))  # only this one is looked at from now on
    trap.hold("worker.look.before")
    trap.wait_hit("worker.look.before")
    before = rows(platform, *looked)
    lease = rows(platform, "UPDATE job SET fence = fence + 1 WHERE kind = 'names' AND subject_id = ?"
                           " RETURNING lease_until", domain["id"])
    trap.let_go()
    time.sleep(1)
    assert rows(platform, *looked) == before and lease[0][0]
    rows(platform, "UPDATE job SET lease_until = 0 WHERE subject_id = ?", domain["id"])
    insist(lambda: rows(platform, *looked) > before)


@needs_points
@pytest.mark.req("R22", "R54", "A11")
def test_looking():
    """A name that became right joins, though the worker dies as it looks at it: one more certificate."""
    platform = Platform({"check": {"patience_ms": 1000, "retry_min_ms": 200, "retry_max_ms": 500}})
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        site = platform.site(partner)
        for point in LOOKING:
            name = f"look{len(trap.hits)}.example"
            domain = half_right(platform, partner, site, name)
            platform.zone(name, platform.right_records())
            trap.arm(point)
            trap.wait_hit(point)
            hurry(platform)
            insist(lambda: all(n["secured"] for n in platform.status(partner, domain)["names"]))
            of_it = partner.get(f"/v1/certificates?domain_id={domain['id']}")["items"]
            assert len(of_it) == 2, (point, of_it)
        tell(trap, LOOKING)
        look_without_lease(platform, trap, half_right(platform, partner, site, "fenced.example"))


def lose_lease(platform, trap, partner, domain, point):
    """Who works on the order stands still at the point; another has the job by now, and ends it."""
    trap.hold(point)
    place(partner, domain)
    trap.wait_hit(point)
    held = rows(platform, "UPDATE job SET fence = fence + 1, lease_until = 0 WHERE kind = 'issue'"
                          " AND subject_id IN (SELECT id FROM issuance WHERE domain_id = ?)"
                          " RETURNING id", domain["id"])
    assert len(held) == 1
    wait_live(platform, partner, domain)


@needs_points
@pytest.mark.req("R22", "A11")
def test_late_order():
    """A worker that was taken for dead comes back with the order that its successor got too: it is
    not given up under the certificate that came of it."""
    platform = Platform({"sandbox_ca": {"retry_after_s": 0}})
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        domain = new_domain(platform, partner, platform.site(partner), "late.example")
        lose_lease(platform, trap, partner, domain, "worker.new-order.reply")
        trap.let_go()
        time.sleep(2)  # what is to be given up would be by now
        assert rows(platform, "SELECT state FROM order_at_ca WHERE domain_id = ?",
                    domain["id"]) == [("held",)]
        journal = Journal(platform)
        check_order(platform, partner, journal, domain)
        assert journal.count("certificate.revoked") == 0


@needs_points
@pytest.mark.req("R22", "A11")
def test_late_proofs():
    """What such a worker saw on the wire is not stored over what its successor saw later."""
    platform = Platform({"sandbox_ca": {"retry_after_s": 0}})
    trap = Trap(platform)
    seen = "SELECT edge_id, name, address, at FROM edge_proof ORDER BY 1, 2, 3"
    with platform:
        partner = platform.tenant()
        domain = new_domain(platform, partner, platform.site(partner), "seen.example")
        lose_lease(platform, trap, partner, domain, "worker.prove.reply")
        before = rows(platform, seen)
        trap.let_go()
        time.sleep(1)
        assert before and rows(platform, seen) == before


@contextlib.contextmanager
def dead_nginx(platform, name):
    """Nothing listens on this edge's addresses, and nobody starts it again meanwhile."""
    master = platform.pid(name)
    platform.process.send_signal(signal.SIGSTOP)
    for pid in [master, *children_of(master)]:
        os.kill(pid, signal.SIGKILL)
    try:
        yield
    finally:
        platform.process.send_signal(signal.SIGCONT)


@needs_points
@pytest.mark.req("R22", "R54", "A11")
def test_validation_meets_a_dead_edge():
    """The CA looks at a name while our own edge is dead: that is not the owner's fault, and the name
    is not left out."""
    platform = Platform()
    trap = Trap(platform)
    with platform:
        name, partner = "dead.example", platform.tenant()
        addresses = [next(a for a in edge.addresses if ":" not in a) for edge in platform.edges]
        platform.zone(name, [f"{who} 1 IN A {a}" for who, a in zip(("@", "www"), addresses)])
        domain = platform.domain(partner, name)
        trap.hold("worker.answer.before")
        place(partner, domain)
        trap.wait_hit("worker.answer.before")
        with dead_nginx(platform, "edge-2"):
            trap.let_go()
            insist(lambda: Journal(platform).count("challenge.invalid", f"www.{name}"))
        hurry(platform)
        wait_live(platform, partner, domain)
        check_order(platform, partner, Journal(platform), domain, has_one_death=False)
        assert partner.get("/v1/certificates")["items"][0]["names"] == [name, f"www.{name}"]
        told = [e["kind"] for e in partner.get(f"/v1/events?domain_id={domain['id']}")["items"]]
        assert "name.left_out" not in told and told.count("issuance.invalid") == 1


def parent_deaths(platform):
    """Point and how many times it is passed before: of all children, or of one for each point."""
    children = len(list((platform.dir / "run").glob("*.pid"))) + 3  # the steps have ended
    for number, point in enumerate(p for p in PARENT if p.startswith("run.start-child")):
        yield from ((point, n) for n in (range(1, children + 1) if IS_LONG else (1 + 5 * number,)))


def start_again(platform, trap, point, times):
    """The parent dies on its way up at the point; the next start gets there."""
    platform.stop()
    trap.arm(point, times)
    with pytest.raises(AssertionError, match="latchkey run ended"):
        platform.start()
    trap.wait_hit(point)
    assert platform.end() == -signal.SIGKILL
    platform.start()


@needs_points
@pytest.mark.req("R22", "R23", "A11")
def test_parent():
    """`latchkey run` dies while it starts a child, or starts a dead one again; orders go on."""
    platform = Platform()
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        site = platform.site(partner)
        domains = []
        for point, times in parent_deaths(platform):
            domain = new_domain(platform, partner, site, f"parent{len(domains)}.example")
            domains.append(domain)
            place(partner, domain)
            start_again(platform, trap, point, times)
            print(f"{point} {times}")
            wait_live(platform, partner, domain)
        for point in (p for p in PARENT if "restart-child" in p):
            domain = new_domain(platform, partner, site, f"parent{len(domains)}.example")
            domains.append(domain)
            trap.arm(point)
            place(partner, domain)
            platform.kill("worker")
            trap.wait_hit(point)
            assert platform.end() == -signal.SIGKILL
            platform.start()
            wait_live(platform, partner, domain)
        assert sorted(set(trap.hits)) == sorted(PARENT)
        print(f"\n{len(PARENT)} of {len(PARENT)} points were hit (SQLite)")
        journal = Journal(platform)
        for domain in domains:
            check_order(platform, partner, journal, domain)


@pytest.mark.req("R22", "R23", "A11")
def test_random_kills():
    """The short form of tests/crash/random-kills."""
    RandomKills(count=25, seed=1).run()
