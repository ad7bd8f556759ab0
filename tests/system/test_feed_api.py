# SPDX-License-Identifier: Apache-2.0
"""The feed as web relays it. Records are opaque to it, so that these are not even records."""
import base64
import time

import pytest

from test_api import problem
from web_kit import Client, Later, Web, wait_for

EPOCH = 1795000000000
MANY, PACE_S = 300, 0.020  # api/feed_pace.h


class Feed:
    """A worker's hand in the store."""

    def __init__(self, web, group, epoch=EPOCH):
        self.web, self.group, self.epoch, self.seq = web, group, epoch, 0
        web.sql(("INSERT INTO feed_head (grp, epoch, seq, tombstone_floor) VALUES (?, ?, 0, 0)",
                 (group, epoch)))

    def put(self, *records):
        """(key, octets) each."""
        statements = []
        for key, octets in records:
            self.seq += 1
            statements.append(("INSERT INTO edge_record VALUES (?, ?, ?, 1, ?, 0, ?) "
                               "ON CONFLICT (grp, key) DO UPDATE SET seq = excluded.seq, "
                               "bytes = excluded.bytes", (self.group, key, self.epoch, self.seq, octets)))
        statements.append(("UPDATE feed_head SET seq = ? WHERE grp = ?", (self.seq, self.group)))
        self.web.sql(*statements)

    def set(self, column, value):
        self.web.sql((f"UPDATE feed_head SET {column} = ? WHERE grp = ?", (value, self.group)))


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        yield w


GROUPS = iter(f"group-{i}" for i in range(100))


@pytest.fixture
def edge(web):
    group = next(GROUPS)
    edge = web.edge(f"edge-of-{group}", group)
    edge.group = group
    return edge


def feed(edge, cursor, wait=0, want=200):
    return edge.call("GET", f"/v1/edge/feed?cursor={cursor}&wait={wait}", want=want)


def at(seq, epoch=EPOCH):
    return f"{epoch}-{seq}"


def acked(web, edge):
    one, = [e for e in web.operator.get("/v1/edges")["items"] if e["id"] == edge.edge["id"]]
    return one


@pytest.mark.asan
def test_pages(web, edge):
    records = Feed(web, edge.group)
    answer = feed(edge, at(0))
    assert answer.content == b"" and answer.headers["Latchkey-Cursor"] == at(0)
    records.put((b"ca", b"<one>"), (b"hb", b"<two>"))
    answer = feed(edge, at(0))
    assert answer.content == b"<one><two>" and answer.headers["Latchkey-Cursor"] == at(2)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    records.put((b"ca", b"<three>"))
    assert feed(edge, at(0)).content == b"<two><three>"
    assert feed(edge, at(2)).content == b"<three>"
    assert feed(edge, at(3)).content == b""
    records.put(*[(b"h%03d" % i, b"%03d" % i) for i in range(250)])
    answer = feed(edge, at(3))
    assert answer.content == b"".join(b"%03d" % i for i in range(200))
    answer = feed(edge, answer.headers["Latchkey-Cursor"])
    assert answer.content == b"".join(b"%03d" % i for i in range(200, 250))


def test_large_records(web, edge):
    """A page ends before 1 MiB; one record always fits."""
    records = Feed(web, edge.group)
    records.put(*[(b"h%d" % i, bytes([65 + i]) * 300000) for i in range(5)])
    first = feed(edge, at(0))
    assert len(first.content) == 900000 and first.headers["Latchkey-Cursor"] == at(3)
    assert len(feed(edge, at(3)).content) == 600000


@pytest.mark.parametrize("cursor", ["", "1", "-1", "a-b", "1-2-3", "1--2", "9" * 30 + "-1"])
def test_bad_cursors(web, edge, cursor):
    problem(edge.call("GET", f"/v1/edge/feed?cursor={cursor}"), 422, "bad_input", "cursor")


def test_gone(web, edge):
    problem(feed(edge, at(0), want=503), 503, "busy")
    records = Feed(web, edge.group)
    records.put((b"ha", b"1"), (b"hb", b"2"), (b"hc", b"3"))
    records.set("tombstone_floor", 2)
    for cursor in (at(1), at(3, EPOCH - 1), "0-0"):
        problem(feed(edge, cursor, want=410), 410, "gone")
    assert feed(edge, at(2)).content == b"3"


@pytest.mark.req("R44")
@pytest.mark.parametrize("cursor", [at(4), at(0, EPOCH + 1)])
def test_ahead(web, edge, cursor):
    """The store is an older copy: nothing is for this edge until there is a new epoch."""
    records = Feed(web, edge.group)
    records.put((b"ha", b"1"), (b"hb", b"2"), (b"hc", b"3"))
    answer = feed(edge, cursor)
    assert answer.content == b"" and answer.headers["Latchkey-Cursor"] == cursor
    def noted():
        return web.sql(("SELECT ahead_epoch FROM feed_head WHERE grp = ?", (edge.group,)))[0][0][0]

    wait_for(lambda: web.sql(("SELECT acked_at FROM edge WHERE id = ?",
                              (edge.edge["id"],)))[0][0][0])
    assert noted() == int(cursor.split("-")[0])
    waiting = Later(feed, edge, cursor, 20, None)
    time.sleep(0.2)
    records.set("epoch", EPOCH + 10**15)
    problem(waiting.result()[0], 410, "gone")


@pytest.mark.req("R22", "R44")
def test_ahead_in_an_epoch_of_a_clock_that_was_wrong(web, edge):
    """The store began it itself: whoever is further there proves what he always does."""
    records = Feed(web, edge.group, EPOCH + 10**14)
    records.put((b"ha", b"1"), (b"hb", b"2"))
    cursor = at(3, EPOCH + 10**14)
    answer = feed(edge, cursor)
    assert answer.content == b"" and answer.headers["Latchkey-Cursor"] == cursor
    wait_for(lambda: web.sql(("SELECT ahead_epoch FROM feed_head WHERE grp = ?", (edge.group,)))[0]
             == [(EPOCH + 10**14,)])


@pytest.mark.req("R23", "R44")
def test_led_to_an_epoch_that_nobody_has(web, edge):
    """By a relay that was hostile once: it proves nothing, and a snapshot leads the edge back."""
    Feed(web, edge.group).put((b"ha", b"1"), (b"hb", b"2"))
    for cursor in (at(0, EPOCH + 10**14), at(2**63 - 1, 2**63 - 1)):
        problem(feed(edge, cursor, want=410), 410, "gone")
        answer = edge.call("GET", "/v1/edge/snapshot", headers={"Latchkey-Had": cursor}, want=200)
        assert answer.content == b"12" and answer.headers["Latchkey-Cursor"] == at(2)
    wait_for(lambda: acked(web, edge)["acknowledged"])
    assert web.sql(("SELECT ahead_epoch FROM feed_head WHERE grp = ?", (edge.group,)))[0] == [(0,)]


@pytest.mark.req("R22", "R44")
def test_ahead_before_a_snapshot(web, edge):
    """As by a poll: an edge that takes a snapshot shows where it was, and is given none of the copy's."""
    records = Feed(web, edge.group)
    records.put((b"ha", b"1"), (b"hb", b"2"))

    def take(had, want, head=""):
        return edge.call("GET", f"/v1/edge/snapshot{head}", headers={"Latchkey-Had": had}, want=want)

    def noted():
        return web.sql(("SELECT ahead_epoch FROM feed_head WHERE grp = ?", (edge.group,)))[0][0][0]
    for had in (at(2), at(0), at(9, EPOCH - 1)):
        assert take(had, 200).content == b"12"
    problem(take("x", 422), 422, "bad_input", "Latchkey-Had")
    assert noted() == 0 and acked(web, edge)["acknowledged"] is None, "it has nothing for sure"
    problem(take(at(3), 410), 410, "gone")
    problem(take(at(3), 410, f"?head={at(9)}&after=aGE"), 410, "gone")  # it was restored on the way
    wait_for(lambda: noted() == EPOCH)
    records.set("epoch", EPOCH + 1)
    assert take(at(3), 200).content == b"12"


@pytest.mark.req("R44")
def test_what_an_edge_says_of_itself(web, edge):
    Feed(web, edge.group).put((b"ha", b"1"))

    def say(**headers):
        headers = {f"Latchkey-{k}": v for k, v in headers.items()}
        answer = edge.call("GET", f"/v1/edge/feed?cursor={at(1)}&wait=0", headers=headers)
        items = web.operator.call("GET", "/v1/edges", want=200).json()["items"]
        found = next(e for e in items if e["group"] == edge.group)
        return answer, found["trouble"], found["unknown_hosts"]

    assert say()[1:] == (None, {"count": 0, "names": []})
    assert say(Trouble="the disk is full")[1:] == ("the disk is full", {"count": 0, "names": []})
    assert say(Unknown="7 a.example b.example")[1:] == (
        None, {"count": 7, "names": ["a.example", "b.example"]})
    assert say(Unknown="1 *.a.example")[1:] == (None, {"count": 1, "names": ["*.a.example"]})
    for wrong in ("", "x", "1 -a.example", "-1", "1 " + "a.example " * 101):
        problem(say(Unknown=wrong)[0], 422, "bad_input", "Latchkey-Unknown")
    assert say()[1:] == (None, {"count": 0, "names": []})
    kinds = [e["kind"] for e in web.operator.call("GET", "/v1/events?limit=200", want=200)
             .json()["items"] if e["kind"].startswith("edge.")]
    assert kinds == ["edge.trouble", "edge.trouble_over", "edge.unknown_hosts",
                     "edge.unknown_hosts_over"]


@pytest.mark.asan
def test_wait(web, edge):
    """A waiting edge is told within milliseconds of another process's commit."""
    records = Feed(web, edge.group)
    took = []
    for i in range(1, 6):
        waiting = Later(feed, edge, at(i - 1), 20)
        time.sleep(0.2)
        committed = time.monotonic()
        records.put((b"ha", b"%d" % i))
        answer, _ = waiting.result()
        took.append(time.monotonic() - committed)
        assert answer.content == b"%d" % i
    assert sorted(took)[2] < 0.5, took
    answer, seconds = Later(feed, edge, at(5), 1).result()
    assert answer.content == b"" and 0.9 < seconds < 5


def test_many_commits_are_answered_together(web, edge):
    """An edge that asks again at once is not answered for each record by itself (PACE_S apart)."""
    records, got, answers = Feed(web, edge.group), b"", 0
    writing = Later(lambda: [records.put((b"h%03d" % i, b"%03d" % i)) for i in range(MANY)])
    began = time.monotonic()
    while len(got) < 3 * MANY:
        answer = feed(edge, at(len(got) // 3), 5)
        assert answer.headers["Latchkey-Cursor"] == at((len(got) + len(answer.content)) // 3)
        got, answers = got + answer.content, answers + 1
    took = time.monotonic() - began
    writing.result()
    assert got == b"".join(b"%03d" % i for i in range(MANY))
    assert answers <= took / PACE_S + 2, (answers, took)


def test_other_groups_sleep_on(web, edge):
    records = Feed(web, edge.group)
    stranger = web.edge("stranger", next(GROUPS))
    Feed(web, stranger.edge["group"])
    waiting = Later(feed, stranger, at(0), 2)
    time.sleep(0.2)
    records.put((b"ha", b"1"))
    answer, seconds = waiting.result()
    assert answer.content == b"" and seconds > 1.9
    assert feed(stranger, at(0)).content == b""


def test_snapshot(web, edge):
    records = Feed(web, edge.group)
    records.put(*[(b"h%03d" % i, b"%03d" % i) for i in reversed(range(450))])
    page = edge.call("GET", "/v1/edge/snapshot", want=200)
    got, head = page.content, page.headers["Latchkey-Cursor"]
    assert head == at(450)
    records.put((b"h999", b"new"))
    while "Latchkey-After" in page.headers:
        after = page.headers["Latchkey-After"]
        page = edge.call("GET", f"/v1/edge/snapshot?after={after}&head={head}", want=200)
        assert page.headers["Latchkey-Cursor"] == head
        got += page.content
    assert got == b"".join(b"%03d" % i for i in range(450)) + b"new"
    assert feed(edge, head).content == b"new"
    records.set("epoch", EPOCH + 1)
    problem(edge.call("GET", f"/v1/edge/snapshot?head={head}"), 410, "gone")
    problem(edge.call("GET", "/v1/edge/snapshot?after=*"), 422, "bad_input", "after")
    problem(edge.call("GET", "/v1/edge/snapshot?head=x"), 422, "bad_input", "head")


@pytest.mark.asan
def test_acknowledgements(web, edge):
    """The cursor is stored, the last value wins, and it may go down."""
    records = Feed(web, edge.group)
    records.put(*[(b"h%d" % i, b"x") for i in range(9)])
    assert acked(web, edge)["acknowledged"] is None and acked(web, edge)["polled_at"] is None
    for seq in (5, 9, 3):
        feed(edge, at(seq))
        wait_for(lambda: acked(web, edge)["acknowledged"] == at(seq), 3)
    one = acked(web, edge)
    assert one["condition"] == "following" and one["head"] == at(9) and one["polled_at"]


def test_acknowledgements_are_few(web, edge):
    """However often an edge asks, the store is written at most every 50 ms."""
    Feed(web, edge.group).put((b"h", b"x"))
    def commits():
        return web.sql(("SELECT polled_at FROM edge WHERE id = ?", (edge.edge["id"],)))[0][0][0]

    seen, end = set(), time.monotonic() + 1
    while time.monotonic() < end:
        feed(edge, at(1))
        seen.add(commits())
    assert 2 <= len(seen) <= 22, len(seen)


def test_who_may_ask(web, edge):
    problem(web.operator.call("GET", f"/v1/edge/feed?cursor={at(0)}"), 403, "forbidden")
    problem(web.operator.call("GET", "/v1/edge/snapshot"), 403, "forbidden")
    problem(edge.call("GET", "/v1/orders"), 403, "forbidden")
    problem(edge.call("GET", "/v1/caller"), 403, "forbidden")


def test_rotation(web, edge):
    path = f"/v1/edges/{edge.edge['id']}"
    assert acked(web, edge)["in_rotation"]
    assert not web.operator.patch(path, {"in_rotation": False})["in_rotation"]
    assert web.operator.patch(path, {"in_rotation": True})["in_rotation"]
    problem(web.operator.call("PATCH", "/v1/edges/edge_1", {"in_rotation": True}), 404, "not_found")


@pytest.mark.req("R44")
def test_enrol_again(web, edge):
    """Enrolling an edge again gives it other addresses and a new token; the old one is dead."""
    again = web.operator.post("/v1/edges", {"name": edge.edge["name"], "addresses": ["::1"],
                                            "group": edge.group, "https_port": 9443})
    assert again["id"] == edge.edge["id"]
    assert again["addresses"] == ["::1"] and again["https_port"] == 9443
    problem(edge.call("GET", "/v1/edge/snapshot"), 401, "unauthenticated")
    problem(Client(web, again["token"]).call("GET", "/v1/edge/snapshot"), 503, "busy")
    for body, field in [({"name": "x", "addresses": ["host.example"]}, "addresses"),
                        ({"name": "x", "addresses": []}, "addresses"),
                        ({"name": "X", "addresses": ["::1"]}, "name"),
                        ({"name": "x", "addresses": ["::1"], "http_port": 0}, "http_port")]:
        problem(web.operator.call("POST", "/v1/edges", body), 422, "bad_input", field)


@pytest.mark.req("R44")
def test_which_hosts_an_edge_keeps(web, edge):
    """What is no such word is refused; what is one is told, and of a store that was not restored believed
    of nobody."""
    Feed(web, edge.group).put((b"ha", b"1"))
    good = "a.example:crt_1:1700000000000:b-_1.c2"

    def say(kept):
        headers = {"Latchkey-Kept": kept} if kept is not None else {}
        answer = edge.call("GET", f"/v1/edge/feed?cursor={at(1)}&wait=0", headers=headers)
        items = web.operator.call("GET", "/v1/edges", want=200).json()["items"]
        return answer, next(e for e in items if e["group"] == edge.group)["kept_hosts"]

    assert say(f"7 {good}")[1] == {"count": 7, "names": ["a.example"]}
    assert say("2 *.a.example:crt_1:1:-")[1] == {"count": 2, "names": ["*.a.example"]}
    for wrong in ("", "x", "1 a.example", "1 a.example:crt_1:1", "1 -a.example:crt_1:1:-",
                  "1 a.example:CRT:1:-", "1 a.example:crt_1:0:-", "1 a.example:crt_1:x:-",
                  "1 a.example:crt_1:1:b", "1 a.example:crt_1:1:b.", "1 a.example:crt_1:1:b.c.d",
                  "1 a.example:crt_1:1:b.c:d", "1 a.example:crt_1:1:" + "b" * 64 + "." + "c" * 64,
                  "1" + " a.example:crt_1:1:-" * 101):
        problem(say(wrong)[0], 422, "bad_input", "Latchkey-Kept")
    assert say("1 a.example:crt_1:1:" + "b" * 64 + "." + "c" * 63)[0].status_code == 200
    assert say(None)[1] == {"count": 0, "names": []}
    assert web.sql(("SELECT count(*) FROM lost_certificate", ())) == [[(0,)]]
    kinds = [e["kind"] for e in web.operator.call("GET", "/v1/events?limit=200", want=200)
             .json()["items"] if e["kind"].startswith("edge.kept")]
    assert kinds == ["edge.kept_hosts", "edge.kept_hosts_over"]
