# SPDX-License-Identifier: Apache-2.0
"""A platform that orders are given up on, and names given back, for `from leaving_kit import ...`."""
import contextlib
import os
import signal
import sqlite3

import pytest

from crash_kit import Trap
from platform_kit import Platform, wait_for

NOT_AT_CA = "notatca"


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


def begin_right(platform, api, name):
    platform.zone(f"{name}.example", platform.right_records())
    return begin(platform, api, f"{name}.example")


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
