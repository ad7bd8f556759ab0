# SPDX-License-Identifier: Apache-2.0
"""The live page of a domain, followed by many at once, dead ones among them."""
import concurrent.futures
import os
import re
import socket
import ssl
import statistics
import time
import urllib.parse

import pytest
from pages_kit import Visitor, streams
from platform_kit import IN_NAMESPACE, wait_for

VIEWERS, DEAD = 300, 50
TCP_REPAIR = 19


@pytest.fixture
def visitor(platform, login):
    v = Visitor(platform)
    v.sign_in(login.email, login.password)
    return v


def memory_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def dead_client(visitor, path, seen, how):
    """Waits for what comes after the event `seen`. "vanished": gone without a word to the other side, as when a cable is cut
    (only in a namespace of our own); "stopped": stays, and never reads."""
    host, port = urllib.parse.urlparse(visitor.url).netloc.split(":")
    raw = socket.socket(socket.AF_INET)
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    raw.connect(("127.0.0.1", int(port)))
    context = ssl.create_default_context(cafile=str(visitor.platform.roots))
    s = context.wrap_socket(raw, server_hostname=host)
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {visitor.cookie()}\r\n"
              f"Last-Event-ID: {seen}\r\n\r\n".encode())
    if how == "vanished":
        s.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        s.close()
        return None
    return s


def change(visitor, page, action):
    begin = time.monotonic()
    answer = visitor.post(f"{page}/{action}", {}, visitor.form_code(page))
    assert answer.status_code == 303, answer.text
    return begin


def wait_all(viewers, text, begin, seconds=20):
    """How long after `begin` each viewer got an event with `text`."""
    wait_for(lambda: all(v.first_with(text) for v in viewers), seconds)
    return [v.first_with(text) - begin for v in viewers]


def how_long(visitor):
    begin = time.monotonic()
    assert visitor.get("/accounts").status_code == 200
    return time.monotonic() - begin


@pytest.mark.req("R23")
def test_hundreds_of_viewers_and_dead_ones(platform, partner, visitor, record_property):
    name = "watched.example"
    platform.zone(name, [])
    domain = platform.domain(partner, name)
    platform.order(partner, domain)
    wait_for(lambda: platform.status(partner, domain)["badge"]["code"] == "action_needed")
    page = f"/domains/{domain['id']}"
    pid = platform.pid("web")
    with streams(visitor, f"{page}/live", VIEWERS) as viewers:
        wait_for(lambda: all(v.events for v in viewers), 60)
        memory, files = memory_kib(pid), descriptors(pid)
        ways = ["stopped", "vanished"] if IN_NAMESPACE else ["stopped"]
        kept = [dead_client(visitor, f"{page}/live", viewers[0].last, how)
                for how in ways for _ in range(DEAD)]
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            begin = change(visitor, page, "cancel")
            others = [pool.submit(how_long, visitor) for _ in range(10)]
            took = sorted(wait_all(viewers, "Not secured", begin))
            other = [o.result() for o in others]
        record_property("seconds", (statistics.median(took), took[-1]))
        print(f"{VIEWERS} viewers: median {statistics.median(took):.3f} s, last {took[-1]:.3f} s;"
              f" other requests: longest {max(other):.3f} s; memory {memory} -> {memory_kib(pid)} KiB,"
              f" descriptors {files} -> {descriptors(pid)}")
        assert took[-1] < 5, took[-5:]
        assert max(other) < 5
        assert memory_kib(pid) < memory + 64 * 1024
        assert descriptors(pid) <= files + 2 * DEAD + 20
        assert sum(v.failures for v in viewers) == 0
    for s in kept:
        if s:
            s.close()
    wait_for(lambda: descriptors(pid) < 120, 60)  # all of them have gone, the dead ones too


@pytest.mark.req("R23")
def test_nothing_is_sent_while_nothing_happens(platform, partner, visitor):
    """Commits about other domains wake nobody: each viewer gets its first event only."""
    quiet = platform.domain(partner, "quiet.example")
    with streams(visitor, f"/domains/{quiet['id']}/live", 20) as viewers:
        wait_for(lambda: all(v.events for v in viewers))
        platform.ordered(partner, "noisy.example")
        assert [len(v.events) for v in viewers] == [1] * 20
        asked = [line for line in platform.log("web").splitlines() if "followDomain" in line]
        assert all(" status=200 " in line for line in asked)
