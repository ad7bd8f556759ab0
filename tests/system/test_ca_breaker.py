# SPDX-License-Identifier: Apache-2.0
"""A CA that does not answer is not asked any more but for one try at a time; all that waits goes on by
itself when it is back, and the operator is told of both, once."""
import json
import time

import pytest
from admission_kit import store
from platform_kit import Platform, wait_for
from renewal_kit import ca_command

ORDERS = 12


@pytest.fixture(scope="module")
def platform():
    with Platform() as p:
        yield p


def told(platform, kind):
    """The operator's events of this kind, about a CA."""
    return [e for e in platform.operator.get("/v1/events?limit=200")["items"] if e["kind"] == kind]


def breaker(platform):
    rows = store(platform, "SELECT open_since_at, tries, next_try_at, failing_since_at FROM ca_standing")
    return rows[0] if rows and rows[0][0] else None


@pytest.mark.req("R23", "A9")
def test_outage(platform):
    partner = platform.tenant()
    domains = []
    for i in range(ORDERS + 1):
        platform.zone(f"down{i}.example", platform.right_records())
        domains.append(platform.domain(partner, f"down{i}.example"))
    ca_command(platform, "fault", "outage")
    for domain in domains[:ORDERS]:
        platform.order(partner, domain)
    opened = wait_for(lambda: breaker(platform), 20)
    event, = wait_for(lambda: told(platform, "ca.down"))
    assert "has not answered since" in event["text"] and "orders and renewals wait" in event["text"]

    def waits():
        issuance = platform.status(partner, domains[0])["issuance"]
        return issuance if issuance["error"] and issuance["error"]["code"] == "ca_down" else None
    issuance = wait_for(waits, 20)
    assert "has not answered since" in issuance["error"]["text"]
    assert "; the next try is at " in issuance["error"]["text"] and issuance["next_try_at"]
    platform.order(partner, domains[ORDERS])  # takes nothing of any limit, and makes no key

    def newcomer():
        issuance = platform.status(partner, domains[ORDERS])["issuance"]
        return issuance["error"] and issuance["error"]["code"] == "ca_down" and issuance
    assert wait_for(newcomer)["state"] == "admitted"
    # a first try, after five seconds, fails: the next one comes later
    tried = wait_for(lambda: (b := breaker(platform)) and b[1] >= 1 and b, 30)
    assert tried[0] == opened[0] and tried[2] - time.time() * 1000 > 5000
    assert len(told(platform, "ca.down")) == 1, "told once"
    ca_command(platform, "fault", "off")
    for domain in domains:
        platform.wait_live(partner, domain, 60)
    assert breaker(platform) is None
    back, = told(platform, "ca.back")
    assert "answers again" in back["text"]
    said = [e["kind"] for e in platform.operator.get(
        f"/v1/events?limit=200&domain_id={domains[0]['id']}")["items"]]
    assert said.count("issuance.ca_unavailable") <= 3, said


@pytest.mark.req("R23")
def test_a_refusal_is_no_outage(platform):
    """Names that cannot be validated, and requests to wait, say nothing of the CA."""
    partner = platform.tenant("Second", "Second")
    ca_command(platform, "fault", "rate-limited", "--wait", "1", "--count", "20")
    for i in range(6):
        platform.zone(f"limited{i}.example", platform.right_records())
        platform.order(partner, platform.domain(partner, f"limited{i}.example"))
    time.sleep(3)
    assert breaker(platform) is None
    ca_command(platform, "fault", "off")
    assert json.loads(ca_command(platform, "faults", "--json").stdout)["faults"] == []
