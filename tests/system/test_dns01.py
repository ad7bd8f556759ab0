# SPDX-License-Identifier: Apache-2.0
"""Validation by DNS, from a partner's order to the renewed wildcard certificate."""
import pytest

from platform_kit import Platform, wait_for


@pytest.fixture(scope="module")
def platform():
    with Platform() as started:
        yield started


@pytest.mark.req("R12", "R42", "R54", "A18")
def test_a_wildcard_is_issued_and_served(platform):
    partner = platform.tenant()
    domain = platform.domain(partner, "*.wild.example")
    owner = platform.delegate(partner, domain, ["* 1 IN A 192.0.2.1"])
    platform.order(partner, domain)
    platform.wait_live(partner, domain)
    for address in platform.addresses():
        for host in ("any.wild.example", "wild.example"):
            code, _, _ = platform.https(address, host)
            assert code == 200, (address, host)
    wait_for(lambda: platform.dig(owner, "TXT") == "")  # nothing is left behind
