# SPDX-License-Identifier: Apache-2.0
"""What name servers do to those who look at domains by themselves: servers that are silent, that say something else
each time, or that are others from now on."""
import contextlib
import json
import socket
import sqlite3
import subprocess
import time

import pytest
from doctor_kit import Knot
from odd_dns_kit import OddServer
from platform_kit import wait_for
from renewal_kit import HOUR, Moved
from watch_kit import (ELSEWHERE, NAME_SERVER, fill, orders_at_ca, right, serve, text, wait_watched, watch_of,
                       watched)

OTHER, PARENT, SILENT, TURNING = "198.51.100.17", "198.51.100.16", "198.51.100.15", "198.51.100.14"
NEVER_MS = 3600_000
PARENT_S = 30     # between two questions to the parent, while somebody cares
CORRECTED_S = 10  # from the correction to Secured
CONFIRM_S = 120   # NAME_RISK_SURE_MS
DAY_S = 86400
AT_ONCE = 16      # GLANCE_SERVER_MAX
PUT_OFF_S = 1     # up to twice that
ZONES = ["behind.example", "prompt.example", "crowd.example", "alias.example", "moving.example", "signed.example",
         "clock.example"]


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    # Without a glance nothing would be looked at again before the test is over.
    with watched(Moved(config={"check": {"retry_min_ms": NEVER_MS, "retry_max_ms": 24 * NEVER_MS}}),
                 tmp_path_factory.mktemp("watch"), *ZONES, signed="signed.example") as p:
        yield p


def rows(platform, sql, *args):
    with contextlib.closing(sqlite3.connect(f"file:{platform.dir}/latchkey.db?mode=ro", uri=True, timeout=30)) as db:
        return db.execute(sql, args).fetchall()


def change(platform, sql, *args):
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=30)) as db, db:
        db.execute(sql, args)


def wait_waiting(platform, partner, name):
    """Ordered, looked at, and waiting for DNS."""
    domain = platform.domain(partner, name)
    platform.order(partner, domain)

    def is_waiting():
        issuance = platform.status(partner, domain)["issuance"]
        return issuance["state"] == "waiting_dns" and any(n["finding"] for n in issuance["names"])
    wait_for(is_waiting)
    return domain


@pytest.mark.req("R37", "R47")
def test_silent_servers_hold_up_nobody(platform):
    """A thousand names of one partner behind a server that never answers, and one name of another partner: its
    correction is seen as soon as ever."""
    serve(platform, "behind.example", ["* A 203.0.113.9", *ELSEWHERE])
    heavy, light = platform.tenant("Heavy"), platform.tenant("Light")
    copied = wait_waiting(platform, heavy, "w0.behind.example")
    wait_watched(platform, copied)
    serve(platform, "prompt.example", ELSEWHERE)
    domain = wait_waiting(platform, light, "prompt.example")
    wait_watched(platform, domain)
    ahead = int(platform.offset * 1000)

    def put_behind(table, row, now):
        if table == "domain_watch":
            row |= {"cared_at": now + ahead, "woken_at": now + ahead, "look_at": now + ahead,
                    "servers": json.dumps({SILENT: ""})}
        if table == "job":
            row["run_at"] = now + ahead + NEVER_MS

    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as silent:
        silent.bind((SILENT, 53))
        silent.setblocking(False)
        fill(platform, copied, 1000, put_behind)
        time.sleep(3)
        serve(platform, "prompt.example", right(platform))
        began = time.monotonic()
        platform.wait_live(light, domain, CORRECTED_S)
        print(f"Secured {time.monotonic() - began:.1f} s after the correction, beside 1,000 silent names")
        asked = 0
        with contextlib.suppress(BlockingIOError):
            while silent.recv(4096):
                asked += 1
        assert 1 <= asked <= 20, f"the silent server was asked {asked} questions, sent twice each"
    due, = rows(platform, "SELECT COUNT(*) FROM domain_watch WHERE look_at < ? AND servers LIKE ?",
                int(platform.now() * 1000) - 2000, f"%{SILENT}%")[0]
    change(platform, "DELETE FROM domain_watch WHERE servers LIKE ?", f"%{SILENT}%")
    assert due < 1000, "those behind it wait until it is asked again"


@pytest.mark.req("R37")
def test_woken_once_while_the_server_has_enough_to_do(platform):
    """More domains on one name server than it is asked about at a time, and somebody cares for all of them: each is
    looked at once for that, however often its glance is put off."""
    count = AT_ONCE + 8
    serve(platform, "crowd.example", ["* A 203.0.113.9", *ELSEWHERE])
    partner = platform.tenant("Crowd")
    copied = wait_waiting(platform, partner, "w0.crowd.example")
    wait_watched(platform, copied)
    crowd = "domain_id IN (SELECT id FROM domain WHERE name LIKE 'w%.crowd.example')"

    def not_yet(table, row, now):
        if table == "domain_watch":
            row["servers"] = json.dumps({NAME_SERVER: ""})
        if table == "job":
            row["run_at"] = int(platform.now() * 1000) + NEVER_MS

    def runs():
        """How often each has been looked at; None while one is due."""
        jobs = rows(platform, "SELECT subject_id, fence, run_at FROM job WHERE subject_id IN (SELECT id FROM issuance"
                              f" WHERE {crowd})")
        return None if any(job[2] <= platform.now() * 1000 for job in jobs) else {job[0]: job[1] for job in jobs}
    fill(platform, copied, count, not_yet)
    wait_for(lambda: not rows(platform, f"SELECT 1 FROM domain_watch WHERE {crowd} AND servers LIKE '%\"\"%'"))
    before = wait_for(runs)
    now = int(platform.now() * 1000)
    change(platform, f"UPDATE domain_watch SET cared_at = ?, woken_at = 0, look_at = ? WHERE {crowd}", now, now)
    wait_for(lambda: not rows(platform, f"SELECT 1 FROM domain_watch WHERE {crowd} AND look_at <= ?", now))
    time.sleep(2 * PUT_OFF_S + 1)  # and what was put off comes again
    after = wait_for(runs)
    change(platform, f"DELETE FROM domain_watch WHERE {crowd}")
    assert len(before) == count + 1
    assert {after[i] - before[i] for i in before} == {1}


class TurningServer(OddServer):
    """Gives out two of its addresses at a time, and other ones each time."""
    asked = 0

    def _look_up(self, question, reply):
        super()._look_up(question, reply)
        for answer in reply.answer:
            if len(answer) > 2:
                items = sorted(answer, key=str)
                TurningServer.asked += 1
                keep = {TurningServer.asked % len(items), (TurningServer.asked + 1) % len(items)}
                for i, item in enumerate(items):
                    if i not in keep:
                        answer.remove(item)


@pytest.mark.req("R37", "R38")
def test_answers_that_turn(platform):
    """A server that gives out one part of its addresses, then another: it is looked at a few times and then seldom,
    and told once; what it says for the first time is seen at once all the same."""
    name = "turning.example"
    addresses = [f"@ 1 IN A 203.0.113.{i}" for i in range(1, 4)]
    partner = platform.tenant("Turning")

    def lines(records):
        return text(name, [r.replace(" 1 IN ", " 1 ") for r in records], platform.zone_serial, TURNING)
    platform.zone(name, [f"ns 300 IN A {TURNING}", *addresses, "www 1 IN CNAME @"], ns="ns")
    server = TurningServer(TURNING, name, lines([*addresses, "www CNAME @"]), {})
    try:
        domain = wait_waiting(platform, partner, name)
        wait_watched(platform, domain)

        def seen():
            return rows(platform, "SELECT COUNT(*) FROM name_history WHERE domain_id = ?", domain["id"])[0][0]
        wait_for(lambda: watch_of(platform, domain)["changed_at"])
        # As after the looks that are allowed at once: what is left is for what is new.
        kept_us = (120 - 20) * 60_000_000  # WATCH_CHANGES - WATCH_CHANGES_KEPT
        wait_for(lambda: seen() >= 6)
        change(platform, "UPDATE domain_watch SET changes_tat = ? WHERE domain_id = ?",
               int(platform.now() * 1_000_000) + kept_us, domain["id"])
        time.sleep(1)  # a run that had begun
        before = watch_of(platform, domain)
        time.sleep(7)
        after = watch_of(platform, domain)
        assert after["look_at"] > before["look_at"], "it is glanced at"
        assert after["changed_at"] == before["changed_at"], "and not looked at again each time"
        changes = partner.get(f"/v1/domains/{domain['id']}/history?name_prefix={name}")["items"]
        assert not any(c["varies"] for c in changes), "so far they are told one by one"
        platform.zone(name, [f"ns 300 IN A {TURNING}", *right(platform)], ns="ns")
        server.stop()
        server = OddServer(TURNING, name, lines(right(platform)), {})
        began = time.monotonic()
        platform.wait_live(partner, domain, CORRECTED_S)
        print(f"Secured {time.monotonic() - began:.1f} s after the correction; {seen()} changes are kept")
    finally:
        server.stop()


@contextlib.contextmanager
def served(knot):
    try:
        yield knot.start()
    finally:
        knot.stop()


def parent_text(serial, address, *more):
    return (f"$ORIGIN example.\n$TTL 300\n@ SOA a.nic hostmaster {serial} 3600 600 86400 300\n@ NS a.nic\n"
            f"a.nic A {PARENT}\nmoving NS ns.moving\nns.moving A {address}\n" + "".join(f"{line}\n" for line in more))


@pytest.mark.req("R37")
def test_other_name_servers_at_the_registrar(platform, tmp_path):
    """The owner moves the zone to another provider: what the parent says is asked while somebody cares, so that the
    new servers are asked, though the old ones say what they said. A key at the parent is noticed as well."""
    name = "moving.example"
    partner = platform.tenant("Moving")
    new = text(name, right(platform), 7, OTHER)
    platform.zone("example", [f"a.nic 300 IN A {PARENT}"], ns="a.nic")
    with served(Knot(tmp_path / "parent", [PARENT], {"example.": parent_text(1, NAME_SERVER)})) as parent, \
            served(Knot(tmp_path / "other", [OTHER], {f"{name}.": new})):
        serve(platform, name, ELSEWHERE)
        domain = wait_waiting(platform, partner, name)
        watch = wait_watched(platform, domain)
        assert f"parent {name} {PARENT}" in json.loads(watch["servers"]), watch
        parent.write("example.", parent_text(2, NAME_SERVER, f"moving DS 1 13 2 {'0' * 64}"))
        parent.reload()
        platform.jump(PARENT_S)
        wait_for(lambda: watch_of(platform, domain)["changed_at"], CORRECTED_S)
        changed_at = watch_of(platform, domain)["changed_at"]
        parent.write("example.", parent_text(3, OTHER))
        parent.reload()
        # The CA, and what the old provider has, as it goes out of use.
        platform.zone(name, [f"ns 300 IN A {OTHER}", *right(platform)], ns="ns")
        platform.jump(PARENT_S)
        began = time.monotonic()
        wait_for(lambda: watch_of(platform, domain)["changed_at"] > changed_at, CORRECTED_S)
        print(f"noticed {time.monotonic() - began:.1f} s after it was due")
        wait_for(lambda: OTHER in json.loads(watch_of(platform, domain)["servers"]), CORRECTED_S)
        platform.wait_live(partner, domain, CORRECTED_S)


@pytest.mark.req("R37")
def test_the_end_of_a_cname(platform, tmp_path):
    """What a CNAME leads to is somebody else's zone, and is mended there."""
    partner = platform.tenant("Alias")
    wrong, mended = ["there A 203.0.113.9"], [r.replace("@ ", "there ", 1) for r in right(platform)[:-1]]
    platform.zone("far.example", [f"ns 300 IN A {OTHER}", "there 300 IN A 203.0.113.9"], ns="ns")
    serve(platform, "alias.example", ["shop CNAME there.far.example.", *ELSEWHERE])
    with served(Knot(tmp_path / "far", [OTHER], {"far.example.": text("far.example", wrong, 1, OTHER)})) as far:
        domain = wait_waiting(platform, partner, "shop.alias.example")
        watch = wait_watched(platform, domain)
        assert f"far there.far.example {OTHER}" in json.loads(watch["servers"]), watch
        platform.zone("far.example", [f"ns 300 IN A {OTHER}", *mended], ns="ns")
        far.write("far.example.", text("far.example", mended, 2, OTHER))
        far.reload()
        wait_for(lambda: watch_of(platform, domain)["changed_at"], CORRECTED_S)


@pytest.mark.req("R37")
def test_the_clock_is_set_back(platform):
    """By an hour: what waits is glanced at as before."""
    serve(platform, "clock.example", ELSEWHERE)
    partner = platform.tenant("Clock")
    domain = wait_waiting(platform, partner, "clock.example")
    wait_watched(platform, domain)
    platform.jump(-HOUR)
    serve(platform, "clock.example", ["@ A 203.0.113.77", "www CNAME @"])

    def found():
        return "203.0.113.77" in json.dumps(platform.status(partner, domain)["issuance"]["names"])
    wait_for(found, CORRECTED_S)
    watch = watch_of(platform, domain)
    assert all(watch[at] <= (platform.now() + 60) * 1000 for at in ("look_at", "woken_at", "cared_at", "changed_at"))


def told(partner, domain, kind):
    return [e["text"] for e in partner.get(f"/v1/events?limit=200&domain_id={domain['id']}")["items"]
            if e["kind"] == kind]


@pytest.mark.req("R37", "R9")
def test_dnssec_breaks_at_a_secured_domain(platform):
    """The provider stops signing while the key is still published: At risk once a second look says so, told once, and
    over when it is signed again."""
    name = "signed.example"
    partner = platform.tenant("Signed")
    platform.zone(name, [f"ns 1 IN A {NAME_SERVER}", *platform.right_records()], ns="ns")
    servers = platform.servers
    servers.write(f"{name}.", text(name, platform.right_records(), platform.zone_serial, ttl=1))
    servers.reload()
    domain = platform.domain(partner, name)
    platform.order(partner, domain)
    platform.wait_live(partner, domain)
    wait_watched(platform, domain)
    signing = servers.conf.read_text()
    serials = iter(range(platform.zone_serial + 1, platform.zone_serial + 9))

    def serve_with(conf):
        servers.conf.write_text(conf)
        servers.write(f"{name}.", text(name, platform.right_records(), next(serials), ttl=1))
        subprocess.run(["knotc", "-c", servers.conf, "-b", "reload"], check=True, capture_output=True)
        servers.reload()
        time.sleep(1.1)  # the resolver remembers for a second

    def names():
        return {n["name"]: n for n in platform.status(partner, domain)["names"]}
    serve_with(signing.replace("    dnssec-signing: on\n    dnssec-policy: sign\n", ""))
    platform.jump(DAY_S)
    wait_for(lambda: all(n["finding"] for n in names().values()))
    assert {n["finding"]["code"] for n in names().values()} == {"dnssec_bogus"}
    assert not told(partner, domain, "name.at_risk"), "one look does not count"
    platform.jump(CONFIRM_S)
    wait_for(lambda: all(n["at_risk_since"] for n in names().values()))
    assert len(told(partner, domain, "name.at_risk")) == len(names())
    platform.jump(2 * HOUR)
    wait_for(lambda: platform.status(partner, domain)["next"].startswith(names()[name]["finding"]["title"]))
    assert len(told(partner, domain, "name.at_risk")) == len(names()), "told once"
    serve_with(signing)
    platform.jump(DAY_S)
    wait_for(lambda: not any(n["at_risk_since"] or n["finding"] for n in names().values()))
    assert len(told(partner, domain, "name.recovered")) == len(names())
    assert orders_at_ca(platform, name) == 1, "no attempt at the CA is spent"
