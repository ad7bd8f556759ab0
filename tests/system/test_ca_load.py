# SPDX-License-Identifier: Apache-2.0
"""The sandbox CA under load: many requests in flight, and killed with -9 among hundreds of orders.
The long forms are tests/soak/ca and tests/crash/ca-orders."""
import os

import pytest

import ca_load_kit as kit
from ca_fixtures import Knot, SandboxCa

pytestmark = pytest.mark.req("R45")

SECONDS = 3
ORDERS, KILLS = 600, 3


@pytest.fixture(scope="module")
def dns(tmp_path_factory):
    server = Knot(tmp_path_factory.mktemp("dns") / "knot", kit.ZONE)
    yield server
    server.stop()


@pytest.fixture
def ca(tmp_path, dns):
    server = SandboxCa(tmp_path / "ca", dns.port, retry_after_s=0).start()
    yield server
    server.stop()


@pytest.mark.parametrize("where", ["socket", "nginx"])
def test_256_requests_in_flight(ca, where):
    """Every one is answered, as it should be; descriptors and memory are bounded."""
    place = kit.at_socket(ca) if where == "socket" else kit.at_port(ca, ca.root, ca.http_port)
    result, watch = kit.fly(ca, place, SECONDS)
    print(f"{result['done']} orders, {result['per_s']:.0f}/s, {watch.descriptors} descriptors, "
          f"{watch.memory[-1]:.0f} MiB")
    assert not kit.flaws(result, watch)
    assert not kit.half_made(ca)


def test_killed_among_500_orders(ca):
    """What clients were answered with 200 or 201 is there afterwards, nothing is half made, and each
    order comes to its end."""
    result = kit.kill_among_orders(ca, ORDERS, KILLS)
    assert not kit.kept_promises(ca, result, ORDERS)


def test_no_descriptors_to_spare(tmp_path, dns):
    """With few open files fewer may be connected, and all of them are served; with too few it does
    not start, and says why."""
    ca = SandboxCa(tmp_path / "ca", dns.port, retry_after_s=0)
    try:
        ca.limit = 640 + 96
        ca.start()
        with kit.Load(**kit.at_socket(ca), orders=200, in_flight=80) as load:
            result = load.result()
        assert (result["done"], result["failed"], result["cut"]) == (200, 0, 0)
        assert kit.descriptors(ca.process.pid) < ca.limit
        ca.kill()
        os.unlink(ca.folder / "ca.sock")
        ca.limit = 640 + 63
        with pytest.raises(AssertionError, match="703 open files are too few for the sandbox CA: "
                                                 "raise the limit to 704"):
            ca.start_ca()
    finally:
        ca.stop()
