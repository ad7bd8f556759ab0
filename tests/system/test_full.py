# SPDX-License-Identifier: Apache-2.0
"""No room: the disk of an edge, the map of its records, the disk of the store. What is full is told,
nothing is lost, visitors are served, and it goes on by itself when there is room again."""
import contextlib
import ctypes
import itertools
import os
import sqlite3
import subprocess
import tempfile

import pytest

import edge_records as er
from edge_kit import Nginx, Origin, World, wait_for
from feed_kit import Agent, Feed
from platform_kit import Platform
from test_api import problem
from test_edge_agent import big_certificate, same
from web_kit import Web

CLONE_NEWNS = 0x20000


@contextlib.contextmanager
def small_disk(path, size):
    """A tmpfs on `path`, in a mount namespace that is this test's and its children's."""
    libc = ctypes.CDLL(None, use_errno=True)
    path.mkdir()
    if libc.unshare(CLONE_NEWNS) != 0:
        pytest.skip(f"no mount namespace: {os.strerror(ctypes.get_errno())}")
    done = subprocess.run(["mount", "--make-rprivate", "/"], capture_output=True, check=False)
    if done.returncode == 0:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", path],
                              capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no mount: {done.stderr.decode()}")
    try:
        yield lambda size: subprocess.run(["mount", "-o", f"remount,size={size}", path], check=True)
    finally:
        subprocess.run(["umount", "-l", path], check=True)


class Edge:
    """An agent and its nginx; one.example has a certificate."""

    def __init__(self, folder, lmdb, **environment):
        self.feed = Feed(folder)
        self.feed.page_size = 20
        self.origin, self.world = Origin(), World(folder)
        self.agent = Agent(folder, self.feed)
        self.agent.lmdb = self.world.lmdb = lmdb
        self.agent.env.update(environment, LATCHKEY_EDGE_LMDB_DIR=str(lmdb))
        self.nginx = Nginx(self.world)
        self.feed.put("S", "settings",
                      er.settings_body(self.world.check_key, {"demo": self.origin.address}))
        ident, records, self.leaf = self.world.certificate_records(["one.example"])
        self.feed.publish(*(self.feed.make(k, key, body)
                            for r in records for k, _, _, _, key, body in er.split(r)))
        self.feed.put("h", "one.example", er.host_body("site_1", "one.example", "demo", ident))
        self.agent.start().wait_acked()
        self.nginx.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.agent.kill()
        self.nginx.stop()
        self.feed.close()
        self.origin.close()

    def is_served(self):
        return self.nginx.serial("one.example") == self.leaf.serial_number

    def fill(self, pattern):
        self.feed.publish(*(big_certificate(self.feed, i) for i in range(600)))
        self.agent.wait_log("edge.feed_failed.*error=full.*" + pattern, 30)
        told = wait_for(lambda: self.feed.trouble, 10, "trouble to be told")
        assert str(self.agent.lmdb) in told
        assert self.is_served() and self.agent.process.poll() is None
        # new workers of nginx take reader slots while there is no room
        self.nginx.stop()
        self.nginx.start()
        assert all(self.is_served() for _ in range(20))

    def check_whole(self):
        self.agent.wait_acked(40)
        same(self.agent, self.feed)
        self.feed.host("two.example")
        self.agent.wait_acked()
        wait_for(lambda: self.feed.trouble is None, 10, "trouble to be over")
        assert self.is_served()


@pytest.mark.req("R22", "R23")
def test_disk_of_an_edge(tmp_path):
    with small_disk(tmp_path / "small", "6m") as resize, \
            Edge(tmp_path, tmp_path / "small" / "lmdb") as edge:
        edge.fill("the disk is full")
        resize("64m")
        edge.check_whole()


@pytest.mark.req("R22", "R23")
def test_disk_that_was_full_at_the_start(tmp_path):
    """The agent does not start, and says why; nginx goes on with what is there."""
    with small_disk(tmp_path / "small", "6m") as resize, \
            Edge(tmp_path, tmp_path / "small" / "lmdb") as edge:
        edge.agent.kill()
        filler = fill(tmp_path / "small" / "filler")
        edge.feed.publish(*(big_certificate(edge.feed, i) for i in range(20)))
        edge.agent.start().wait_log("error=full")
        assert edge.is_served()
        filler.unlink()
        resize("64m")
        edge.check_whole()


@pytest.mark.req("R22", "R23")
def test_map_of_an_edge(tmp_path):
    with Edge(tmp_path, tmp_path / "lmdb", LATCHKEY_EDGE_MAP_MAX_MB="4") as edge:
        edge.fill("edge.map_max_mb")
        edge.agent.kill()
        edge.agent.env["LATCHKEY_EDGE_MAP_MAX_MB"] = "64"
        edge.agent.start()
        edge.check_whole()


@pytest.mark.req("R23")
def test_disk_of_the_store(tmp_path, monkeypatch):
    with small_disk(tmp_path / "small", "6m") as resize:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "small"))
        with Web() as web:
            edge = web.edge()
            web.sql(("INSERT INTO feed_head (grp, epoch, seq, tombstone_floor) "
                     "VALUES ('default', 1795000000000, 7, 0)", ()))
            made = 0
            while (answer := make_partner(web, made)).status_code == 201:
                made += 1
            problem(answer, 507, "full")
            assert "latchkey.db is full" in answer.json()["detail"]
            assert answer.json()["who_acts"] == "operator"
            assert count_partners(web) == made
            # an edge follows its feed, though what it says cannot be written down
            assert edge.call("GET", "/v1/edge/feed?cursor=1795000000000-7",
                             headers={"Latchkey-Trouble": "x"}).status_code == 200
            problem(make_partner(web, made), 507, "full")
            resize("64m")
            assert make_partner(web, made).status_code == 201
            assert count_partners(web) == made + 1
            wait_for(lambda: web.sql(("SELECT ack_seq FROM edge", ()))[0] == [(7,)], 10, "the ack")
            with contextlib.closing(sqlite3.connect(web.dir / "latchkey.db")) as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def fill(path):
    """Takes all the room there is beside `path`; returns what took it."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as out:
        while True:
            out.write(bytes(4096))
    return path


@pytest.mark.req("R22", "R23")
def test_platform_with_a_full_store(tmp_path):
    """Visitors are served, orders are refused as what it is; an order under way goes on later."""
    platform = Platform({"store": {"url": "sqlite:small/latchkey.db"}})
    with small_disk(platform.dir / "small", "20m"), platform:
        partner = platform.tenant()
        platform.ordered(partner, "first.example")
        platform.zone("second.example", ["@ 1 IN A 203.0.113.9"])
        second = platform.domain(partner, "second.example")
        platform.order(partner, second)
        wait_for(lambda: platform.status(partner, second)["issuance"]["state"] == "waiting_dns")
        third = platform.domain(partner, "third.example")
        filler = fill(platform.dir / "small/filler")
        made = itertools.count()
        wait_for(lambda: make_partner(platform, next(made)).status_code == 507, 30, "a full disk", 0)
        answer = partner.call("POST", "/v1/orders", {"domain_id": third["id"]}, want=507)
        assert answer.json()["code"] == "full" and answer.json()["who_acts"] == "operator"
        platform.zone("second.example", platform.right_records())
        for _ in range(10):
            for address in platform.addresses():
                platform.tls(address, "first.example").close()
            assert platform.status(partner, second)["issuance"]["state"] != "live"
        filler.unlink()
        platform.wait_live(partner, second, 60)
        platform.wait_live(partner, platform.ordered(partner, "fourth.example")[1])
        with contextlib.closing(sqlite3.connect(platform.dir / "small/latchkey.db")) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def make_partner(web, i):
    return web.operator.call("POST", "/v1/partners", {"name": f"partner {i} " + "x" * 150})


def count_partners(web):
    return web.sql(("SELECT count(*) FROM partner", ()))[0][0][0]
