# SPDX-License-Identifier: Apache-2.0
"""A hostile relay (R44): what it may reach is that an edge is left behind. One row an attack."""
import base64
import concurrent.futures
import os
import time

import pytest

import edge_records as er
from edge_kit import wait_for
from feed_kit import Agent, Feed
from platform_kit import Platform
from relay_kit import Relay, send

AT_A_TIME = 8
MEMORY_MAX = 160 << 20  # a page may have 32 MiB, and is held twice while it grows
DISK_MAX = 4 << 20
IS_SANITIZED = "ASAN_OPTIONS" in os.environ


class World:
    """A feed with a past, an agent that has followed it through an honest relay."""

    def __init__(self, folder):
        self.feed = Feed(folder, epoch=2000)
        self.relay = Relay(self.feed.port, folder / "feed.pem", self.feed.ca_file)
        self.agent = Agent(folder, self.feed)
        self.agent.env["LATCHKEY_EDGE_FEED_URL"] = f"https://127.0.0.1:{self.relay.port}"
        self.made = set()
        make = self.feed.make

        def remember(*args, **more):
            record = make(*args, **more)
            self.made.add(record)
            return record
        self.feed.make = remember
        self.past()

    def past(self):
        feed = self.feed
        feed.page_size = 5
        feed.settings(demo="127.0.0.1:1")
        self.agent.start().wait_acked()
        for i in range(8):
            feed.host(f"h{i}.example", site="site_1")
        feed.host("gone.example")
        feed.host("again.example")
        feed.put("t", "h0.example\0tok", b"tok." + b"a" * 43)
        feed.end()
        self.agent.wait_acked()
        feed.settings(demo="127.0.0.1:8090")
        feed.host("h1.example", site="site_2")
        feed.put("h", "gone.example", None)
        feed.put("h", "again.example", None)
        feed.put("t", "h0.example\0tok", None)
        self.agent.wait_acked()
        feed.host("again.example")
        feed.host("late.example")
        feed.end()
        self.agent.wait_acked()
        self.other_epoch = feed.make("h", "h2.example", er.host_body("old", "h2.example", "demo"),
                                     epoch=1000, rev=2**40)
        self.other_group = er.record("h", "h2.example", er.host_body("x", "h2.example", "demo"),
                                     2**40, epoch=2000, feed_key=feed.key, group="other")
        self.many = b"".join(feed.make("h", f"m{i}.example",
                                       er.host_body("s", f"m{i}.example", "demo"))
                             for i in range(4097))

    def change(self):
        """What the honest side tells while the relay is hostile."""
        self.feed.host("h3.example", site="site_3")
        self.feed.host("fresh.example")
        self.feed.put("h", "h4.example", None)
        self.feed.end()
        self.feed.nudge()

    def close(self):
        self.relay.close()
        self.feed.close()
        self.agent.kill()

    def check(self, before):
        """Nothing is older, lost, or of anybody's making but the worker's."""
        after = self.agent.records()
        for key, (epoch, rev, body) in before.items():
            assert after[key][:2] >= (epoch, rev), key
            if body is not None and key != b"hh4.example":
                assert after[key][2] is not None, f"{key} is lost"
        for key, version in before.items():
            if body_of(after, key) != version[2]:
                assert after[key][:2] > version[:2], key
        made = {(k, e, r): b for record in self.made
                for _, k, e, r, b in [describe(record)]}
        for key, (epoch, rev, body) in after.items():
            assert body is None or made[key, epoch, rev] == body, f"{key} is forged"
        process = self.agent.process
        assert process.poll() is None, self.agent.log_text()
        assert (self.agent.lmdb / "data.mdb").stat().st_blocks * 512 < DISK_MAX
        if not IS_SANITIZED:
            assert peak_memory(process.pid) < MEMORY_MAX


def body_of(records, key):
    return records[key][2]


def describe(record):
    kind, flags, epoch, rev, key, body = next(er.split(record))
    return flags, kind.encode() + key, epoch, rev, None if flags else body


def peak_memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


# What can be done to a page of the feed: function(world, reply).

def page(make, seq=1):
    """The page becomes these octets, with a cursor that goes on."""
    def attack(world, reply):
        if reply.is_feed:
            reply.status, reply.body = 200, make(world, reply)
            reply.headers["Latchkey-Cursor"] = f"{world.feed.epoch}-{world.feed.seq + seq}"
    return attack


def feed_only(change):
    return lambda world, reply: change(world, reply) if reply.is_feed and reply.status == 200 \
        else None


def snapshot(change, asks=True):
    """Polls are told to take a snapshot, and it is changed."""
    def attack(world, reply):
        if reply.is_feed:
            if asks:
                reply.status, reply.body = 410, b""
        elif reply.status == 200:
            change(world, reply)
    return attack


def alter(at):
    def change(world, _reply):
        record = bytearray(world.feed.make("h", "h5.example",
                                           er.host_body("site_x", "h5.example", "demo")))
        record[at] ^= 1
        return bytes(record)
    return page(change)


def swap_bodies(world, _reply):
    one, two = (world.relay.old(b"hh%d.example" % i) for i in (5, 6))
    size = er.HEADER_SIZE + len("h5.example")
    return one[:size] + two[size:-33] + one[-33:]


def forge(kind, key, body):
    return lambda world, _: er.record(kind, key, body, 2**50, epoch=2000, feed_key=os.urandom(32))


def withhold(world, reply):
    reply.body = b"".join(r for r in reply.records if b"fresh.example" not in r
                          and b"\0\6endend" not in r and r[1:2] != b"e")


def leave_out(*names, end=None):
    def change(world, reply):
        records = [r for r in reply.records if not any(n in r for n in names)]
        if end is not None:
            records = [world.relay.old(b"eend", end) if r[1:2] == b"e" else r for r in records]
        reply.body = b"".join(records)
    return change


def endless(world, reply):
    """Empty pages for ever, each key greater than the one before."""
    after = reply.query.get("after", "")
    key = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)) or b"h"
    key = key[:-1] + bytes([key[-1] + 1]) if key[-1] < 255 else key + b"\1"
    reply.body = b""
    reply.headers["Latchkey-Cursor"] = reply.query.get("head", f"{world.feed.epoch}-1")
    reply.headers["Latchkey-After"] = base64.urlsafe_b64encode(key).decode().rstrip("=")


def sent(how):
    def attack(_world, reply):
        reply.send = how
    return attack


def send_endless(request, reply):
    request.send_response(200)
    request.send_header("Transfer-Encoding", "chunked")
    request.send_header("Latchkey-Cursor", reply.headers.get("Latchkey-Cursor", "2000-1"))
    request.end_headers()
    chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    for _ in range(200):
        request.wfile.write(chunk)


def send_drops(request, reply):
    """One octet, then a long while nothing, and again."""
    request.send_response(200)
    request.send_header("Content-Length", "1000")
    request.end_headers()
    for _ in range(3):
        request.wfile.write(b"\1")
        time.sleep(.5)
    request.close_connection = True


def send_half(request, reply):
    reply.body = reply.body[:len(reply.body) // 2]
    send(request, reply, len(reply.body) + 100)
    request.close_connection = True


def send_long_header(request, reply):
    reply.headers["X-Long"] = "a" * (1 << 20)
    send(request, reply)


def status(code, body=b"", **headers):
    def attack(_world, reply):
        reply.status, reply.body = code, body
        reply.headers.update({k.replace("_", "-"): v for k, v in headers.items()})
    return attack


REFUSED = "edge.feed_failed.*"
OLDER = "edge.older_records_refused"
ATTACKS = {  # name: (attack, what the agent's log must show; None: nothing is wrong for it)
    "nothing comes": (feed_only(lambda w, r: (setattr(r, "body", b""), r.headers.update(
        {"Latchkey-Cursor": r.query["cursor"]}))), None),
    "one record is held back": (feed_only(withhold), None),
    "all is held back, the cursor goes on": (feed_only(lambda w, r: setattr(r, "body", b"")), None),
    "reordered": (feed_only(lambda w, r: setattr(r, "body", b"".join(r.records[::-1]))), None),
    "repeated": (feed_only(lambda w, r: setattr(r, "body", r.body * 2)), None),
    "all that ever was, again": (page(lambda w, r: b"".join(w.relay.seen)), OLDER),
    "truncated in a record": (page(lambda w, r: w.relay.seen[1][:-7]), REFUSED + "cut short"),
    "truncated in a header": (page(lambda w, r: w.relay.seen[1][:9]), REFUSED + "cut short"),
    "altered: version": (alter(0), REFUSED + "unknown record version"),
    "altered: kind": (alter(1), REFUSED + "(unknown record kind|not authentic)"),
    "altered: flags": (alter(3), REFUSED + "(unknown flag|not authentic|deletion)"),
    "altered: epoch": (alter(11), REFUSED + "not authentic"),
    "altered: rev": (alter(19), REFUSED + "not authentic"),
    "altered: length of key": (alter(21), REFUSED + "(not authentic|cut short|feed key)"),
    "altered: length of body": (alter(25), REFUSED + "(not authentic|cut short|feed key)"),
    "altered: key": (alter(26), REFUSED + "not authentic"),
    "altered: body": (alter(40), REFUSED + "not authentic"),
    "altered: feed key id": (alter(-33), REFUSED + "there is no feed key"),
    "altered: MAC": (alter(-1), REFUSED + "not authentic"),
    "bodies of two keys swapped": (page(swap_bodies), REFUSED + "not authentic"),
    "another group's record": (page(lambda w, r: w.other_group), REFUSED + "not authentic"),
    "good ones and another group's": (page(lambda w, r: w.relay.seen[1] + w.other_group),
                                      REFUSED + "not authentic"),
    "an older epoch's record": (page(lambda w, r: w.other_epoch), OLDER),
    "an old record": (page(lambda w, r: w.relay.old(b"hh1.example")), OLDER),
    "old settings": (page(lambda w, r: w.relay.old(b"Ssettings")), OLDER),
    "a deleted host": (page(lambda w, r: w.relay.old(b"hgone.example")), OLDER),
    "a deleted challenge": (page(lambda w, r: w.relay.old(b"th0.example\0tok")), OLDER),
    "an old deletion": (page(lambda w, r: w.relay.old(b"hagain.example", 1)), OLDER),
    "a forged deletion": (page(forge("h", "h5.example", None)), REFUSED + "not authentic"),
    "a forged end record": (page(forge("e", "end", er.end_body([]))), REFUSED + "not authentic"),
    "an old end record": (page(lambda w, r: w.relay.old(b"eend")), OLDER),
    "too many records": (page(lambda w, r: w.many), REFUSED + "more than 4096 records"),
    "a later epoch": (feed_only(lambda w, r: r.cursor(epoch=1)), REFUSED + "without telling"),
    "a cursor far ahead": (feed_only(lambda w, r: r.cursor(seq=10**15)), None),
    "a cursor that goes back": (feed_only(lambda w, r: r.cursor(seq=-3)), None),
    "a snapshot without some names": (
        snapshot(leave_out(b"late.example", b"h5.example", b"h6.example")), "records_in_doubt"),
    "a snapshot with the end record from before them": (
        snapshot(leave_out(b"late.example", b"fresh.example", end=0)), "records_in_doubt"),
    "a snapshot without an end record": (
        snapshot(lambda w, r: leave_out(b"h5.example")(w, r) or setattr(
            r, "body", b"".join(x for x in r.records if x[1:2] != b"e"))), "records_in_doubt"),
    "a snapshot of old records": (
        snapshot(lambda w, r: setattr(r, "body", b"".join(
            w.relay.old(x[1:2] + next(er.split(x))[4]) for x in r.records))), OLDER),
    "an empty snapshot": (
        snapshot(lambda w, r: (setattr(r, "body", b""), r.headers.pop("Latchkey-After", 0))),
        "records_in_doubt"),
    "a snapshot of a later epoch": (snapshot(lambda w, r: r.cursor(epoch=5)), None),
    "a snapshot of an earlier epoch": (snapshot(lambda w, r: r.cursor(epoch=-5)),
                                       REFUSED + "records here are of"),
    "a snapshot that never ends": (snapshot(endless), None),
    "a snapshot that stands still": (
        snapshot(lambda w, r: r.headers.update({"Latchkey-After": "aA"})), REFUSED),
    "snapshots without end": (snapshot(lambda w, r: None),
                              REFUSED + "refuses the cursor that its snapshot gave"),
    "gigantic": (page(lambda w, r: bytes(40 << 20)), REFUSED + "too_large"),
    "endless": (sent(send_endless), REFUSED + "too_large"),
    "cut in the middle": (sent(send_half), REFUSED + "error=net"),
    "an octet now and then": (sent(send_drops), REFUSED + "error=net"),
    "a header without end": (sent(send_long_header), REFUSED + "error=too_large"),
    "another page": (status(200, b"<html>Bad Gateway</html>"), REFUSED + "(unknown record|cursor)"),
    "an error": (status(500), REFUSED + "answers 500"),
    "a redirect": (status(302, Location="https://127.0.0.1:1/"), REFUSED + "answers 302"),
    "the token is refused": (status(401), REFUSED + "refuses the token"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """All attacks, several at a time, each in a world of its own: most of it is waiting."""
    started = {}
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        def result(name):
            if not started:
                started.update({each: pool.submit(run_attack, tmp_path_factory.mktemp("relay"),
                                                  *ATTACKS[each]) for each in ATTACKS})
            return started[name].result()
        yield result


@pytest.mark.req("R44")
@pytest.mark.parametrize("name", ATTACKS)
def test_attack(running, name):
    running(name)


def run_attack(folder, attack, pattern):
    world = World(folder)
    try:
        under_attack(world, attack, pattern)
        assert "Sanitizer" not in world.agent.log_text()
    finally:
        world.close()


def under_attack(world, attack, pattern):
    before, log = world.agent.records(), len(world.agent.log_text())
    world.relay.attack = lambda reply: attack(world, reply)
    world.change()
    if pattern:
        world.agent.wait_log(pattern, 20, log)
    wait_for(lambda: world.relay.hits >= 2, 20, "two replies under attack")
    world.check(before)
    world.relay.attack = None
    world.feed.host("after.example")
    world.feed.end()
    world.feed.nudge()
    wait_for(lambda: caught_up(world), 30, "the edge to catch up", 0.2)
    world.check(before)


def caught_up(world):
    wanted = {k: describe(r)[2:] for k, (_, r) in world.feed.rows.items()}
    have = world.agent.records()
    return all(have.get(k) == v for k, v in wanted.items()) and world.agent.live() == world.feed.live()


def settled(agent, quiet_s=1):
    """Its records, once nothing has changed in them for a while."""
    def unchanged():
        before = agent.records()
        time.sleep(quiet_s)
        return before if agent.records() == before else None
    return wait_for(unchanged, 30, "the records to settle")


@pytest.mark.req("R44")
def test_relay_with_the_key_of_web(tmp_path):
    """The real store, signer and web behind it; the relay has the certificate and key of the front."""
    with Platform() as platform:
        certificate = tmp_path / "front.pem"
        certificate.write_bytes((platform.dir / "ca/service.pem").read_bytes()
                                + (platform.dir / "ca/service.key").read_bytes())
        relay = Relay(platform.front_port, certificate, platform.roots)
        edge = platform.operator.post("/v1/edges", {"name": "edge-3", "addresses": ["192.0.2.3"]})
        platform.operator.patch(f"/v1/edges/{edge['id']}", {"in_rotation": False})
        relay.kid, relay.key = 1, (platform.dir / "keys/feed-default-1").read_bytes()
        agent = Agent(tmp_path, relay)
        agent.token.write_text(edge["token"])
        partner = platform.tenant()
        try:
            agent.start()
            platform.ordered(partner, "one.example")
            wait_for(lambda: b"hone.example" in agent.live(), 20, "the first name")
            before, log = settled(agent), len(agent.log_text())
            relay.attack = lambda reply: setattr(
                reply, "body", b"".join(reply.records[:-1]) + bytes(33))
            platform.ordered(partner, "two.example")
            agent.wait_log("edge.feed_failed", 20, log)
            assert agent.records() == before
            relay.attack = None
            wait_for(lambda: b"hwww.two.example" in agent.live(), 30, "the second name")
        finally:
            agent.kill()
            relay.close()
