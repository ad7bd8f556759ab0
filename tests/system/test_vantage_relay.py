# SPDX-License-Identifier: Apache-2.0
"""A vantage point whose relay is hostile: it has all that `web` has, and can neither ask nor have the edge connect to
where it may not."""
import hmac
import json
import os
import queue
import re
import time

import pytest

import edge_records as er
from agent_fixtures import agent, feed
from ca_rules_kit import Listener
from edge_kit import free_port, wait_for

HERE, ELSEWHERE = "127.0.0.7", "127.0.0.8"  # of the platform, and not
ENDS_MS = 1800


class Site:
    """Answers the check path as an edge does, and knows who was asked for."""

    def __init__(self, address, port):
        self.asked = []
        self.listener = Listener(address, port, self._talk)

    def _talk(self, connection):
        head = connection.recv(65536).decode()
        host = re.search(r"Host: ([^:\r]+)", head)[1]
        self.asked.append((host, head.split(" ")[1]))
        token = head.split(" ")[1].rsplit("/", 1)[1]
        body = hmac.new(bytes(32), f"{host}/{token}".encode(), "sha256").hexdigest()
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())


class Relay:
    """Hands out what is put into `waiting`, and keeps what comes back."""

    def __init__(self, feed):
        self.feed, self.waiting, self.answers, self.polls = feed, queue.Queue(), [], []
        self.number = self.idle = 0
        feed.more = {"/v1/edge/questions": self._questions, "/v1/edge/answers": self._answers}

    def _questions(self, query, _):
        self.polls.append(query)
        try:
            return 200, {}, self.waiting.get(timeout=0.21)
        except queue.Empty:
            self.idle += 1
            return 204, {}, b""

    def _answers(self, _, octets):
        self.answers.append(octets)
        return 204, {}, b""

    def question(self, *addresses, name="shop.example", ends_ms=ENDS_MS, key=None, kind=b"Q"):
        self.number += 1
        probes = [{"address": address} for address in addresses]
        text = json.dumps({"id": f"qst_0123456789abcdefghjkm{self.number:05}",
                           "until": int(time.time() * 1000) + ends_ms, "names": [{"name": name, "probes": probes}]})
        octets = kind + text.encode() + bytes([self.feed.kid])
        return octets + er.mac(key or self.feed.key, self.feed.group, octets)

    def ask(self, octets):
        """The answer to it; it is authentic."""
        count = len(self.answers)
        self.waiting.put(octets)
        wait_for(lambda: len(self.answers) > count, 10, "answer")
        answer = self.answers[-1]
        assert answer[:1] == b"A" and answer[-32:] == er.mac(self.feed.key, self.feed.group, answer[:-32])
        said = json.loads(answer[1:-33])
        assert said["id"] in octets.decode(errors="replace")
        return said["names"]


@pytest.fixture
def relay(agent, feed):
    relay = Relay(feed)
    relay.port = free_port()
    relay.sites = {address: Site(address, relay.port) for address in (HERE, ELSEWHERE)}
    (agent.folder / "var").mkdir()
    (agent.folder / "var/latchkey.yaml").write_text(json.dumps({
        "mode": "sandbox", "net": {"own_prefixes": [f"{HERE}/32"]}, "edge": {"http_port": relay.port}}))
    agent.env.update(LATCHKEY_EDGE_VANTAGE="true", LATCHKEY_EDGE_REGION="north")
    agent.start().wait_acked()
    wait_for(lambda: relay.polls, 10, "question asked for")
    yield relay
    for site in relay.sites.values():
        site.listener.stop()


@pytest.mark.req("R44", "R49")
def test_answers_its_own_signer_alone(agent, relay):
    """What the signer asks is looked at, once, and where the edge may connect to; nothing else is."""
    good = relay.question(HERE)
    assert relay.polls[0]["region"] == "north"
    assert relay.ask(good) == [{"name": "shop.example", "probes": [
        {"address": HERE, "outcome": "ok", "status": 200}]}]
    asked, = relay.sites[HERE].asked
    assert asked[0] == "shop.example" and re.fullmatch("/.well-known/host-check/[0-9a-f]{32}", asked[1])
    altered = bytearray(relay.question(HERE))
    altered[60] ^= 1
    hostile = [(good, "has come before"), (bytes(altered), "not authentic"),
               (relay.question(HERE, key=os.urandom(32)), "not authentic"),
               (relay.question(HERE, ends_ms=-1), "is not fresh"),
               (relay.question(HERE, ends_ms=60_000), "is not fresh"),
               (relay.question(HERE, kind=b"A"), "is no question"),
               (relay.feed.make("h", "shop.example", b"x"), "is no question"),
               (relay.question(HERE, name="shop.example/../x"), "not a host name"),
               (relay.question("localhost"), "localhost"), (b"Q" * 20000, "")]
    for octets, pattern in hostile:
        log, idle = len(agent.log_text()), relay.idle
        relay.waiting.put(octets)
        agent.wait_log(f"edge.question_refused.*{pattern}", 10, log)
        wait_for(lambda: relay.idle > idle, 10, "a poll without an answer")  # then it does not wait the longer
    assert len(relay.answers) == 1 and len(relay.sites[HERE].asked) == 1
    # The signer's own, about what this edge may not connect to: left out of the answer.
    assert relay.ask(relay.question(ELSEWHERE, "10.0.0.1", "192.0.2.1", "::1")) == [
        {"name": "shop.example", "probes": []}]
    assert not relay.sites[ELSEWHERE].asked
