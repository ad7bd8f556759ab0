# SPDX-License-Identifier: Apache-2.0
"""Memory and descriptors stay what they were: the short form of tests/soak/orders."""
import pytest
from load_kit import Load
from platform_kit import Platform
from soak_kit import Rests

ORDERS = 250  # between two looks: 8 KiB that each leaves are 2000
GROWTH_MAX_KIB = 1280
OTHERS_KIB = {"ca": 1792, "worker": 1536}  # the caches of their databases fill as these grow

# Of several, each keeps what its threads once needed: +1260 to +2264 KiB in the worker, by which thread did what.
ONE_ARENA = {"GLIBC_TUNABLES": "glibc.malloc.arena_max=1"}
FEW_THREADS = {"threads": 4}  # no more have their first job, and open their connection, after the warm-up


@pytest.mark.memory
@pytest.mark.req("R22")
def test_orders_leave_nothing():
    one = Platform({"sandbox_ca": {"retry_after_s": 0}, "worker": FEW_THREADS})
    one.environment.update(ONE_ARENA)
    with one as platform:
        soak = Rests(platform, ORDERS)
        soak.run(Load(platform))
        soak.check(GROWTH_MAX_KIB, OTHERS_KIB)
