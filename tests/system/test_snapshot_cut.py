# SPDX-License-Identifier: Apache-2.0
"""A snapshot that is cut: at every page boundary and inside a page, by the network and by a kill."""
import concurrent.futures

import pytest

import edge_records as er
from edge_kit import wait_for
from feed_kit import Agent, Feed
from relay_kit import Relay, send

RECORDS, PAGE = 23, 3
PAGES = (RECORDS + 2 + PAGE - 1) // PAGE  # settings and end record


class World:
    """A feed with some records, and an edge that has others from before."""

    def __init__(self, folder):
        self.feed = Feed(folder)
        self.feed.page_size = PAGE
        self.feed.settings(demo="127.0.0.1:8090")
        self.relay = Relay(self.feed.port, folder / "feed.pem", self.feed.ca_file)
        self.agent = Agent(folder, self.feed)
        self.agent.env["LATCHKEY_EDGE_FEED_URL"] = f"https://127.0.0.1:{self.relay.port}"
        for i in range(RECORDS // 2):
            self.feed.host(f"h{2 * i:02}.example", site="old")
            self.feed.host(f"gone{i:02}.example")
        self.feed.end()
        self.agent.start().wait_acked()
        self.agent.kill()
        for i in range(RECORDS // 2):
            self.feed.forget("h", f"gone{i:02}.example")
        for i in range(RECORDS):
            self.feed.host(f"h{i:02}.example", site=f"site_{i}")
        self.feed.end()

    def close(self):
        self.relay.close()
        self.feed.close()
        self.agent.kill()

    def is_same(self):
        wanted = {k: next(er.split(r)) for k, (_, r) in self.feed.rows.items()}
        have = {k: v for k, v in self.agent.records().items() if v[2] is not None}
        return have == {k: (epoch, rev, body) for k, (_, _, epoch, rev, _, body) in wanted.items()}


def cut_half(request, reply):
    reply.body = reply.body[:len(reply.body) // 2]
    send(request, reply, len(reply.body) + 1)
    request.close_connection = True


def cut_whole(request, _reply):
    request.close_connection = True


def cut(folder, page, how, is_killed):
    world = World(folder)
    done = []

    def attack(reply):
        if reply.is_feed or len(done) > page:
            return
        done.append(reply)
        if len(done) == page + 1:
            reply.send = how

    try:
        world.relay.attack = attack
        world.agent.start()
        wait_for(lambda: len(done) > page, 20, "the cut")
        if is_killed:
            world.agent.kill()
            world.agent.start()
        world.relay.attack = None
        wait_for(world.is_same, 30, "the store's records, no more and no less", 0.1)
        assert len(world.agent.live()) == RECORDS + 1
    finally:
        world.close()


@pytest.mark.req("R23", "R44")
@pytest.mark.parametrize("how,is_killed", [(cut_whole, False), (cut_half, False),
                                           (cut_whole, True), (cut_half, True)])
def test_cut_at_every_page(tmp_path_factory, how, is_killed):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(cut, tmp_path_factory.mktemp("cut"), page, how, is_killed)
                     for page in range(PAGES)]:
            done.result()
