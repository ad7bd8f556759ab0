# SPDX-License-Identifier: Apache-2.0
"""Which edges count: an order neither hangs nor lies, whatever mix of edges follows, is stale, is
down or is out of rotation. Three edges in network namespaces of their own.

With LATCHKEY_LONG=1 (`./test edges-whole`) every mix, else one of each kind."""
import itertools
import json
import os
import signal
import time

import pytest
from far_edges import STATES, FarEdges, can_nest
from platform_kit import Platform, wait_for

pytestmark = pytest.mark.skipif(not can_nest(), reason="no network namespaces in a namespace here")

LONG = bool(os.environ.get("LATCHKEY_LONG"))
SHORT = [
    ("following", "stale", "down"),
    ("following", "down", "out"),
    ("stale", "stale", "down"),
    ("down", "down", "down"),
]
MIXES = list(itertools.combinations_with_replacement(STATES, 3)) if LONG else SHORT


@pytest.fixture(scope="module")
def platform():
    far = [f"203.0.113.{10 + n}" for n in (1, 2, 3)]
    platform = Platform(clock=True)
    platform.start()
    platform.stop()
    addresses = platform.addresses(4) + far  # not before: the first order needs them all
    platform.configure({"edge": {"ipv4": addresses}})
    with platform.start():
        yield platform


@pytest.fixture(scope="module")
def edges(platform):
    edges = FarEdges(platform)
    yield edges
    edges.remove()


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


@pytest.fixture(autouse=True)
def healed(edges):
    yield
    edges.heal()


class Order:
    """An order for a name that leads to `address`."""

    def __init__(self, platform, partner, name, address):
        self.platform, self.partner, self.name = platform, partner, name
        platform.zone(name, [f"@ 1 IN A {address}", "www 1 IN CNAME @"])
        self.domain = platform.domain(partner, name)
        platform.order(partner, self.domain)

    def status(self):
        return self.platform.status(self.partner, self.domain)

    def state(self):
        return self.status()["issuance"]["state"]

    def wait(self, *states, seconds=30):
        try:
            return wait_for(lambda: self.state() in states and self.status(), seconds, every=0.1)
        except AssertionError:
            raise AssertionError((self.status(), self.timeline())) from None

    def badge(self):
        edges = self.status()["edges"]
        return f"{edges['proven']}/{edges['counted']}"

    def timeline(self):
        page = self.partner.get(f"/v1/events?domain_id={self.domain['id']}&limit=200")
        return [event["text"] for event in page["items"]]


def front(platform, edges):
    """Where a name leads to in this mix: an edge that follows, else one of the platform's own,
    which is out of rotation and has every record."""
    for edge in edges.items:
        if edge.state == "following":
            return edge.address
    return platform.addresses(4)[0]


def wait_out(order, edges, state):
    """Through the 60 s for which a stale edge is waited: the order waits, and then does not."""
    order.wait(state)
    time.sleep(1.5)
    assert order.state() == state, "a stale edge is waited for"
    edges.move_clock(61)
    edges.nudge()
    wait_for(lambda: order.state() != state, 30, every=0.1)


def check_live(order, edges, counts):
    following, counted = counts["following"], counts["following"] + counts["stale"]
    if counts["stale"]:
        wait_out(order, edges, "publishing")
        wait_out(order, edges, "deploying")
    status = order.wait("live")
    assert status["badge"]["code"] == "test_certificate"
    assert order.badge() == f"{following}/{counted}"
    assert f"{following} of {counted} CDN locations show the certificate" in order.timeline()
    shown = order.platform.run("status", order.name, api=order.partner).stdout
    assert f"{following}/{counted}" in shown, shown


def check_waits(order, edges, counts):
    """Nobody can take it up: it says so, and whose turn it is; and goes on by itself."""
    if counts["stale"]:
        order.wait("publishing")
        edges.move_clock(61)

    def is_said():
        status = order.status()
        return status if status["badge"]["who_acts"] == "operator" else None
    status = wait_for(is_said, 40, every=0.2)
    assert status["issuance"]["state"] == "publishing"
    assert status["badge"]["text"] == "Action needed (operator)"
    assert "operator" in status["next"]
    said = [text for text in order.timeline() if "goes on by itself" in text]
    assert len(said) == 1 and "no CDN location" in said[0], order.timeline()


@pytest.mark.req("R22", "R23", "A11")
@pytest.mark.parametrize("mix", MIXES, ids="-".join)
def test_mix(platform, partner, edges, mix):
    name = f"{'-'.join(state[0] for state in mix)}.example"
    counts = {state: mix.count(state) for state in STATES}
    before = [edge.events() for edge in edges.items]
    edges.become(*mix)
    order = Order(platform, partner, name, front(platform, edges))
    if counts["following"]:
        check_live(order, edges, counts)
    else:
        check_waits(order, edges, counts)
    listed = platform.run("edges", api=platform.operator)
    assert listed.returncode == (1 if counts["down"] else 0), listed.stdout
    assert listed.stdout.count("ALARM") == counts["down"]
    edges.heal()
    order.wait("live", seconds=60)
    wait_for(lambda: order.badge() == "3/3", 40, every=0.2)
    for edge, state, old in zip(edges.items, mix, before):
        events = edge.events()[len(old):]
        assert events.count("edge.down") == events.count("edge.back") == (state == "down"), events
        if state in ("down", "out"):
            assert events[-1] == "edge.caught_up", events
    assert platform.run("edges", api=platform.operator).returncode == 0


def lines_of(platform, edge, standing):
    """What the worker has logged of this edge becoming this."""
    lines = (platform.dir / "log/worker.log").read_text().splitlines()
    return [line for line in lines if "edge.standing" in line and f"edge={edge.name} " in line
            and f" is={standing} " in line]


@pytest.mark.req("R23", "A11")
def test_alarm(platform, partner, edges):
    """It is told once when it begins and once when it ends, and to nobody but the operator."""
    edge = edges.items[0]
    before, warned = edge.events(), len(lines_of(platform, edge, "down"))
    edges.become("down", "following", "following")
    seen = edge.seen()
    assert (seen["condition"], seen["alarm"], seen["counted"]) == ("down", True, False)
    assert edge.address in seen["tried"] and seen["since"] and seen["next_at"]
    assert "operator" in seen["next"].lower()
    tried_at = seen["tried_at"]
    wait_for(lambda: edge.seen()["tried_at"] > tried_at, 20, every=0.2)
    shown = platform.run("edges", edge.name, api=platform.operator)
    assert shown.returncode == 1 and f"ALARM {edge.name}: " in shown.stdout, shown.stdout
    assert "far-2" not in shown.stdout
    assert edge.events()[len(before):] == ["edge.down"]
    edges.heal()
    assert edge.events()[len(before):] == ["edge.down", "edge.back", "edge.caught_up"]
    began, ended = (lines_of(platform, edge, to) for to in ("down", "catching_up"))
    assert len(began) == warned + 1 and all("WARN" in line.upper() for line in began + ended[-1:])
    assert partner.get(f"/v1/events?subject_id={edge.id}")["items"] == []


def in_the_long_form(test):
    """Is no test otherwise: `./test edges-whole` has it."""
    return test if LONG else None


@in_the_long_form
@pytest.mark.req("R23", "A11")
def test_real_time(edges):
    """Without the movable clock: how soon an edge is down, and counts again."""
    edge = edges.items[0]
    began = time.monotonic()
    edge.become("down")
    wait_for(lambda: edge.seen()["alarm"], 60, every=0.1)
    down = time.monotonic() - began
    edge.become("following")
    wait_for(lambda: edge.seen()["standing"] == "counted", 60, every=0.1)
    print(f"down after {down:.1f} s, counted {time.monotonic() - began - down:.1f} s after its return")
    assert 5 < down < 30


@pytest.mark.req("R23", "A11")
def test_catching_up(platform, partner, edges):
    """Back with its nginx only it ends the alarm, and does not count: nothing waits for it, nothing is
    proven with it. Once its agent is back, it counts and gets its proofs."""
    edge = edges.items[2]
    edges.become("following", "following", "down")
    Order(platform, partner, "missed.example", edges.items[0].address).wait("live")
    edge.end("agent")
    edge.set_link(True)
    wait_for(lambda: edge.seen()["standing"] == "catching_up", 30, every=0.2)
    seen = edge.seen()
    assert (seen["condition"], seen["alarm"], seen["counted"]) == ("stale", False, False)
    assert seen["behind"]["records"] > 0 and seen["behind"]["seconds"] > 0
    began = time.monotonic()
    order = Order(platform, partner, "unheld.example", edges.items[0].address)
    order.wait("live")
    assert time.monotonic() - began < 20, "nothing waits for it"
    assert order.badge() == "2/2"
    assert order.status()["edges"]["items"][-1]["standing"] == "catching_up"
    assert platform.run("edges", api=platform.operator).returncode == 0
    edge.set_agent(True)
    wait_for(lambda: order.badge() == "3/3", 30, every=0.2)
    seen = edge.seen()
    assert (seen["standing"], seen["behind"]["records"]) == ("counted", 0)


@pytest.mark.req("R23")
def test_takes_up_nothing(platform, partner, edges):
    """Its disk is full: it asks for records and stores none. It is waited for like a stale one."""
    edge = edges.items[1]
    edge.end("agent", signal.SIGKILL)
    edge.start_agent(file_size=2 * 4096)  # LMDB's two meta pages, and no data
    order = Order(platform, partner, "full.example", edges.items[0].address)
    order.wait("publishing")
    trouble = wait_for(lambda: edge.seen()["trouble"], 30, every=0.2)
    wait_for(lambda: edge.seen()["behind"]["records"] > 0)
    edges.move_clock(61)
    edges.nudge()
    wait_for(lambda: edge.seen()["standing"] == "lagging", 40, every=0.2)
    assert edge.processes["agent"].poll() is None, "it goes on asking"
    assert trouble in platform.run("edges", edge.name, api=platform.operator).stdout
    wait_for(lambda: order.state() == "deploying", 30, every=0.1)
    edges.move_clock(61)
    edges.nudge()
    order.wait("live")
    assert order.badge() == "2/3"
    edge.end("agent", signal.SIGKILL)
    edge.set_agent(True)
    wait_for(lambda: order.badge() == "3/3", 30, every=0.2)
    wait_for(lambda: edge.seen()["standing"] == "counted", every=0.2)


@pytest.mark.req("R22", "R23")
def test_nginx_gone(platform, partner, edges):
    """Its agent follows, and nobody can connect: the order waits 60 s for it, says why, and goes live on
    the others; it is proven once it is there."""
    edge = edges.items[1]
    edge.end("nginx")
    order = Order(platform, partner, "nginx.example", edges.items[0].address)
    order.wait("deploying")
    wait_for(lambda: edge.address in order.status()["next"], every=0.1)
    time.sleep(1)
    assert order.state() == "deploying"
    edges.move_clock(61)
    edges.nudge()
    order.wait("live")
    assert order.badge() == "2/3"
    assert "2 of 3 CDN locations show the certificate" in order.timeline()
    edge.start_nginx()
    wait_for(edge.is_listening)
    edges.move_clock(301)
    edges.nudge()
    wait_for(lambda: order.badge() == "3/3", 30, every=0.2)


@pytest.mark.req("R23")
def test_rotation(platform, edges):
    name = edges.items[0].name
    gone = platform.run("edges", name, "--rotation", "out", "--json", api=platform.operator)
    assert gone.returncode == 0, gone.stderr
    assert json.loads(gone.stdout)[0]["in_rotation"] is False
    wait_for(lambda: edges.items[0].seen()["standing"] == "out")
    assert platform.run("edges", name, "--rotation", "in", api=platform.operator).returncode == 0
    wait_for(lambda: edges.items[0].seen()["standing"] == "counted")
    assert platform.run("edges", "far-9", api=platform.operator).returncode == 2
    assert platform.run("edges", "--rotation", "in", api=platform.operator).returncode == 64
    assert platform.run("edges", name, "--rotation", "up", api=platform.operator).returncode == 64


@pytest.mark.req("R23")
def test_seen_again(platform, partner, edges):
    """A proof is taken again every day; one of more than 48 hours ago is said to be that."""
    order = Order(platform, partner, "again.example", edges.items[0].address)
    order.wait("live")
    first = [edge["proven_at"] for edge in order.status()["edges"]["items"] if edge["counted"]]
    worker = platform.pid("worker")
    os.kill(worker, signal.SIGSTOP)
    try:
        edges.move_clock(49 * 3600)  # nothing is written now: the worker may have the turn
        old = [edge for edge in order.status()["edges"]["items"] if edge["name"].startswith("far-")]
        assert [edge["last_seen"] for edge in old] == [True] * 3
        assert order.status()["edges"]["proven"] == 0
        assert [edge["proven_at"] for edge in old] == first
    finally:
        os.kill(worker, signal.SIGCONT)
    edges.nudge()
    wait_for(lambda: order.badge() == "3/3", 40, every=0.2)
    again = [edge["proven_at"] for edge in order.status()["edges"]["items"] if edge["counted"]]
    assert min(again) > max(first)
