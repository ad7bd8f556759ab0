# SPDX-License-Identifier: Apache-2.0
"""Leaving: an order cancelled in every state of its issuance, and domains given back."""
import contextlib
import os
import pathlib
import re
import signal
import sqlite3
import ssl
import time

import crash_kit
import pytest
from crash_kit import Trap
from platform_kit import Api, Platform, wait_for

MODEL = pathlib.Path(__file__).resolve().parents[2] / "src/model/issuance_state.h"
FINAL = {"live", "failed"}
NOT_AT_CA = "notatca"
needs_points = pytest.mark.skipif(not crash_kit.has_points(), reason="built without crash points")
# Where the worker is held in a state that would last some milliseconds.
HELD_AT = {"admitted": "worker.make-key.before", "finalizing": "worker.finalize.before",
           "issued": "worker.deploy.before"}


def states():
    """The states that an issuance can be ended in, as the model lists them."""
    text = MODEL.read_text()
    table = text[text.index("#define ISSUANCE_STATES"):text.index("#define ISSUANCE_EVENTS")]
    return [s for s in re.findall(r'X\(\w+, "(\w+)"\)', table) if s not in FINAL]


@pytest.fixture(scope="module")
def platform():
    p = Platform({"names": {"extra_suffixes": [NOT_AT_CA]}})
    p.trap = Trap(p)
    with p:
        yield p


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


@pytest.fixture(scope="module")
def other(platform):
    return platform.tenant("Other", "Other")


class Stopped:
    """Parts, or a step of the worker, that stand still until the end of the block."""

    def __init__(self, platform):
        self.platform, self.pids = platform, []

    def stop(self, *names):
        for name in names:
            self.pids.append(self.platform.kill(name, signal.SIGSTOP))

    def go_on(self, *names):
        for name in names:
            self.pids.remove(self.platform.kill(name, signal.SIGCONT))

    @contextlib.contextmanager
    def held(self, point):
        """Until the end of this block already."""
        self.platform.trap.hold(point)
        yield
        self.platform.trap.let_go()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.platform.trap.let_go()
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def rows(platform, name="latchkey.db"):
    """The database, read only."""
    with contextlib.closing(sqlite3.connect(f"file:{platform.dir}/{name}?mode=ro", uri=True,
                                            timeout=30)) as db:
        db.row_factory = sqlite3.Row
        yield db


def query(platform, sql, *args, name="latchkey.db"):
    with rows(platform, name) as db:
        return db.execute(sql, args).fetchall()


def issuance_of(platform, domain):
    return query(platform, "SELECT * FROM issuance WHERE domain_id = ? ORDER BY id DESC LIMIT 1",
                 domain["id"])[0]


def agents(platform):
    return [f"{edge.name}-agent" for edge in platform.edges]


def wait_state(platform, domain, state):
    wait_for(lambda: issuance_of(platform, domain)["state"] == state, every=0.002)


def begin(platform, api, name):
    domain = platform.domain(api, name)
    return domain, platform.order(api, domain)


# --- ways into a state: each leaves an order there, as long as the block of `stopped` lasts ---

def hold_waiting_dns(platform, api, stopped, name):
    domain, order = begin(platform, api, f"{name}.example")
    wait_for(lambda: issuance_of(platform, domain)["error_code"])
    return domain, order


def hold_ordering(platform, api, stopped, name):
    stopped.stop("ca")
    domain, order = begin_right(platform, api, name)
    wait_state(platform, domain, "ordering")
    return domain, order


def hold_publishing(platform, api, stopped, name):
    stopped.stop(*agents(platform))
    domain, order = begin_right(platform, api, name)
    wait_state(platform, domain, "publishing")
    return domain, order


def hold_validating(platform, api, stopped, name):
    domain, order = hold_publishing(platform, api, stopped, name)
    stopped.stop("ca")
    stopped.go_on(*agents(platform))
    wait_state(platform, domain, "validating")
    return domain, order


def hold_deploying(platform, api, stopped, name):
    with stopped.held("worker.deploy.before"):
        domain, order = begin_right(platform, api, name)
        platform.trap.wait_hit("worker.deploy.before")
        stopped.stop(*agents(platform))
    wait_state(platform, domain, "deploying")
    return domain, order


def hold_parked(platform, api, stopped, name):
    """A suffix that the platform sells and the CA does not permit."""
    platform.zone(f"{name}.{NOT_AT_CA}", platform.right_records())
    domain, order = begin(platform, api, f"{name}.{NOT_AT_CA}")
    wait_state(platform, domain, "parked")
    return domain, order


@pytest.mark.req("R37")
def test_what_is_parked_begins_again_by_request(platform, partner):
    """The CA has refused, a person has been there: "check again" makes a new attempt."""
    domain, order = hold_parked(platform, partner, None, "again")

    def refusals():
        events = partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]
        return [e["kind"] for e in events].count("issuance.ca_refused")

    assert refusals() == 1
    partner.call("POST", f"/v1/orders/{order['id']}/check", want=202)
    wait_for(lambda: refusals() == 2)
    wait_state(platform, domain, "parked")
    again = partner.call("POST", f"/v1/orders/{order['id']}/check", want=429)
    assert 30 < int(again.headers["Retry-After"]) <= 60 and again.json()["retry_at"], again.text
    assert refusals() == 2, "no more is asked of the CA"
    partner.call("POST", f"/v1/orders/{order['id']}/cancel", {}, want=200)
    partner.call("POST", f"/v1/orders/{order['id']}/check", want=409)


def hold_staging(platform, api, stopped, name):
    """Only what replaces a live certificate comes there: no order, the domain is given back."""
    _, domain, status = platform.ordered(api, f"{name}.example")
    with stopped.held("worker.deploy.before"):
        api.post(f"/v1/subscriptions/{status['subscription']['id']}/reissue", {}, want=202)
        platform.trap.wait_hit("worker.deploy.before")
        stopped.stop(*agents(platform))
    wait_state(platform, domain, "staging")
    return domain, None


def begin_right(platform, api, name):
    platform.zone(f"{name}.example", platform.right_records())
    return begin(platform, api, f"{name}.example")


def hold_at(point):
    """The worker held in the middle of a step; what else it has to do goes on."""
    def hold(platform, api, stopped, name):
        platform.trap.hold(point)
        domain, order = begin_right(platform, api, name)
        platform.trap.wait_hit(point)
        return domain, order
    return hold


WAYS = {
    "waiting_dns": hold_waiting_dns,
    "admitted": hold_at(HELD_AT["admitted"]),
    "ordering": hold_ordering,
    "publishing": hold_publishing,
    "validating": hold_validating,
    "finalizing": hold_at(HELD_AT["finalizing"]),
    "issued": hold_at(HELD_AT["issued"]),
    "staging": hold_staging,
    "deploying": hold_deploying,
    "parked": hold_parked,
}


def test_every_state_has_a_way():
    assert sorted(WAYS) == sorted(states())


def released(platform, domain):
    """Once nothing is left to do."""
    def is_over():
        return not query(platform, "SELECT 1 FROM job WHERE kind = 'release' AND subject_id = ?",
                         domain["id"])
    wait_for(is_over, 90)


def check_nothing_left(platform, issuance, tokens):
    """Neither in the feed, nor on the edges, nor of the key."""
    keys = [b"c" + name.encode() + b"\0" + token.encode() for name, token in tokens]
    if issuance["certificate_id"]:
        keys.append(b"C" + issuance["certificate_id"].encode())
    for key in keys:
        for row in query(platform, "SELECT is_tombstone FROM edge_record WHERE lower(hex(key)) = ?",
                         key.hex()):
            assert row["is_tombstone"], key
    for name, token in tokens:
        for address in platform.addresses():
            path = f"/.well-known/acme-challenge/{token}"
            assert platform.http(address, name, path)[0] == 404, (name, address)
    now = query(platform, "SELECT * FROM issuance WHERE id = ?", issuance["id"])[0]
    assert now["state"] == "failed" and now["sealed_key"] is None
    for row in query(platform, "SELECT * FROM certificate WHERE issuance_id = ?", issuance["id"]):
        assert row["sealed_key"] == b"" and row["state"] == "revoked"


def check_ca(platform, issuance):
    """At the CA nothing of the old order can be used: no authorization, and no certificate."""
    if not issuance["acme_order_url"]:
        return
    order = int(issuance["acme_order_url"].rsplit("/", 1)[1])
    left = query(platform, "SELECT status FROM acme_authorization JOIN order_authorization"
                 " ON authorization_id = acme_authorization.id WHERE order_id = ?", order,
                 name="ca/ca.db")
    assert left and {row["status"] for row in left} <= {"deactivated", "invalid"}, left
    for row in query(platform, "SELECT * FROM certificate WHERE order_id = ?", order,
                     name="ca/ca.db"):
        assert row["revoked_at"] and row["revocation_reason"] == 5  # cessationOfOperation


@needs_points
@pytest.mark.req("R42", "R54")
@pytest.mark.parametrize("point", ["worker.challenges.reply", "worker.challenges.commit"])
def test_a_name_is_given_back_after_it_was_ordered(platform, partner, other, point):
    """The CA is not told to look at it any more, whoever has it by now: the rest is ordered anew."""
    zone = f"{point.replace('.', '-')}.example"
    alias = f"shop.{zone}"
    platform.zone(zone, [*platform.right_records(), "shop 1 IN CNAME @"])
    domain = platform.domain(partner, zone)
    partner.post(f"/v1/domains/{domain['id']}/names", {"name": alias})
    with Stopped(platform) as stopped, stopped.held(point):
        platform.order(partner, domain)
        wait_for(platform.trap.hit_path.exists)
        partner.call("DELETE", f"/v1/domains/{domain['id']}/names/{alias}", want=200)
        platform.domain(other, alias)
    status = platform.wait_live(partner, domain, 90)
    assert {n["name"] for n in status["names"]} == {zone, f"www.{zone}"}
    told = query(platform, "SELECT kind FROM journal WHERE kind LIKE 'challenge.%' AND detail LIKE ?",
                 f"%{alias}%", name="ca/ca.db")
    assert told == []
    assert len(partner.get(f"/v1/certificates?domain_id={domain['id']}")["items"]) == 1


@needs_points
@pytest.mark.req("R6", "R42", "R53")
@pytest.mark.parametrize("state", states())
def test_cancelled_in(platform, partner, state):
    with Stopped(platform) as stopped:
        domain, order = WAYS[state](platform, partner, stopped, f"cancel-{state.replace('_', '-')}")
        issuance = issuance_of(platform, domain)
        assert issuance["state"] == state
        tokens = [(row["name"], row["token"]) for row in
                  query(platform, "SELECT * FROM issuance_name WHERE issuance_id = ?"
                        " AND token IS NOT NULL", issuance["id"])]
        if order:
            cancelled = partner.post(f"/v1/orders/{order['id']}/cancel", {}, want=200)
            assert cancelled["state"] == "cancelled"
            again = platform.order(partner, domain)  # at once
            assert again["id"] != order["id"]
        else:
            partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)
    released(platform, domain)
    ended = query(platform, "SELECT * FROM issuance WHERE id = ?", issuance["id"])[0]
    check_nothing_left(platform, ended, tokens)
    check_ca(platform, ended)
    if not order:
        return
    old = partner.get(f"/v1/orders/{order['id']}")
    assert (old["state"], old["subscription_id"]) == ("cancelled", None)  # no charge
    if state in ("waiting_dns", "parked"):
        partner.post(f"/v1/orders/{again['id']}/cancel", {}, want=200)
        return
    status = platform.wait_live(partner, domain, 90)
    live = [c for c in partner.get(f"/v1/certificates?domain_id={domain['id']}")["items"]
            if c["state"] not in ("cancelled", "revoked")]
    assert [c["serial"] for c in live] == [status["certificate"]["serial"]]
    for address in platform.addresses():
        assert int(platform.serial(address, domain["name"]), 16) == int(live[0]["serial"], 16)
        assert platform.http(address, domain["name"])[0] == 200


@needs_points
@pytest.mark.req("R42")
def test_certificate_at_the_ca_is_named(platform, partner):
    """The CA has issued, and nobody has fetched it: the timeline names it, and it is revoked."""
    with Stopped(platform) as stopped:
        domain, order = hold_at("worker.finalize.reply")(platform, partner, stopped, "unfetched")
        at_ca = int(issuance_of(platform, domain)["acme_order_url"].rsplit("/", 1)[1])

        def issued():
            return query(platform, "SELECT * FROM certificate WHERE order_id = ?", at_ca,
                         name="ca/ca.db")
        serial = wait_for(issued)[0]["serial"]
        partner.post(f"/v1/orders/{order['id']}/cancel", {}, want=200)
    released(platform, domain)
    texts = [e["text"] for e in
             partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]]
    assert any(serial.lower() in text for text in texts), texts
    assert issued()[0]["revoked_at"]


# --- domains ---

@pytest.mark.req("R42", "R7", "A16")
def test_released_and_claimed_by_another(platform, partner, other):
    name = "moving.example"
    _, domain, status = platform.ordered(partner, name)
    path = f"/v1/domains/{domain['id']}"
    other.call("DELETE", path, want=404)
    refused = partner.call("DELETE", path, want=409).json()
    assert "subscription" in refused["detail"]
    platform.domain(other, name, want=409)
    old = query(platform, "SELECT * FROM certificate WHERE domain_id = ?", domain["id"])[0]
    serial = int(status["certificate"]["serial"], 16)

    gone = partner.call("DELETE", path + "?cancel_subscription=true", want=200).json()
    assert gone["removed"]
    assert partner.call("DELETE", path, want=200).json() == gone, "once is enough"
    theirs = platform.domain(other, name)
    released(platform, domain)
    check_ca(platform, issuance_of(platform, domain))
    for address in platform.addresses():
        with pytest.raises(ssl.SSLError):  # an alert, not a dead edge
            platform.serial(address, name)
    subscription = partner.get(f"/v1/subscriptions/{status['subscription']['id']}")
    assert subscription["state"] == "cancelled"
    certificate = partner.get(f"/v1/certificates/{status['certificate']['id']}")
    assert certificate["state"] == "revoked"
    kept = query(platform, "SELECT * FROM certificate WHERE domain_id = ?", domain["id"])[0]
    assert kept["sealed_key"] == b"" and kept["leaf"] == old["leaf"]

    platform.order(other, theirs)
    live = platform.wait_live(other, theirs)
    assert int(live["certificate"]["serial"], 16) != serial
    for address in platform.addresses():
        assert int(platform.serial(address, name), 16) == int(live["certificate"]["serial"], 16)
    partner.call("DELETE", path, want=200)
    released(platform, domain)
    assert platform.https(platform.addresses()[0], f"www.{name}")[0] == 200, "theirs stays"


@pytest.mark.req("R42")
def test_no_order_before_the_check_of_the_present_claim(platform, partner, other):
    """The names no longer lead here when another claims them: what the first one was allowed at the
    CA helps nobody, and no newOrder leaves before the second one's own check has passed."""
    name = "checked.example"
    _, domain, _ = platform.ordered(partner, name)
    platform.zone(name, ["@ 1 IN A 203.0.113.9"])
    partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)

    def orders():
        return [row["at"] for row in query(
            platform, "SELECT * FROM journal WHERE kind LIKE 'order.%' AND kind <> 'order.finalized'"
            " AND detail LIKE ?", f"%{name}%", name="ca/ca.db")]
    theirs = platform.domain(other, name)
    platform.order(other, theirs)
    before = orders()
    wait_for(lambda: issuance_of(platform, theirs)["error_code"])
    released(platform, domain)
    time.sleep(1.5)  # some checks more
    assert orders() == before and len(before) == 1
    platform.zone(name, platform.right_records())
    live = platform.wait_live(other, theirs)
    checked = query(platform, "SELECT checked_at FROM issuance WHERE domain_id = ?", theirs["id"])
    assert len(orders()) == 2 and orders()[1] >= checked[0]["checked_at"]
    assert live["certificate"]


@pytest.mark.req("R42")
def test_released_while_the_ca_is_down(platform, partner):
    """The edges do not wait for the CA; the CA is told when it is back."""
    name = "cadown.example"
    _, domain, status = platform.ordered(partner, name)
    with Stopped(platform) as stopped:
        stopped.stop("ca")
        partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)

        def is_gone():
            try:
                platform.serial(platform.addresses()[0], name)
            except OSError:
                return True
            return False
        wait_for(is_gone)
        assert query(platform, "SELECT 1 FROM order_at_ca WHERE domain_id = ?", domain["id"])
    released(platform, domain)
    serial = status["certificate"]["serial"]
    revoked = query(platform, "SELECT revoked_at FROM certificate WHERE lower(serial) LIKE ?",
                    f"%{serial.lstrip('0').lower()}", name="ca/ca.db")
    assert revoked[0]["revoked_at"]


@pytest.mark.req("R4", "R42")
def test_release_command(platform, partner):
    name = "command.example"
    _, domain, _ = platform.ordered(partner, name)
    unsure = platform.run("release", name, api=partner, stdin=-3)
    assert unsure.returncode == 64 and "--yes" in unsure.stderr
    refused = platform.run("release", name, "--yes", api=partner)
    assert refused.returncode == 1 and "subscription" in refused.stderr
    done = platform.run("release", name, "--yes", "--cancel-subscription", api=partner)
    assert done.returncode == 0 and name in done.stdout, done.stderr
    assert platform.run("release", "nobody.example", "--yes", api=partner).returncode == 1
    released(platform, domain)


def write(platform, sql, *args):
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=30)) as db, db:
        db.execute(sql, args)


def forget_deletions(platform):
    """As a week later: the store keeps nothing of them."""
    deleted = "SELECT 1 FROM edge_record WHERE is_tombstone = 1"
    assert query(platform, deleted)
    write(platform, "UPDATE edge_record SET rev = rev - 8 * 86400000 WHERE is_tombstone = 1")
    write(platform, "UPDATE job SET run_at = 0 WHERE kind = 'tidy'")
    wait_for(lambda: not query(platform, deleted), 30)


@pytest.mark.req("R42", "R44")
def test_edge_that_slept_for_longer_than_deletions_are_kept(platform, partner):
    """It is refused its cursor, takes a snapshot, and what was deleted meanwhile goes there too."""
    name, stays = "asleep.example", "awake.example"
    _, domain, _ = platform.ordered(partner, name)
    platform.ordered(partner, stays)
    awake, edge = platform.edges
    agent = f"{edge.name}-agent"

    def is_shown(address):
        try:
            return platform.serial(address, name)
        except ssl.SSLError:  # an alert, not a dead edge
            return None
    with Stopped(platform) as stopped:
        stopped.stop(agent)
        head = query(platform, "SELECT epoch, seq FROM feed_head")[0]
        platform.kill("front")  # and with it what the agent waits for
        crash_kit.insist(lambda: partner.call(
            "DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true").status_code == 200)
        wait_for(lambda: not is_shown(awake.addresses[0]))
        forget_deletions(platform)
        assert all(map(is_shown, edge.addresses)), "it sleeps"
        token = (platform.dir / f"edge/{edge.name}/token").read_text().strip()
        Api(partner.url, token, platform.roots).call(
            "GET", f"/v1/edge/feed?cursor={head['epoch']}-{head['seq']}", want=410)
        before = platform.log(agent).count("edge.snapshot")
    wait_for(lambda: platform.log(agent).count("edge.snapshot") > before)
    write(platform, "UPDATE job SET run_at = 0 WHERE kind = 'settings'")  # a new end record
    wait_for(lambda: not any(map(is_shown, edge.addresses)), 40)
    assert all(platform.serial(address, stays) for address in edge.addresses)
    released(platform, domain)


def find_octets(path, octets):
    """Whether a file has them anywhere."""
    return path.exists() and octets in path.read_bytes()


@pytest.mark.req("R42", "R50")
def test_no_octet_of_a_destroyed_key_is_left(platform, partner):
    """Neither in the database, its log included, nor in the file of any edge."""
    name = "octets.example"
    _, domain, _ = platform.ordered(partner, name)
    sealed = query(platform, "SELECT sealed_key FROM certificate WHERE domain_id = ?",
                   domain["id"])[0]["sealed_key"]
    edges = [platform.dir / f"edge/{edge.name}/lmdb/data.mdb" for edge in platform.edges]
    files = [platform.dir / "latchkey.db", platform.dir / "latchkey.db-wal"]
    assert len(sealed) > 40 and any(find_octets(f, sealed) for f in files)
    assert all(find_octets(f, sealed) for f in edges), edges
    partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)
    released(platform, domain)

    def are_clean():
        with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=30)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return not any(find_octets(f, sealed) for f in files)
    wait_for(are_clean)
    wait_for(lambda: not any(find_octets(f, sealed) for f in edges))
