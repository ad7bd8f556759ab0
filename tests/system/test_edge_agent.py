# SPDX-License-Identifier: Apache-2.0
"""The edge agent against a feed that is honest, broken, hostile, or away."""
import random
import signal
import ssl
import subprocess
import time

import pytest

import edge_records as er
from agent_fixtures import agent, feed, same
from edge_kit import Nginx, Origin, World, wait_for
from feed_kit import LATCHKEY, Agent


# Following

@pytest.mark.req("R23", "R44")
def test_snapshot_then_feed(agent, feed):
    for i in range(8):
        feed.host(f"h{i}.example")
    feed.put("h", "h3.example", None)
    agent.start().wait_acked()
    same(agent, feed)
    assert feed.snapshots() == 1
    feed.host("h9.example")
    feed.host("h0.example", site="site_2")
    feed.put("h", "h1.example", None)
    agent.wait_acked()
    same(agent, feed)
    assert feed.snapshots() == 1


def test_modes(agent, feed):
    agent.start().wait_acked()
    mode = {p.name: p.stat().st_mode & 0o777 for p in agent.lmdb.iterdir()}
    assert mode == {"data.mdb": 0o640, "lock.mdb": 0o660}
    assert agent.lmdb.stat().st_mode & 0o777 == 0o750


def test_lmdb_is_there_without_a_feed(tmp_path, feed):
    feed.close()
    agent = Agent(tmp_path, feed).start()
    try:
        wait_for(lambda: (agent.lmdb / "data.mdb").exists(), 5, "LMDB")
        agent.wait_log("edge.ready")
        assert agent.octets() == b""
    finally:
        agent.kill()


@pytest.mark.req("R23")
def test_change_arrives_at_once(agent, feed):
    agent.start().wait_acked()
    spans = []
    for i in range(10):
        start = time.monotonic()
        feed.host(f"n{i}.example")
        wait_for(lambda: feed.acked() == f"{feed.epoch}-{feed.seq}", 5)
        spans.append(time.monotonic() - start)
    assert sorted(spans)[5] < 0.3, spans


def test_restart_goes_on_from_its_cursor(agent, feed):
    agent.start().wait_acked()
    agent.kill()
    feed.host("later.example")
    feed.requests.clear()
    agent.start().wait_acked()
    same(agent, feed)
    assert feed.snapshots() == 0


def test_polls_wait(agent, feed):
    agent.start().wait_acked()
    before = len(feed.requests)
    time.sleep(1.5)
    assert len(feed.requests) - before <= 1


def test_feed_that_does_not_wait_is_not_hammered(agent, feed):
    real = feed.page
    feed.page = lambda query: real({**query, "wait": "0"})
    agent.start().wait_acked()
    before = len(feed.requests)
    time.sleep(1)
    assert 1 <= len(feed.requests) - before <= 8


def test_wrong_token(agent, feed):
    agent.token.write_text("other")
    agent.start()
    agent.wait_log("refuses the token of this edge: 401")


@pytest.mark.parametrize("change,text", [
    (lambda a: a.token.chmod(0o640), "may be read by others"),
    (lambda a: a.token.write_text(" \n"), "holds no token"),
    (lambda a: a.token.unlink(), "cannot open edge.token_file"),
    (lambda a: (a.keys / "feed-default-1").chmod(0o644), "feed-default-1"),
])
def test_wrong_configuration_ends(tmp_path, feed, change, text):
    agent = Agent(tmp_path, feed)
    change(agent)
    done = subprocess.run([LATCHKEY, "edge"], env=agent.env, cwd=tmp_path, capture_output=True,
                          text=True, timeout=10, check=False)
    assert done.returncode == 2 and text in done.stderr, done.stderr


def test_second_agent_is_refused(agent, feed):
    agent.start().wait_acked()
    done = subprocess.run([LATCHKEY, "edge"], env=agent.env, cwd=agent.folder,
                          capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == 2 and "another agent" in done.stderr


# Crashes and shortage

@pytest.mark.req("R23")
def test_killed_again_and_again(agent, feed):
    rng = random.Random(3)
    agent.start().wait_acked()
    for round_ in range(12):
        for i in range(20):
            name = f"h{rng.randrange(40)}.example"
            if rng.random() < .3:
                feed.put("h", name, None)
            else:
                feed.host(name, site=f"site_{round_}_{i}")
        time.sleep(rng.random() * .1)
        agent.process.send_signal(signal.SIGKILL)
        agent.process.wait()
        agent.start()
    agent.wait_acked()
    same(agent, feed)


@pytest.mark.req("R22", "R23")
def test_killed_in_the_middle_of_a_snapshot(agent, feed):
    for i in range(60):
        feed.host(f"h{i:02}.example")
    feed.end()

    def slow(_path, *reply):
        time.sleep(.02)
        return reply

    feed.tamper = slow
    for _ in range(4):
        agent.start()
        time.sleep(.25)
        agent.kill()
    assert feed.acked() is None and feed.snapshots() > 1, "each was cut"
    feed.tamper = None
    agent.start().wait_acked()
    same(agent, feed)


@pytest.mark.req("R22", "R44")
def test_killed_in_a_snapshot_it_tells_where_it_was(agent, feed):
    """A restored store would not learn from this edge else that it is a copy: it asks for no page of the
    feed before its snapshot is whole."""
    hosts = [("h", f"h{i}.example", er.host_body("site_1", f"h{i}.example", "demo")) for i in range(9)]
    settings = ("S", "settings", er.settings_body(bytes(32), {"demo": "127.0.0.1:8090"}))
    feed.host("before.example")
    agent.start().wait_acked()
    assert feed.had is None, "it was nowhere before the first one"
    agent.kill()
    where, pages = f"{feed.epoch}-{feed.seq}", []

    def stall(path, status, headers, body):
        if path == "/v1/edge/snapshot":
            pages.append(feed.had)
            return (status, headers, body) if len(pages) == 1 else (503, {}, b"")
        return status, headers, body
    feed.tamper = stall
    for record in (settings, *hosts):
        feed.put(*record)
    feed.forget("h", "before.example")
    agent.start()
    wait_for(lambda: len(pages) > 1)
    agent.kill()
    polls = feed.acked()
    pages.clear()
    feed.tamper = lambda path, *reply: pages.append((path, feed.had)) or reply
    agent.start()
    wait_for(lambda: pages)
    assert pages[0] == ("/v1/edge/snapshot", where) and polls == where
    agent.wait_acked()


@pytest.mark.req("R22", "R23", "R44")
@pytest.mark.parametrize("is_new", [False, True])
def test_restored_again_while_it_takes_the_snapshot(agent, feed, is_new):
    """It has records of the second life, is through with the snapshot of the first at most, and the store
    becomes a copy of the first: it takes nothing of that, so it must say that there was a second."""
    hosts = [("h", f"h{i}.example", er.host_body("site_1", f"h{i}.example", "demo")) for i in range(9)]
    hosts.append(("S", "settings", er.settings_body(bytes(32), {"demo": "127.0.0.1:8090"})))
    feed.host("before.example")
    if not is_new:
        agent.start().wait_acked()
        agent.kill()
    copy, pages = (feed.epoch, feed.rev, feed.seq + 50, dict(feed.rows)), []
    feed.begin_epoch(*hosts)
    second = feed.epoch

    def stall(path, status, headers, body):
        if path == "/v1/edge/snapshot":
            pages.append(path)
            return (status, headers, body) if len(pages) == 1 else (503, {}, b"")
        return status, headers, body
    feed.tamper = stall
    agent.start()
    wait_for(lambda: len(pages) > 1)
    agent.kill()

    with feed.changed:
        feed.epoch, feed.rev, feed.seq, feed.rows = copy
    told = []
    feed.tamper = lambda path, *reply: told.append((path, feed.had)) or reply
    agent.start()
    wait_for(lambda: told)
    assert told[0] == ("/v1/edge/snapshot", f"{second}-0")
    feed.epoch = second
    feed.begin_epoch(*hosts)
    agent.wait_acked(20)
    feed.end()
    agent.wait_acked()
    assert agent.live() == feed.live()


@pytest.mark.req("R23")
def test_control_plane_away(agent, feed):
    feed.host("a.example")
    agent.start().wait_acked()
    feed.close()
    agent.wait_log("edge.feed_failed.*failures=3", 30)
    feed.host("b.example")
    feed.open()
    agent.wait_acked(30)
    same(agent, feed)
    agent.wait_log("edge.following_again")


def big_certificate(feed, i):
    body = er.certificate_body(bytes(16000), [b"x"], bytes(62), er.PKCS8, 0)
    return feed.make("c", f"crt_{i}", body)


def test_map_grows(agent, feed):
    """Over the first 64 MiB, while nginx would have it open."""
    feed.page_size = 500
    feed.publish(*(big_certificate(feed, i) for i in range(4500)))
    agent.start().wait_acked(60)
    assert len(agent.live()) == 4501
    feed.publish(*(big_certificate(feed, i) for i in range(4500, 6000)))
    agent.wait_acked(60)
    assert len(agent.live()) == 6001


def test_disk_full(agent, feed):
    feed.page_size = 50
    agent.start(file_size=4 << 20).wait_acked()
    feed.publish(*(big_certificate(feed, i) for i in range(400)))
    agent.wait_log("edge.feed_failed.*error=store", 20)
    time.sleep(.5)
    assert agent.process.poll() is None
    agent.kill()
    agent.start().wait_acked(30)
    same(agent, feed)


# With nginx

@pytest.mark.req("R22", "R23")
def test_agent_and_nginx(tmp_path, feed):
    origin = Origin()
    world = World(tmp_path)  # for its CA, keys and nginx; the agent writes the LMDB
    agent = Agent(tmp_path, feed)
    nginx = Nginx(world)
    try:
        nginx.start()
        assert nginx.plain("one.example").status == 503
        agent.start()
        feed.put("S", "settings", er.settings_body(world.check_key, {"demo": origin.address}))
        for _ in range(3):
            ident, records, leaf = world.certificate_records(["one.example"])
            feed.publish(*(feed.make(k, key, body)
                           for r in records for k, _, _, _, key, body in er.split(r)))
            feed.put("h", "one.example",
                     er.host_body("site_1", "one.example", "demo", ident))
            agent.wait_acked()
            assert nginx.serial("one.example") == leaf.serial_number
        # control plane and agent gone, nginx restarted: served as before
        agent.kill()
        feed.close()
        nginx.stop()
        nginx.start()
        assert nginx.serial("one.example") == leaf.serial_number
        assert nginx.tls("one.example").status == 200
        feed.open()
        feed.put("h", "one.example", None)
        agent.start().wait_acked(30)
        with pytest.raises(ssl.SSLError):
            nginx.connect("one.example")
    finally:
        agent.kill()
        nginx.stop()
        origin.close()
