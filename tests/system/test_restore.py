# SPDX-License-Identifier: Apache-2.0
"""The store is restored from an older copy, while the edges keep what they have."""
import contextlib
import os
import signal
import shutil
import sqlite3
import ssl
import threading
import time

import pytest
from crash_kit import Trap, has_points
from platform_kit import Platform, wait_for


class Visitor:
    """Handshakes with every address, one after the other, and what went wrong."""

    def __init__(self, platform, name):
        self.platform, self.name = platform, name
        self.count, self.failures = 0, []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self.visit)

    def visit(self):
        while not self.is_over.wait(0.02):
            for address in self.platform.addresses():
                try:
                    self.platform.tls(address, self.name).close()
                    self.count += 1
                except OSError as failure:
                    self.failures.append((time.monotonic(), address, repr(failure)))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()


def backup_running(platform, path):
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=10)) as db:
        db.execute("VACUUM INTO ?", (str(path),))


def expire(path, name):
    """As if the certificate had been renewed since the backup: the one in it is too old."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        changed = db.execute("UPDATE certificate SET not_after_at = 1 WHERE names LIKE ?",
                             (f'%"{name}"%',)).rowcount
        assert changed == 1


def backup_stopped(platform, path):
    platform.stop()
    for suffix in ("", "-wal"):
        source = platform.dir / f"latchkey.db{suffix}"
        if source.exists():
            shutil.copy(source, f"{path}{suffix}")
    platform.start()


def restore(platform, path):
    """Web and worker see nothing between their last look at the one and the first at the other;
    the edges go on all the time."""
    pids = [platform.pid(name) for name in ("web", "worker")]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    for suffix in ("-wal", "-shm"):
        (platform.dir / f"latchkey.db{suffix}").unlink(missing_ok=True)
    for suffix in ("", "-wal"):
        if os.path.exists(f"{path}{suffix}"):
            shutil.copy(f"{path}{suffix}", platform.dir / f"latchkey.db{suffix}")
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: all(is_new(platform, name, pid)
                         for name, pid in zip(("web", "worker"), pids)))
    wait_for(lambda: answers(platform))


def is_new(platform, name, old):
    try:
        return platform.pid(name) != old
    except (OSError, IndexError, ValueError):
        return False


def answers(platform):
    try:
        return platform.operator.call("GET", "/v1/edges").status_code == 200
    except OSError:
        return False


def edges(platform):
    return {edge["name"]: edge for edge in platform.operator.get("/v1/edges")["items"]}


def epoch(platform):
    return int(edges(platform)["edge-1"]["head"].split("-")[0])


def is_caught_up(platform, name, than):
    edge = edges(platform)[name]
    return edge["acknowledged"] == edge["head"] and int(edge["head"].split("-")[0]) > than


def events(platform, kind):
    found, path = [], "/v1/events?limit=200"
    while path:
        page = platform.operator.get(path)
        found += [event for event in page["items"] if event["kind"] == kind]
        path = page["has_more"] and f"/v1/events?limit=200&cursor={page['next_cursor']}"
    return found


def is_served(platform, name, address=None):
    try:
        for one in [address] if address else platform.addresses():
            platform.tls(one, name).close()
        return True
    except ssl.SSLError:
        return False


@pytest.mark.req("R22", "R23", "R44")
def test_copied_while_running(tmp_path):
    """One edge is away during the restore; what the store does not know is kept and told."""
    with Platform() as platform:
        partner = platform.tenant()
        platform.ordered(partner, "alpha.example")
        with Visitor(platform, "www.alpha.example") as visitor:
            platform.ordered(partner, "delta.example")
            backup_running(platform, tmp_path / "copy")
            expire(tmp_path / "copy", "delta.example")
            platform.ordered(partner, "beta.example")
            before = epoch(platform)
            away = platform.pid("edge-2-agent")
            os.kill(away, signal.SIGSTOP)
            restore(platform, tmp_path / "copy")
            wait_for(lambda: is_caught_up(platform, "edge-1", before), 40)
            told = wait_for(lambda: edges(platform)["edge-1"]["unknown_hosts"]["count"])
            assert told == 2
            assert edges(platform)["edge-1"]["unknown_hosts"]["names"] == [
                "beta.example", "www.beta.example"]
            assert edges(platform)["edge-2"]["acknowledged"] != edges(platform)["edge-2"]["head"]
            os.kill(away, signal.SIGCONT)
            wait_for(lambda: is_caught_up(platform, "edge-2", before), 40)
            wait_for(lambda: edges(platform)["edge-2"]["unknown_hosts"]["count"] == 2)
            assert is_served(platform, "beta.example")

            assert len(events(platform, "feed.restored")) == 1
            assert len(events(platform, "feed.epoch_begun")) == 1
            signed, = events(platform, "feed.epoch_signed")
            assert "2 hosts stay as edges have them" in signed["text"]
            assert is_served(platform, "www.delta.example")
            assert "beta.example" in events(platform, "edge.unknown_hosts")[0]["text"]

            platform.ordered(partner, "gamma.example")
            _, _, status = platform.ordered(partner, "beta.example")
            serial = status["certificate"]["serial"]
            for address in platform.addresses():
                assert int(platform.serial(address, "beta.example"), 16) == int(serial, 16)
            wait_for(lambda: all(e["unknown_hosts"]["count"] == 0
                                 for e in edges(platform).values()), 90)
            assert is_served(platform, "gamma.example")
        assert visitor.failures == [] and visitor.count > 50


@pytest.mark.req("R23", "R44")
def test_copied_while_stopped(tmp_path):
    """edge.keep_unknown_h is 0: the end record of the new epoch removes what is not known, at once.
    The worker is killed before that has begun, and before anything is signed for it."""
    platform = Platform({"edge": {"keep_unknown_h": 0}})
    trap = Trap(platform)
    with platform:
        partner = platform.tenant()
        platform.ordered(partner, "alpha.example")
        backup_stopped(platform, tmp_path / "copy")
        platform.ordered(partner, "beta.example")
        before = epoch(platform)
        with Visitor(platform, "www.alpha.example") as visitor:
            kills = trap.chain(["worker.epoch.before", "worker.epoch.commit"]) if has_points() else None
            restore(platform, tmp_path / "copy")
            wait_for(lambda: epoch(platform) > before, 40)
            kills.join() if kills else platform.kill("worker")
            wait_for(lambda: all(is_caught_up(platform, name, before)
                                 for name in ("edge-1", "edge-2")), 40)
            wait_for(lambda: not is_served(platform, "beta.example"))
            platform.ordered(partner, "gamma.example")
        assert visitor.failures == [] and visitor.count > 50
        for address in platform.addresses():
            assert not is_served(platform, "beta.example", address)


def told(path):
    """The last place in the feed of this database, and the first after the last gap."""
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as db:
        return db.execute("SELECT seq, (SELECT max(to_seq) FROM feed_gap) FROM feed_head").fetchone()


def stop_agents(platform):
    return [platform.kill(f"{name}-agent", signal.SIGSTOP) for name in edges(platform)]


@pytest.mark.req("R22", "R23", "R44")
def test_copy_that_has_told_more_than_it_lost(tmp_path):
    """No edge asks before the restored store is ahead of them again: none is, by the numbers alone."""
    with Platform() as platform:
        partner = platform.tenant()
        platform.ordered(partner, "alpha.example")
        backup_running(platform, tmp_path / "copy")
        for name in ("beta.example", "delta.example"):
            platform.ordered(partner, name)
        before, path = epoch(platform), platform.dir / "latchkey.db"
        lost = told(path)[0] - told(tmp_path / "copy")[0]
        assert lost > 10
        with Visitor(platform, "www.alpha.example") as visitor:
            agents = stop_agents(platform)
            restore(platform, tmp_path / "copy")
            for i in range(12):  # without an edge they are not issued; each has host records
                name = f"new{i}.example"
                platform.zone(name, platform.right_records())
                platform.order(partner, platform.domain(partner, name))
            wait_for(lambda: (now := told(path))[0] - now[1] > lost)
            for pid in agents:
                os.kill(pid, signal.SIGCONT)
            wait_for(lambda: all(is_caught_up(platform, name, before)
                                 for name in ("edge-1", "edge-2")), 60)
            assert len(events(platform, "feed.restored")) == 1
            assert is_served(platform, "beta.example") and is_served(platform, "delta.example")
        assert visitor.failures == []
