# SPDX-License-Identifier: Apache-2.0
"""A CA that takes connections and says nothing, beside one that answers: who orders at the other does not
wait for it."""
import contextlib
import json
import socket
import time

import pytest
from admission_kit import store
from platform_kit import Platform, wait_for

THREADS = 4
ORDERS = 3 * THREADS
SOON_S = 5  # a request to the silent one ends after 30


@contextlib.contextmanager
def silent():
    """The port of a server that accepts, and that is all."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def platform():
    with silent() as port:
        p = Platform({"worker": {"threads": THREADS}})
        path = p.dir / "latchkey.yaml"
        config = json.loads(path.read_text())
        config["ca"].append({**config["ca"][0], "id": "silent", "name": "Silent CA", "is_default": False,
                             "directory": f"https://127.0.0.1:{port}/directory"})
        path.write_text(json.dumps(config))
        with p:
            yield p


def place(platform, partner, name, **more):
    platform.zone(name, platform.right_records())
    domain = platform.domain(partner, name)
    platform.order(partner, domain, **more)
    return domain


def held(platform):
    """How many of its orders have a thread just now."""
    return store(platform, "SELECT COUNT(*) FROM job JOIN issuance i ON i.id = subject_id"
                 " WHERE i.ca = 'silent' AND lease_owner IS NOT NULL")[0][0]


@pytest.mark.req("R22", "A9")
def test_orders_at_the_other_go_on(platform):
    partner = platform.tenant()
    for i in range(ORDERS):
        place(platform, partner, f"silent{i}.example", ca="silent")
    wait_for(lambda: held(platform) == THREADS - 1)
    for i in range(3):
        placed = time.monotonic()
        platform.wait_live(partner, place(platform, partner, f"answers{i}.example"))
        assert time.monotonic() - placed < SOON_S
    assert held(platform) == THREADS - 1, "they are still waited for"
