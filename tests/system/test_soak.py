# SPDX-License-Identifier: Apache-2.0
"""Memory and descriptors stay what they were: the short form of tests/soak/orders."""
import pytest
from load_kit import Load
from platform_kit import Platform
from soak_kit import Orders

ORDERS = 300
GROWTH_MAX_KIB = 16384  # caches are not full yet: what is lost for each order is 70 KiB at most


@pytest.mark.memory
@pytest.mark.req("R22")
def test_orders_leave_nothing():
    with Platform({"sandbox_ca": {"retry_after_s": 0}}) as platform:
        soak = Orders(platform, ORDERS)
        soak.run(Load(platform))
        soak.check(GROWTH_MAX_KIB)
