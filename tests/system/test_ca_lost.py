# SPDX-License-Identifier: Apache-2.0
"""The CA is killed in the middle of orders, and comes back without its accounts: every order becomes live,
and nobody has to do anything. As a program of its own: tests/soak/lost-ca."""
import sys
import time

import pytest

from load_kit import Unchecked
from platform_kit import Platform, wait_for
from renewal_kit import ca_command, ca_down, store_rows


def states(platform):
    return dict(store_rows(platform, "SELECT state, COUNT(*) FROM issuance WHERE reason = 'order'"
                                     " GROUP BY state"))


def lose(count, away_s, live_s, show=print):
    with Platform() as platform:
        partner = platform.tenant()
        partner.contract = Unchecked()
        site = platform.site(partner)
        platform.zone("lost.example", [f"*.lost.example. 1 IN A {a}" for a in platform.addresses(4)]
                      + [f"*.lost.example. 1 IN AAAA {a}" for a in platform.addresses(6)])
        domains = [platform.domain(partner, f"n{i}.lost.example", site=site) for i in range(count)]
        begun = time.monotonic()
        for domain in domains:
            platform.order(partner, domain)
        # in the middle: some are live, more are at the CA
        wait_for(lambda: states(platform).get("live", 0) >= 1 + count // 20, 60)
        with ca_down(platform):
            show(f"killed: {states(platform)}")
            time.sleep(away_s)
        ca_command(platform, "lose-accounts")
        show(f"back after {away_s} s, without accounts: {states(platform)}")
        wait_for(lambda: states(platform).get("live", 0) == count + 1, live_s, every=0.5)
        show(f"{count} of {count} live {time.monotonic() - begun:.0f} s after the first order")
        issued = store_rows(platform, "SELECT COUNT(*), COUNT(DISTINCT domain_id) FROM certificate")[0]
        show(f"{issued[0]} certificates for {issued[1]} domains")
        parked = store_rows(platform, "SELECT COUNT(*) FROM event WHERE kind = 'issuance.gave_up'"
                                      " OR kind = 'issuance.ca_refused'")[0][0]
        assert parked == 0, "none had to wait for a person"
        return issued


@pytest.mark.req("R23", "A9")
def test_killed_in_the_middle_and_back_without_accounts():
    """The long form is tests/soak/lost-ca."""
    lose(16, 3, 90)


if __name__ == "__main__":
    lose(int(sys.argv[1]), int(sys.argv[2]), 600)
