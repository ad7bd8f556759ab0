# SPDX-License-Identifier: Apache-2.0
"""The agent with a hostile or broken relay, and what a snapshot may delete."""
import os
import time

import pytest

import edge_records as er
from agent_fixtures import GOOD, agent, feed, lose_track, refuses, same


@pytest.mark.req("R44")
def test_bad_mac(agent, feed):
    good = feed.make("h", "a.example", GOOD)
    bad = feed.make("h", "b.example", GOOD, feed_key=os.urandom(32))
    refuses(agent, feed, good + bad, "code=forbidden|not authentic")


@pytest.mark.req("R44")
@pytest.mark.parametrize("at", [5, 12, 30, -40, -33, -1])
def test_altered_record(agent, feed, at):
    record = bytearray(feed.make("h", "a.example", GOOD))
    record[at] ^= 1
    refuses(agent, feed, bytes(record), "not authentic|there is no feed key")


@pytest.mark.req("R44")
def test_record_of_another_group(agent, feed):
    refuses(agent, feed, feed.make("h", "a.example", GOOD, group="other"), "not authentic")


@pytest.mark.req("R44")
@pytest.mark.parametrize("change,pattern", [
    (lambda f: f.make("h", "a.example", GOOD)[:-1], "cut short"),
    (lambda f: f.make("h", "a.example", GOOD)[:40], "cut short"),
    (lambda f: b"<html>502 Bad Gateway</html>", "unknown record version"),
    (lambda f: b"\2" + f.make("h", "a.example", GOOD)[1:], "unknown record version"),
    (lambda f: f.make("x", "a.example", GOOD), "unknown record kind"),
    (lambda f: f.make("h", "a.example", GOOD, flags=2), "unknown flag"),
    (lambda f: f.make("h", "a_b", GOOD), "not a host name"),
    (lambda f: f.make("h", "a.example", GOOD + b"x"), "octets follow the end"),
    (lambda f: f.make("S", "settings", None), "unknown flag"),
    (lambda f: f.make("t", "a.example\0tok", b"tok.short"), "does not belong to the token"),
])
def test_malformed_record(agent, feed, change, pattern):
    refuses(agent, feed, change(feed), pattern)


@pytest.mark.parametrize("cursor", ["", "x", "1000", "1000-", "1000--1", "-5-5", "999-7",
                                    "1001-7", "1000-99999999999999999999"])
def test_bad_cursor(agent, feed, cursor):
    refuses(agent, feed, b"", "cursor|epoch", {"Latchkey-Cursor": cursor})


def test_body_cut_by_the_network(agent, feed):
    agent.start().wait_acked()
    log = len(agent.log_text())

    def tamper(_path, status, headers, body):
        return (status, {**headers, "Content-Length": str(len(body) + 500),
                         "Connection": "close"}, body)

    feed.tamper = tamper
    feed.host("cut.example")
    agent.wait_log("edge.feed_failed", 10, log)
    assert b"hcut.example" not in agent.records()
    feed.tamper = None
    agent.wait_acked()
    same(agent, feed)


@pytest.mark.req("R44")
def test_older_records_do_not_come_back(agent, feed):
    old_host = feed.host("a.example", site="site_old")
    old_gone = feed.host("gone.example")
    new_host = feed.host("a.example", site="site_new")
    feed.put("h", "gone.example", None)
    old_epoch = feed.make("h", "a.example", GOOD, epoch=999, rev=2**62)
    agent.start().wait_acked()
    before = agent.records()
    log = len(agent.log_text())
    feed.publish(old_host, old_gone)  # rows are keyed: the relay's trick, not the worker's
    feed.host("fresh.example")
    agent.wait_acked()
    feed.publish(old_epoch)
    agent.wait_acked()
    after = agent.records()
    assert after.pop(b"hfresh.example")
    assert after == before and new_host in agent.octets()
    agent.wait_log("edge.older_records_refused.*count=2", 5, log)


@pytest.mark.req("R44")
def test_new_feed_key_needs_no_restart(agent, feed):
    agent.start().wait_acked()
    feed.kid, feed.key = 2, os.urandom(32)
    feed.host("rotated.example")
    agent.wait_log("there is no feed key 2 of group default")
    agent.write_key(2, feed.key)
    agent.wait_acked()
    assert b"hrotated.example" in agent.records()


@pytest.mark.req("R43")
def test_unknown_origin_is_refused(agent, feed):
    feed.host("a.example", site="site_1")
    agent.start().wait_acked()
    feed.host("a.example", site="site_2", origin="elsewhere")
    feed.host("b.example", origin="elsewhere")
    feed.host("c.example")
    agent.wait_acked()
    records = agent.records()
    assert b"site_1" in records[b"ha.example"][2]
    assert b"hb.example" not in records and b"hc.example" in records
    agent.wait_log("edge.unknown_origin_refused")
    # a restart makes up for it, once the settings know the origin
    feed.settings(demo="127.0.0.1:8090", elsewhere="127.0.0.1:8091")
    agent.wait_acked()
    agent.kill()
    feed.requests.clear()
    agent.start().wait_acked()
    same(agent, feed)


@pytest.mark.req("R44")
def test_snapshot_deletes_what_the_end_record_agrees_to(agent, feed):
    for i in range(10):
        feed.host(f"h{i}.example")
    lose_track(agent, feed, "h0.example", "h5.example", "h9.example")
    feed.end()
    agent.start().wait_acked()
    assert feed.snapshots() == 1
    assert agent.live() == feed.live()
    # the old records do not come back by replay
    feed.publish(feed.make("h", "h5.example", GOOD, rev=3))
    agent.wait_acked()
    assert b"hh5.example" not in agent.live()
    # but the worker may make the host again
    feed.rev = 10**6
    feed.host("h5.example")
    agent.wait_acked()
    assert b"hh5.example" in agent.live()


@pytest.mark.req("R44")
def test_snapshot_without_an_end_record_deletes_nothing(agent, feed):
    for i in range(5):
        feed.host(f"h{i}.example")
    lose_track(agent, feed, "h2.example")
    agent.start().wait_acked()
    assert b"hh2.example" in agent.live()
    agent.wait_log("edge.records_in_doubt.*count=1")
    feed.end()  # by the feed, later: now it is known
    agent.wait_acked()
    assert agent.live() == feed.live()


@pytest.mark.req("R44")
def test_doubt_survives_the_agent(agent, feed):
    for i in range(5):
        feed.host(f"h{i}.example")
    lose_track(agent, feed, "h2.example")
    agent.start().wait_acked()
    agent.kill()
    feed.end()
    agent.start().wait_acked()  # begins with a snapshot: it knows that something was open
    assert agent.live() == feed.live()


@pytest.mark.req("R44")
def test_withheld_records_are_not_deleted(agent, feed):
    """The relay leaves hosts out of the snapshot; the end record does not agree."""
    for i in range(10):
        feed.host(f"h{i}.example")
    feed.end()
    lose_track(agent, feed)
    feed.floor = feed.seq + 1
    feed.seq += 1
    hidden = {k: feed.rows.pop(k) for k in (b"hh3.example", b"hh4.example")}
    agent.start().wait_acked()
    assert b"hh3.example" in agent.live() and b"hh4.example" in agent.live()
    feed.rows.update(hidden)
    same(agent, feed)


@pytest.mark.req("R44")
def test_replayed_end_record_deletes_nothing(agent, feed):
    """An end record from before a host was added, shown together with a snapshot without it."""
    for i in range(4):
        feed.host(f"h{i}.example")
    old_end = feed.end()
    for withheld_end in (True, False):
        feed.rev += 100
        added = feed.host("added.example")
        if not withheld_end:
            feed.end()
        agent.start().wait_acked()
        agent.kill()
        feed.floor = feed.seq + 1
        feed.seq += 1
        del feed.rows[b"hadded.example"]
        feed.rows[b"eend"] = (feed.seq, old_end)
        agent.start().wait_acked()
        assert b"hadded.example" in agent.live()
        agent.kill()
        feed.publish(added)


@pytest.mark.req("R44")
@pytest.mark.parametrize("change,pattern", [
    (lambda h, b: (200, h, b[::1] + b), "must ascend"),
    (lambda h, b: (200, {**h, "Latchkey-After": "aA"}, b), "goes on after the key"),
    (lambda h, b: (200, {**h, "Latchkey-After": "*"}, b), "does not go on"),
    (lambda h, b: (200, {**h, "Latchkey-Cursor": "999-1"}, b), "records here are of"),
    (lambda h, b: (200, {**h, "Latchkey-Cursor": "0-1"}, b), "cursor"),
    (lambda h, b: (200, h, b[:-7]), "cut short"),
    (lambda h, b: (410, h, b), "given up"),
    (lambda h, b: (500, h, b), "answers 500"),
])
def test_hostile_snapshot(agent, feed, change, pattern):
    for i in range(7):
        feed.host(f"h{i}.example")
    feed.end()
    lose_track(agent, feed)
    feed.floor = feed.seq + 1
    feed.seq += 1
    before = agent.octets()
    feed.tamper = lambda path, status, headers, body: \
        change(headers, body) if path.endswith("snapshot") else (status, headers, body)
    agent.start().wait_log(pattern)
    assert agent.octets() == before
    feed.tamper = None
    agent.wait_acked(20)
    same(agent, feed)


def test_head_that_changes_on_the_way(agent, feed):
    for i in range(7):
        feed.host(f"h{i}.example")
    count = []

    def tamper(path, status, headers, body):
        if path.endswith("snapshot"):
            count.append(1)
            headers = {**headers, "Latchkey-Cursor": f"1000-{len(count)}"}
        return status, headers, body

    feed.tamper = tamper
    agent.start().wait_log("the head of the snapshot has changed")
    feed.tamper = None
    agent.wait_acked()
    same(agent, feed)


def test_410_after_410(agent, feed):
    real, feed.page = feed.page, lambda query: (410, {}, b"")
    agent.start().wait_log("refuses the cursor that its snapshot gave")
    time.sleep(1)
    assert feed.snapshots() == 1
    feed.page = real
    agent.wait_acked()


def test_new_epoch(agent, feed):
    """A restored control plane signs everything again under a later epoch."""
    for i in range(5):
        feed.host(f"h{i}.example")
    agent.start().wait_acked()
    bodies = {k: next(er.split(r)) for k, (_, r) in feed.rows.items()}
    feed.epoch, feed.rev, feed.seq, feed.floor = 2000, 0, 0, 0
    feed.rows.clear()
    feed.publish(*(feed.make(kind, key, body)
                   for kind, _, _, _, key, body in bodies.values() if key != b"h4.example"))
    feed.end()
    feed.nudge()
    agent.wait_acked(20)  # the first snapshot is less than five seconds ago
    assert agent.live() == feed.live()
    assert {v[0] for k, v in agent.records().items() if k != b"hh4.example"} == {2000}


def test_changes_during_a_snapshot(agent, feed):
    for i in range(30):
        feed.host(f"h{i:02}.example")
    done = []

    def tamper(path, status, headers, body):
        if path.endswith("snapshot") and len(done) < 8:
            done.append(feed.host(f"during{len(done)}.example"))
            feed.put("h", f"h{len(done) * 3:02}.example", None)
        return status, headers, body

    feed.tamper = tamper
    agent.start().wait_acked()
    same(agent, feed)
    assert len(done) == 8
