# SPDX-License-Identifier: Apache-2.0
"""What edges see of a name from where they are, beside what the platform sees."""
import contextlib
import json
import re
import signal
import sqlite3
import time
import urllib.parse

import pytest

import edge_records as er
from far_edges import can_nest
from page_kit import PASSWORD, Visitor
from platform_kit import Api, Platform, wait_for
from vantage_kit import Front, GeoDns, vantages

pytestmark = pytest.mark.skipif(not can_nest(), reason="needs network namespaces")

PICKY = "198.51.100.6"  # of the platform, but closed to its own machine
CDN = "198.51.100.7"
SAME = {("north", "same", ""), ("south", "same", ""), ("east", "same", "")}
ANSWER_S = 2


@pytest.fixture(scope="module")
def platform():
    platform = Platform(config={"edge": {"ipv4": ["192.0.2.1", "192.0.2.2", PICKY]}})
    with platform as p:
        yield p


@pytest.fixture(scope="module")
def geo(platform, tmp_path_factory):
    server = GeoDns(platform, tmp_path_factory.mktemp("geo") / "bind")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def edges(platform, geo):
    with vantages(platform) as found:
        yield found


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


def check(platform, name):
    return platform.operator.post("/v1/checks", {"name": name})["report"]


def seen(vantages_said):
    return {(v["region"], v["result"], v["text"]) for v in vantages_said}


def page_of(platform, partner, domain):
    """The domain's page, as a person of the partner sees it; the text between its tags."""
    done = platform.run("user", "add", f"{domain['name']}@example.com", "--name", "Some Body", "--partner",
                        partner.partner["id"], "--config", platform.dir / "latchkey.yaml")
    assert done.returncode == 0, done.stderr
    visitor, path = Visitor(platform), urllib.parse.urlparse(done.stdout.strip()).path
    page = visitor.post(path, [("form_code", visitor.code(path)), ("password", PASSWORD)], {"Origin": platform.url})
    assert page.status == 303, page.text
    return re.sub("<[^>]*>", "", visitor.get(f"/domains/{domain['id']}").text)


def codes(report):
    return {finding["code"]: finding for finding in report["findings"]}


@pytest.mark.req("R32")
def test_seen_from_three_places(platform, edges, partner):
    """Where all see the same nothing is said but that, in a check and with an order."""
    platform.zone("same.example", platform.right_records())
    report = check(platform, "same.example")
    assert seen(report["vantages"]) == SAME, "an edge without IPv6 says nothing of IPv6"
    assert (report["outcome"], report["title"], report["findings"]) == ("ready", "", [])
    assert report["took_ms"] < 1000 * ANSWER_S, "nobody is waited for who has answered"
    _, _, status = platform.ordered(partner, "order.example")
    assert seen(status["vantages"]) == SAME


@pytest.mark.req("R32")
def test_one_place_is_shut_out_of_ours(platform, edges, partner):
    """A way that loses what one edge sends: a warning to the operator, with the place; the order goes on."""
    platform.zone("lost.example", platform.right_records())
    with edges[2].losing("192.0.2.2"):
        report = check(platform, "lost.example")
        text = "lost.example: no answer in time at 192.0.2.2"
        assert seen(report["vantages"]) == {("north", "same", ""), ("south", "same", ""), ("east", "differs", text)}
        finding = codes(report)["vantage_unreachable"]
        assert (finding["severity"], finding["who_acts"]) == ("warning", "operator")
        assert "east (far-3)" in finding["detail"] and "192.0.2.2: no answer in time" in finding["detail"]
        assert "north" not in finding["detail"]
        assert report["outcome"] == "ready" and report["took_ms"] < 1000 * ANSWER_S
        _, domain, status = platform.ordered(partner, "lost.example", platform.right_records())
    assert ("east", "differs", text) in seen(status["vantages"])
    found, = [n["finding"] for n in status["names"] if n["name"] == "lost.example"]
    assert found["code"] == "vantage_unreachable"
    page = page_of(platform, partner, domain)
    assert "2/3" in page and "north: the same" in page and "east: something else" in page, page
    assert text in page


@pytest.mark.req("R32")
def test_one_place_is_shut_out_by_the_front(platform, edges, tmp_path):
    """A CDN that refuses a country: its owner has to act."""
    front = Front(tmp_path / "cdn", CDN, "192.0.2.1", f"deny {edges[1].address};")
    try:
        platform.zone("geo.example", [f"@ 1 IN A {CDN}", f"www 1 IN A {CDN}"])
        report = check(platform, "geo.example")
    finally:
        front.stop()
    finding = codes(report)["vantage_blocked"]
    assert (finding["severity"], finding["who_acts"]) == ("warning", "owner")
    assert f"south (far-2) ({CDN}: another answer (status 403))" in finding["detail"]
    assert report["outcome"] == "ready"
    assert ("south", "differs", f"geo.example: another answer (status 403) at {CDN}") in seen(report["vantages"])


@pytest.mark.req("R32")
def test_dns_says_something_else(platform, edges, geo):
    """What leads elsewhere in one place and nowhere in another; that it leads to another of ours is fine."""
    platform.zone("views.example", platform.right_records())
    platform.zone("caa.example", platform.right_records())
    geo.tell("views.example", north=["@ A 192.0.2.2", "www CNAME @"], south=["@ A 203.0.113.200", "www CNAME @"],
             east=["@ TXT nothing"])
    geo.tell("caa.example", east=["@ A 192.0.2.1", "www CNAME @", '@ CAA 0 issue "other.example"'])
    report = check(platform, "views.example")
    elsewhere = "it leads to 203.0.113.200, which does not answer for it"
    nowhere = "it has no address (A nodata, AAAA nodata)"
    assert seen(report["vantages"]) == {("north", "same", ""), ("south", "differs", f"views.example: {elsewhere}"),
                                        ("east", "differs", f"views.example: {nowhere}")}
    finding = codes(report)["vantage_dns"]
    assert (finding["severity"], finding["who_acts"]) == ("warning", "owner")
    assert elsewhere in finding["detail"] and nowhere in finding["detail"] and "north" not in finding["detail"]
    assert report["outcome"] == "ready" and set(codes(report)) == {"vantage_dns"}
    report = check(platform, "caa.example")
    assert "it has other CAA records" in codes(report)["vantage_dns"]["detail"]
    assert ("south", "same", "") in seen(report["vantages"])


@pytest.mark.req("R32")
def test_the_platform_itself_is_shut_out(platform, edges, tmp_path):
    """What the platform alone cannot reach is tried, and the operator is told."""
    front = Front(tmp_path / "picky", PICKY, "192.0.2.1", f"if ($remote_addr = {PICKY}) {{ return 444; }}")
    try:
        platform.zone("picky.example", [f"@ 1 IN A {PICKY}", f"www 1 IN A {PICKY}"])
        report = check(platform, "picky.example")
        with edges[0].losing(PICKY), edges[1].losing(PICKY):
            alone = check(platform, "picky.example")
    finally:
        front.stop()
    finding = codes(report)["unreachable_from_here"]
    assert (finding["severity"], finding["who_acts"]) == ("warning", "operator")
    assert report["outcome"] == "ready" and report["title"] == finding["title"]
    assert "http_cut" not in codes(report) and "http_partly" not in codes(report)
    assert "east (far-3)" in finding["detail"] and PICKY in finding["detail"]
    assert alone["outcome"] == "not_ready" and "http_cut" in codes(alone), "one place is not enough"


def test_its_own_address_says_nothing(platform, edges):
    """That an edge reaches itself is no news: it is asked of others' addresses alone."""
    platform.zone("self.example", [f"@ 1 IN A {edges[1].address}", f"www 1 IN A {edges[1].address}"])
    began = int(time.time() * 1000)
    report = check(platform, "self.example")
    assert "south" not in {v["region"] for v in report["vantages"]}, report["vantages"]
    asked = {row["edge_id"] for row in platform.rows("SELECT edge_id FROM vantage_answer WHERE asked_at >= ?", began)}
    assert asked and edges[1].id not in asked


def test_a_silent_one_is_not_waited_for(platform, edges):
    """Two seconds, and then it is left alone for a while."""
    platform.zone("mute.example", platform.right_records())
    edges[0].processes["agent"].send_signal(signal.SIGSTOP)
    try:
        report = check(platform, "mute.example")
        again = check(platform, "mute.example")
    finally:
        edges[0].processes["agent"].send_signal(signal.SIGCONT)
    assert seen(report["vantages"]) == {("north", "silent", ""), ("south", "same", ""), ("east", "same", "")}
    assert report["outcome"] == "ready" and report["findings"] == []
    assert 1000 * ANSWER_S <= report["took_ms"] < 1000 * ANSWER_S + 500, report["took_ms"]
    assert seen(again["vantages"]) == {("south", "same", ""), ("east", "same", "")}
    assert again["took_ms"] < 1000


def test_who_offers_itself(platform, edges):
    """The operator sees it; an offer is an edge's alone, and has a region."""
    listed = {e["name"]: e["vantage"] for e in platform.operator.get("/v1/edges")["items"]}
    assert listed["edge-1"] is None and listed["far-1"]["region"] == "north"
    assert listed["far-1"]["silent_at"] and not listed["far-2"]["silent_at"] and listed["far-2"]["asked"] > 0
    platform.operator.call("GET", "/v1/edge/questions?region=north", want=403)
    api = Api(platform.url, (edges[0].dir / "token").read_text().strip(), platform.roots)
    refused = api.call("GET", "/v1/edge/questions?region=A%20b", want=422).json()
    assert refused["field"] == "region"
    assert api.call("GET", "/v1/edge/questions?region=north", want=204).content == b""
    assert all(e["offered_at"] for e in listed.values() if e)


@pytest.mark.req("R44")
def test_a_relay_cannot_answer(platform, edges, partner):
    """With the edge's token, but without its key: the worker does not believe it."""
    edge = edges[2]
    token = (edge.dir / "token").read_text().strip()
    api = Api(platform.url, token, platform.roots)
    edge.processes["agent"].send_signal(signal.SIGSTOP)
    try:
        platform.zone("forged.example", platform.right_records())
        domain = platform.domain(partner, "forged.example")
        platform.order(partner, domain)
        question = wait_for(lambda: api.call("GET", "/v1/edge/questions?region=east&wait=1").content)
        said = json.loads(question[1:-33])
        for name in said["names"]:
            name["probes"] = [{"address": p["address"], "outcome": "refused", "status": 0} for p in name["probes"]]
        forged = b"A" + json.dumps(said).encode() + question[-33:]
        octets = {"Content-Type": "application/octet-stream"}
        assert api.call("POST", "/v1/edge/answers", data=forged[:40], headers=octets).status_code == 422
        assert api.call("POST", "/v1/edge/answers", data=forged).status_code == 415
        api.call("POST", "/v1/edge/answers", data=forged, headers=octets, want=204)
        assert api.call("POST", "/v1/edge/answers", data=forged, headers=octets).status_code == 404, "once"
        status = platform.wait_live(partner, domain)
    finally:
        edge.processes["agent"].send_signal(signal.SIGCONT)
    assert ("east", "silent", "") in seen(status["vantages"]), status["vantages"]


@pytest.mark.req("R44")
def test_only_questions_are_signed(platform, edges):
    """Whoever has taken `web` gets no record signed by calling it a question."""
    record = er.record("h", "victim.example", er.host_body("site_1", "victim.example", "demo"), rev=1 << 50)[:-33]
    until = int(time.time() * 1000)
    stale = b"Q" + json.dumps({"id": "qst_0123456789abcdefghjkmnpqrs", "until": until + 600_000, "names": []}).encode()
    ids = {f"qst_forged{number}": octets for number, octets in enumerate((record, b"A" + stale[1:], b"Q{}", stale))}
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=30)) as db, db:
        db.executemany("INSERT INTO vantage_question VALUES (?, 'default', ?, ?, 0)",
                       [(one, until + 600_000, octets) for one, octets in ids.items()])
    platform.zone("signed.example", platform.right_records())
    report = check(platform, "signed.example")
    assert ("south", "same", "") in seen(report["vantages"]), "what `web` asks is signed meanwhile"
    left = {row["id"]: row for row in platform.rows("SELECT * FROM vantage_question WHERE id LIKE 'qst_forged%'")}
    assert set(left) == set(ids)
    for one, row in left.items():
        assert (row["is_signed"], row["octets"]) == (0, ids[one])
