# SPDX-License-Identifier: Apache-2.0
"""Memory and descriptors stay what they were: the short form of tests/soak/orders."""
import pytest
from load_kit import Load
from platform_kit import Platform
from soak_kit import Rests

ORDERS = 250  # between two looks: 8 KiB that each leaves are 2000
GROWTH_MAX_KIB = 1280
OTHERS_KIB = {"ca": 2400, "worker": 1900}  # the caches of their databases and resolvers fill meanwhile


@pytest.mark.memory
@pytest.mark.req("R22")
def test_orders_leave_nothing():
    with Platform({"sandbox_ca": {"retry_after_s": 0}}) as platform:
        soak = Rests(platform, ORDERS)
        soak.run(Load(platform))
        soak.check(GROWTH_MAX_KIB, OTHERS_KIB)
