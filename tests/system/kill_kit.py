# SPDX-License-Identifier: Apache-2.0
"""Orders flow while the parts of a platform are killed at random times; then everything is counted."""
import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import edge_records
from crash_kit import Journal, check_order, hurry, insist, place, wait_live
from platform_kit import BUILD, Platform, wait_for

EDGE_FILL = BUILD / "tests/tools/edge_fill"
# How often each is chosen. "/worker": a child of that nginx, else the process itself;
# everything: at once, as when the machine loses its power.
WEIGHTS = {"worker": 8, "signer": 5, "web": 5, "ca": 4, "front": 2, "front/worker": 2,
           "edge-1-agent": 4, "edge-2-agent": 4, "edge-1": 2, "edge-2": 2, "edge-1/worker": 2,
           "edge-2/worker": 2, "dns": 1, "origin": 1, "parent": 2, "everything": 1}
PAUSE_S = (0.02, 0.6)  # between two kills
ORDER_S = 0.25         # between two orders
STARTING_S = 2.5       # how long a start takes that may be killed too
ALL_LIVE_S = 180


def processes_in(folder):
    """Ids of the processes whose folder is there."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.readlink(entry / "cwd").startswith(str(folder)):
                found.append(int(entry.name))
    return found


def children_of(pid):
    return [int(child) for child in subprocess.run(["pgrep", "-P", str(pid)], capture_output=True,
                                                   text=True, check=False).stdout.split()]


def live_records(octets):
    """What of these records visitors see, by kind and key."""
    return {(kind, key): (epoch, rev, body)
            for kind, flags, epoch, rev, key, body in edge_records.split(octets)
            if not flags and kind != "e"}


class Orders(threading.Thread):
    """A partner who orders one certificate after the other, and asks again when there is no answer."""

    def __init__(self, platform):
        super().__init__()
        self.platform = platform
        self.partner = platform.tenant()
        self.site = platform.site(self.partner)
        self.domains, self.failure = [], None
        self.is_over = threading.Event()

    def run(self):
        try:
            while not self.is_over.wait(ORDER_S):
                self.order(f"kill{len(self.domains)}.example")
        except Exception as failure:  # it is told to who waits for us
            self.failure = failure

    def order(self, name):
        insist(lambda: self.platform.zone(name, self.platform.right_records()) or True)
        body = {"site_id": self.site["id"], "name": name}
        domain = insist(lambda: self.partner.call("POST", "/v1/domains", body, want=201,
                                                  headers={"Idempotency-Key": name}).json())
        place(self.partner, domain, key=f"order {name}")
        self.domains.append(domain)

    def end(self):
        self.is_over.set()
        self.join()
        if self.failure:
            raise self.failure


class RandomKills:
    def __init__(self, count, seed, show=print):
        self.count, self.seed, self.show = count, seed, show
        self.random = random.Random(seed)
        self.killed = dict.fromkeys(WEIGHTS, 0)
        self.platform = Platform()

    def pid(self, victim):
        """Its process now; None while there is none."""
        name, _, child = victim.partition("/")
        try:
            pid = self.platform.pid(name)
        except (OSError, IndexError, ValueError):
            return None
        if not child:
            return pid
        children = children_of(pid)
        return self.random.choice(children) if children else None

    def kill_run(self, victim):
        """The parent, or all; now and then once more on its way up."""
        self.platform.process.kill()
        for pid in processes_in(self.platform.dir) if victim == "everything" else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.platform.end()
        if self.random.random() < 0.5:
            early = self.platform.spawn()
            time.sleep(self.random.uniform(0, STARTING_S))
            early.kill()
            self.platform.end()
        self.platform.start()

    def kill_one(self):
        """Kills somebody who is there, and returns who it was."""
        while True:
            victim = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            if victim in ("parent", "everything"):
                self.kill_run(victim)
                return victim
            pid = self.pid(victim)
            with contextlib.suppress(ProcessLookupError):
                if pid:
                    os.kill(pid, signal.SIGKILL)
                    hurry(self.platform)
                    return victim

    def kill_all(self, orders):
        for i in range(1, self.count + 1):
            time.sleep(self.random.uniform(*PAUSE_S))
            self.killed[self.kill_one()] += 1
            if i % 10 == 0:
                self.show(f"{i:4} of {self.count} kills, {len(orders.domains)} orders placed")

    def check(self, orders):
        platform, partner = self.platform, orders.partner
        end = time.monotonic() + ALL_LIVE_S
        for domain in orders.domains:
            wait_live(platform, partner, domain, max(end - time.monotonic(), 1))
        self.show(f"{len(orders.domains)} orders are live")
        wait_for(self.edges_have_all)
        self.check_records()
        journal = Journal(platform)
        for domain in orders.domains:
            check_order(platform, partner, journal, domain, has_one_death=False)
        assert journal.count("account.created") == 1
        self.show(f"{journal.count('order.created')} orders were made at the CA, "
                  f"{journal.count('order.repeated')} asked for again, "
                  f"{journal.count('challenge.invalid')} validations failed; "
                  f"{journal.count('certificate.issued')} certificates")

    def edges_have_all(self):
        edges = self.platform.operator.get("/v1/edges")["items"]
        assert len(edges) == len(self.platform.edges)
        return all(e["acknowledged"] == e["head"] and not e["trouble"] for e in edges)

    def check_records(self):
        """That each edge has just the records of the store, in the same octets."""
        with contextlib.closing(sqlite3.connect(self.platform.dir / "latchkey.db")) as db:
            stored = b"".join(row[0] for row in db.execute("SELECT bytes FROM edge_record"))
        for edge in self.platform.edges:
            has = subprocess.run([EDGE_FILL, "get", self.platform.dir / f"edge/{edge.name}/lmdb"],
                                 capture_output=True, check=True).stdout
            assert live_records(has) == live_records(stored), edge.name

    def run(self):
        self.show(f"{self.count} kills, seed {self.seed}")
        platform = self.platform.start()
        began = time.monotonic()
        orders = Orders(platform)
        orders.start()
        try:
            self.kill_all(orders)
            orders.end()
            self.show(", ".join(f"{name} {n}" for name, n in self.killed.items()))
            self.check(orders)
        finally:
            orders.is_over.set()
            platform.stop()
        left = processes_in(platform.dir)
        assert not left, f"left behind: {left}"
        platform.check_sanitizers()
        platform.remove()
        self.show(f"done in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    RandomKills(int(sys.argv[1]), int(sys.argv[2])).run()
