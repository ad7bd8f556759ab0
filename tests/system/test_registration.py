# SPDX-License-Identifier: Apache-2.0
"""What a registry says of a domain, over RDAP, in the whole platform: shown with the domain, told as the
cause, asked seldom, and no reason to wait by itself."""
import html
import os
import re

import pytest
from page_kit import reader_of
from platform_kit import Platform
from rdap_kit import Registry, day

if not os.environ.get("LATCHKEY_NETNS"):
    pytest.skip("needs a network of its own: tests/system/in-namespace", allow_module_level=True)

REGISTRY = "198.51.100.19"
SAID = {
    "good.example": {"expires": 500},
    "short.example": {"expires": 100},
    "held.example": {"status": ["server hold"], "expires": 300},
    "silent.example": {"http": 500},
    "unknown.example": {"registered": False},
}


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    one = Registry(REGISTRY, REGISTRY, tmp_path_factory.mktemp("registry"), SAID)
    yield one
    one.stop()


@pytest.fixture(scope="module")
def platform(registry):
    with Platform({"check": {"rdap": registry.url, "retry_min_ms": 200, "retry_max_ms": 1000},
                   "tls": {"trust_store": str(registry.root)}}) as p:
        yield p


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


@pytest.fixture(scope="module")
def visitor(platform, partner):
    """Somebody of the partner, signed in to the pages."""
    return reader_of(platform, partner)


def read(visitor, domain):
    """What its page says of the registration, as people read it."""
    page = visitor.get(f"/domains/{domain['id']}").text
    shown = re.search(r"<dt>Registration</dt><dd>(.*?)</dd>", page, re.DOTALL)
    return shown and " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown[1])).split())


def asked(registry, domain):
    return [path for path in registry.asked if path.endswith("/domain/" + domain)]


def told(partner, name):
    """The report on a name, and {code: severity} of its findings."""
    check = partner.post("/v1/checks", {"name": name})
    return check, {one["code"]: one["severity"] for one in check["findings"]}


@pytest.mark.req("R32")
def test_shown_with_the_domain(platform, registry, partner, visitor):
    _, domain, status = platform.ordered(partner, "good.example")
    said = status["registration"]
    assert said["is_registered"] and said["states"] == [] and said["expires_at"].startswith(day(500))
    assert said["seen_at"] >= status["order"]["placed_at"]
    assert platform.status(partner, domain)["registration"] == said
    assert len(asked(registry, "good.example")) == 1
    assert re.fullmatch(r"until \d+ \w+ \d{4}, 12:00 UTC \(in (499|500) days\) as its registry said "
                        r"\d+ \w+ \d{4}, \d\d:\d\d UTC", read(visitor, domain))


def test_asked_once_for_many_checks(platform, registry, partner):
    platform.zone("short.example", platform.right_records())
    for _ in range(3):
        check, codes = told(partner, "short.example")
        assert check["verdict"] == "ready" and codes == {}
        assert check["report"]["registration"]["expires_at"].startswith(day(100))
    assert len(asked(registry, "short.example")) == 1


@pytest.mark.req("R33")
def test_no_order_waits_for_it(platform, partner, visitor):
    """Held by its registry, but still in DNS: the certificate is issued, and the state is shown."""
    _, domain, status = platform.ordered(partner, "held.example")
    assert status["registration"]["states"] == ["serverHold"]
    assert "held back by the registry (serverHold)" in read(visitor, domain)
    shown = platform.run("status", "held.example", api=partner).stdout
    assert re.search(r"^  registration   until \d{4}-\d\d-\d\d 12:00:00, serverHold$", shown, re.M), shown
    _, codes = told(partner, "held.example")
    assert codes == {"domain_on_hold": "warning"}


def test_unknown_to_the_registry_and_in_dns(platform, partner):
    platform.zone("unknown.example", platform.right_records())
    check, codes = told(partner, "unknown.example")
    assert check["verdict"] == "ready" and codes == {}
    assert check["report"]["registration"] == {"is_registered": False, "states": [], "expires_at": None,
                                               "seen_at": check["report"]["registration"]["seen_at"]}


def test_a_registry_that_fails(platform, registry, partner, visitor):
    """Last: it is left alone then."""
    _, domain, status = platform.ordered(partner, "silent.example")
    assert read(visitor, domain) is None
    assert status["registration"] is None and 1 <= len(asked(registry, "silent.example")) <= 2
