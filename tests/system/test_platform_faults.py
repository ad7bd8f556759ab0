# SPDX-License-Identifier: Apache-2.0
"""The platform with a CA whose calls are answered wrongly once each: the order says what the CA did, and
becomes live by itself. (Each call of the library for itself: test_acme_faults.py.)"""
import os
import pathlib
import re
import time

import pytest

from faulty_ca_kit import CALLS, fronted
from platform_kit import Platform, wait_for
from renewal_kit import store_rows

# Each call of an order once, so that no step meets more than two failures: the third try is after 30 s.
GROUPS = [("garbage", ["newOrder", "challenge", "finalize"]), ("cut", ["authorization", "order"]),
          ("large", ["newNonce", "certificate", "challenge"])]


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    """The sandbox CA's own front is ours."""
    with fronted(Platform(), tmp_path_factory.mktemp("front")) as p:
        yield p


@pytest.mark.req("R23", "A9")
@pytest.mark.parametrize("fault,calls", GROUPS)
def test_each_call_fails_once(platform, fault, calls):
    partner = platform.tenant(fault, fault)
    name = f"{fault}.example"
    platform.zone(name, platform.right_records())
    domain = platform.domain(partner, name)
    for call in calls:
        platform.front.set_fault(call, fault, 1)
    platform.order(partner, domain)
    platform.wait_live(partner, domain, 90)
    met = [path for path, (_, count) in platform.front.faults.items() if not count]
    platform.front.clear()
    assert set(met) >= {CALLS[call] for call in calls} - {CALLS["newNonce"]}
    texts = [e["text"] for e in partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]
             if e["kind"] == "issuance.ca_unavailable"]
    assert len(texts) >= 2 and all(t.startswith("Sandbox CA") for t in texts), texts
    certificates = store_rows(platform, "SELECT COUNT(*) FROM certificate WHERE domain_id = ?", domain["id"])
    assert certificates == [(1,)]
    wait_for(lambda: store_rows(platform, "SELECT open_since_at FROM ca_standing") in ([], [(0,)]))


SLOW = 5        # orders: one more than the worker has threads
TICK_S = 10     # without the CA's doing half a second, and 28 when its threads had nobody beside them
GROWTH_KIB = 8 * 1024


def peak_kib(platform):
    status = (pathlib.Path("/proc") / str(platform.pid("worker")) / "status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+)", status)[1])


@pytest.mark.req("R23", "A9")
@pytest.mark.parametrize("fault", ["drip", "large"])
def test_it_holds_up_nothing_else(platform, fault):
    """While every thread of the worker waits for the CA, a site's settings reach the edges; and no answer makes it
    need memory."""
    partner = platform.tenant(f"{fault} too", f"{fault} too")
    site, live, _ = platform.ordered(partner, f"settled-{fault}.example")
    address, before = platform.addresses()[0], peak_kib(platform)
    domains = [platform.domain(partner, f"slow{i}-{fault}.example") for i in range(SLOW)]
    for domain in domains:
        platform.zone(domain["name"], platform.right_records())
    platform.front.set_fault("newOrder", fault)
    try:
        asked = platform.front.asked
        for domain in domains:
            platform.order(partner, domain)
        wait_for(lambda: platform.front.asked >= asked + 4)
        begun = time.monotonic()
        partner.patch(f"/v1/sites/{site['id']}", {"https": True, "canonical": "www"})
        wait_for(lambda: platform.http(address, live["name"], "/")[0] == 301, 2 * TICK_S)
        assert time.monotonic() - begun < TICK_S
    finally:
        platform.front.clear()
    for domain in domains:
        platform.wait_live(partner, domain, 90)
    if "LATCHKEY_SANITIZED" not in os.environ:
        assert peak_kib(platform) - before < GROWTH_KIB
