# SPDX-License-Identifier: Apache-2.0
"""An agent and the feed that it follows, for `from agent_fixtures import ...`."""
import pytest

import edge_records as er
from feed_kit import Agent, Feed


@pytest.fixture
def feed(tmp_path):
    server = Feed(tmp_path)
    server.settings(demo="127.0.0.1:8090")
    yield server
    server.close()


@pytest.fixture
def agent(tmp_path, feed):
    one = Agent(tmp_path, feed)
    yield one
    is_alive = one.process is None or one.process.poll() is None
    one.kill()
    assert is_alive, one.log_text()
    assert "Sanitizer" not in one.log_text()


def same(agent, feed):
    """Octet for octet what the worker made."""
    assert sorted(er.split(agent.octets())) == \
        sorted(r for _, record in feed.rows.values() for r in er.split(record))


# A hostile or broken relay

def refuses(agent, feed, body, pattern, headers=None):
    """One page of these octets is refused whole, and the cursor stays."""
    feed.host("before.example")
    agent.start().wait_acked()
    acked, before, log = feed.acked(), agent.octets(), len(agent.log_text())
    reply = {"Latchkey-Cursor": f"{feed.epoch}-{feed.seq + 100}", **(headers or {})}
    feed.tamper = lambda path, *_: (200, reply, body)
    feed.nudge()
    agent.wait_log(pattern, 15, log)
    assert agent.octets() == before
    assert feed.acked() == acked
    feed.tamper = None
    feed.host("after.example")
    agent.wait_acked()
    assert b"hafter.example" in agent.records()


GOOD = er.host_body("site_1", "x.example", "demo")


# Snapshots and what they may delete

def lose_track(agent, feed, *gone):
    """The agent is away while these hosts are deleted and the deletion forgotten."""
    agent.start().wait_acked()
    agent.kill()
    for name in gone:
        feed.forget("h", name)
    feed.requests.clear()
