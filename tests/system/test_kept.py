# SPDX-License-Identifier: Apache-2.0
"""An edge does not go back to an earlier certificate because the store was restored."""
import re
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import edge_records as er
from edge_kit import Ca, wait_for
from feed_kit import Agent, Feed

SETTINGS = ("S", "settings", er.settings_body(bytes(32), {"demo": "127.0.0.1:8090"}))
OLD, NEW, NEWER = ("crt_old", 1000), ("crt_new", 2000), ("crt_newer", 3000)
NONE = ("", 0)
SOON = 20  # seconds: two snapshots are five apart
WORD = r"[*a-z0-9.-]+:crt_new:2000:[\w-]+\.[\w-]+"


@pytest.fixture(scope="module")
def ca():
    return Ca()


@pytest.fixture(scope="module")
def bodies(ca):
    """Of the certificates, by id."""
    def body():
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = ca.leaf(["h.example"], key).public_bytes(serialization.Encoding.DER)
        return er.certificate_body(leaf, ca.chain, b"sealed" * 12, er.PKCS8)
    return {ident: body() for ident in ("crt_old", "crt_new", "crt_newer")}


@pytest.fixture(scope="module")
def chain(ca):
    return ("i", er.chain_hash(ca.chain), er.chain_body(ca.chain))


class World:
    """A feed, an agent on a clock of its own, and a store that may be restored."""

    def __init__(self, folder):
        self.feed = Feed(folder)
        self.feed.page_size = 1000
        self.agent = Agent(folder, self.feed)
        self.clock = folder / "clock"
        self.set_clock(0)
        self.agent.env["LATCHKEY_CLOCK_FILE"] = str(self.clock)

    def set_clock(self, days):
        self.clock.write_text(str(days * 86400 * 1000))

    def close(self):
        is_alive = self.agent.process is None or self.agent.process.poll() is None
        self.agent.kill()
        self.feed.close()
        assert is_alive and "Sanitizer" not in self.agent.log_text(), self.agent.log_text()

    def put(self, *records):
        for record in records:
            self.feed.put(*record)
        self.agent.wait_acked()

    def end(self):
        self.feed.end()
        self.agent.wait_acked()

    def begin(self, *records):
        for record in records:
            self.feed.put(*record)
        self.feed.end()
        self.agent.start().wait_acked()

    def restore(self, *records):
        self.feed.begin_epoch(*records)
        self.agent.wait_acked(SOON)

    def shown(self, name):
        """(site, certificate) as nginx sees it; None: it is gone."""
        body = self.agent.records()[b"h" + name.encode()][2]
        return body and er.read_host(body)

    def told(self, *names):
        """The agent says that it keeps these hosts and no others."""
        def is_told():
            self.feed.nudge()
            words = (self.feed.kept or "0").split(" ")
            assert all(re.fullmatch(WORD, word) for word in words[1:])
            return {word.split(":")[0] for word in words[1:]} == set(names) \
                and words[0] == str(len(names))
        wait_for(is_told, every=0.1)


@pytest.fixture
def world(tmp_path):
    one = World(tmp_path)
    yield one
    one.close()


def host(name, certificate, site="site_1"):
    ident, issued_at = certificate
    canonical = "*." if name.startswith("*.") else name
    return ("h", name, er.host_body(site, canonical, "demo", ident, issued_at=issued_at))


@pytest.fixture(scope="module")
def certificates(bodies, chain):
    def make(*idents):
        return [SETTINGS, chain, *(("c", ident, bodies[ident]) for ident in idents)]
    return make


# (before, in the restored store, what is shown then)
ROWS = {
    "earlier": (NEW, OLD, "crt_new"),
    "none": (NEW, NONE, "crt_new"),
    "none-before": (NEW, ("", 1999), "crt_new"),
    "none-by-wish": (NEW, ("", 2001), ""),
    "by-one": (NEW, ("crt_old", 1999), "crt_new"),
    "same": (NEW, NEW, "crt_new"),
    "later": (NEW, NEWER, "crt_newer"),
    "at-once": (NEW, ("crt_old", 2000), "crt_old"),  # neither is earlier
    "untold": (("crt_new", 0), OLD, "crt_old"),  # from before it was told
    "new": (NONE, OLD, "crt_old"),
    "gone": (("crt_gone", 2000), OLD, "crt_old"),  # it is not here
    "*.star": (NEW, OLD, "crt_new"),
}
KEPT = ("earlier.example", "none.example", "none-before.example", "by-one.example", "*.star.example")


def hosts(which, site="site_1"):
    return [host(f"{name}.example", row[which], site) for name, row in ROWS.items()]


@pytest.mark.req("R22", "R23", "R44")
def test_after_a_restore(world, certificates):
    def look(site):
        assert {name: world.shown(f"{name}.example") for name in ROWS} == {
            name: (site, row[2]) for name, row in ROWS.items()}
    world.begin(*certificates("crt_new"), *hosts(0))
    world.restore(*certificates("crt_old", "crt_newer"), *hosts(1))
    look("site_1")
    world.told(*KEPT)
    snapshots = world.feed.snapshots()
    world.end()
    look("site_1")
    assert world.agent.records()[b"ccrt_new"][2] is not None, "an end record spares what is kept"
    world.put(*hosts(1, "site_9"))
    world.end()
    look("site_9")  # all but the certificate follows
    assert world.feed.snapshots() == snapshots, "the end record says what is here"
    world.agent.kill()
    world.agent.start().wait_acked(SOON)
    world.told(*KEPT)
    world.restore(*certificates("crt_old", "crt_newer"), *hosts(1))
    look("site_1")
    world.told(*KEPT)
    world.restore(*certificates("crt_newer"), *(host(f"{name}.example", NEWER) for name in ROWS))
    world.told()
    world.end()
    assert {world.shown(f"{name}.example")[1] for name in ROWS} == {"crt_newer"}
    assert world.agent.records()[b"ccrt_new"][2] is None, "nothing needs it any more"


@pytest.mark.req("R22", "R23", "R44")
def test_what_is_not_signed_anew_yet(world, certificates):
    """A restored store told it before it knew that it is one, in the epoch of the life that is lost, and
    the edge comes when the next epoch has just begun."""
    feed, first = world.feed, world.feed.epoch
    world.begin(*certificates("crt_new"), *hosts(0))
    world.agent.kill()
    rev = feed.rev
    feed.begin_epoch()
    feed.rev = rev
    for record in (*certificates("crt_old", "crt_newer"), *hosts(1)):
        feed.put(*record, epoch=first)
    world.agent.start().wait_acked(SOON)

    def look():
        assert {name: world.shown(f"{name}.example")[1] for name in ROWS} == {
            name: row[2] for name, row in ROWS.items()}
    look()
    world.told(*KEPT)
    world.put(*certificates("crt_old", "crt_newer"), *hosts(1))
    world.end()
    look()
    world.told(*KEPT)


@pytest.mark.req("R10", "R23", "R42")
def test_how_it_ends(world, certificates, bodies):
    names = ("later.example", "deleted.example", "doubted.example", "expired.example")
    world.begin(*certificates("crt_new"), *(host(name, NEW) for name in names))
    world.put(("c", "crt_old", bodies["crt_old"]), host(names[0], OLD))
    assert world.shown(names[0])[1] == "crt_old", "within an epoch the worker decides"
    world.put(host(names[0], NEW))
    world.restore(*certificates("crt_old"), *(host(name, OLD) for name in names))
    world.told(*names)

    world.put(("c", "crt_newer", bodies["crt_newer"]), host("later.example", NEWER))
    assert world.shown("later.example")[1] == "crt_newer"
    world.put(host("later.example", OLD))
    assert world.shown("later.example")[1] == "crt_old", "within the epoch, as ever"

    world.put(("h", "deleted.example", None))
    assert world.shown("deleted.example") is None
    world.put(host("deleted.example", OLD))
    assert world.shown("deleted.example")[1] == "crt_old", "somebody has it anew"

    world.feed.forget("h", "doubted.example")  # nobody says that it was deleted
    world.agent.kill()
    world.agent.start()
    world.feed.nudge()
    world.agent.wait_acked(SOON)
    world.end()
    wait_for(lambda: world.shown("doubted.example") is None)

    world.set_clock(89)
    time.sleep(11)  # it is looked at every ten seconds
    world.told("expired.example")
    assert world.shown("expired.example")[1] == "crt_new"
    world.set_clock(91)
    wait_for(lambda: world.feed.nudge() or world.shown("expired.example")[1] == "crt_old", SOON,
             every=0.3)
    world.told()
    assert world.shown("doubted.example") is None, "that it is over does not bring it back"


@pytest.mark.req("R42")
def test_ends_when_the_certificate_is_deleted(world, certificates):
    world.begin(*certificates("crt_new"), host("h.example", NEW))
    world.restore(*certificates("crt_old"), host("h.example", OLD))
    world.told("h.example")
    world.put(("c", "crt_new", None))
    assert world.shown("h.example") == ("site_1", "crt_old")
    world.told()


@pytest.mark.req("R44")
def test_a_relay_cannot_take_it_back(world, certificates, bodies):
    """Whatever authentic there is, in any order, from either life: it may be withheld only."""
    feed, name = world.feed, "h.example"
    old = ("c", "crt_old", bodies["crt_old"])
    world.begin(*certificates("crt_new"), host(name, OLD), host(name, NEW))
    first = feed.epoch
    world.restore(*certificates("crt_old"), host(name, OLD))
    both = [feed.make(*record, epoch=epoch, rev=rev)
            for epoch, rev in ((first, 1), (first, 900), (feed.epoch, 900), (feed.epoch, 901))
            for record in (host(name, OLD), old, host(name, NONE))]
    later = feed.make(*host(name, OLD, "site_3"), rev=902)
    seen = set()

    def attack(body):
        def tamper(path, status, headers, honest):
            if path != "/v1/edge/feed" or status != 200:
                return status, headers, honest
            feed.tamper = None
            return 200, {"Latchkey-Cursor": f"{feed.epoch}-{feed.seq}"}, body
        feed.tamper = tamper
        wait_for(lambda: feed.nudge() or feed.tamper is None, SOON)
        feed.nudge()
        time.sleep(0.05)
        seen.add(world.shown(name)[1])

    for body in (*both, *reversed(both), later, later + b"".join(both), later[:-1] + b"x"):
        attack(body)
    assert seen == {"crt_new"}
    assert world.shown(name) == ("site_3", "crt_new")


@pytest.mark.req("R22", "R23")
def test_all_are_told_in_turns(world, certificates):
    names = {f"{i:03d}.{'a' * 60}.{'b' * 60}.example" for i in range(90)}
    world.begin(*certificates("crt_new"), *(host(name, NEW) for name in names))
    world.restore(*certificates("crt_old"), *(host(name, OLD) for name in names))
    found, sizes = set(), set()

    def is_all():
        world.feed.nudge()
        words = (world.feed.kept or "").split(" ")
        sizes.add(len(words) - 1)
        assert len(world.feed.kept or "") < 4096
        found.update(word.split(":")[0] for word in words[1:])
        return found >= names
    wait_for(is_all, 60, every=0.1)
    assert world.feed.kept.startswith("90 ") and max(sizes) < 30
    assert {world.shown(name)[1] for name in names} == {"crt_new"}
