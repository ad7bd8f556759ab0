# SPDX-License-Identifier: Apache-2.0
"""A name that an account has shown control of: authorizations that are used again."""
import datetime
import time

import pytest

from ca_client_kit import Client, make_csr
from ca_fixtures import Responder, SandboxCa, knot, names_of  # noqa: F401

pytestmark = pytest.mark.req("R45")

HOUR, DAY = 3600, 86400


class MovedCa(SandboxCa):
    """With a client, and a clock that move_to(seconds from now) moves."""

    def __init__(self, folder, dns_port, **options):
        clock = folder.parent / f"{folder.name}.clock"
        clock.write_text("0")
        super().__init__(folder, dns_port, **options)
        self.clock = clock
        self.environment["LATCHKEY_CLOCK_FILE"] = str(clock)
        self.start()
        self.answers = Responder(self.http_port)
        self.client = Client(self)
        self.client.register()
        self.answers.thumbprint = self.client.key.thumbprint

    def move_to(self, seconds):
        self.clock.write_text(str(int(seconds * 1000)))
        time.sleep(0.3)

    def stop(self):
        self.answers.stop()
        super().stop()


@pytest.fixture
def start(tmp_path, knot):  # noqa: F811
    started = []

    def start_one(**options):
        started.append(MovedCa(tmp_path / f"ca{len(started)}", knot.port, **options))
        return started[-1]

    yield start_one
    for one in started:
        one.stop()


def expires(reply):
    text = reply.json["expires"].replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text).timestamp() - time.time()


def prove(client, *names, **members):
    """Has the names validated without a certificate; returns the order."""
    order = client.order(*names, **members)
    assert client.validate(order).json["status"] == "ready"
    return order


def test_a_second_order_is_ready_at_once(start):
    ca = start()
    first, _, _ = ca.client.issue("again.example", "www.again.example")
    asked = len(ca.answers.seen)
    order = ca.client.order("again.example", "www.again.example")
    assert (order.status, order.json["status"]) == (201, "ready")
    assert order.json["authorizations"] == first.json["authorizations"]
    assert order.headers["Location"] != first.headers["Location"]
    challenge, = ca.client.post(order.json["authorizations"][0]).json["challenges"]
    assert challenge["status"] == "valid"
    assert ca.client.post(challenge["url"], {}).json["status"] == "valid"  # answering changes nothing
    _, pem, _ = ca.client.complete(order, ["again.example", "www.again.example"])
    assert sorted(names_of(pem)) == ["again.example", "www.again.example"]
    assert len(ca.answers.seen) == asked


def test_what_is_new_is_asked_for(start):
    ca = start()
    old = prove(ca.client, "some.example", "shared.example")
    order = ca.client.order("shared.example", "new.example")
    assert order.json["status"] == "pending"
    new, = set(order.json["authorizations"]) - set(old.json["authorizations"])
    assert ca.client.post(new).json["identifier"]["value"] == "new.example"
    asked = len(ca.answers.seen)
    assert ca.client.validate(order).json["status"] == "ready"
    assert len(ca.answers.seen) == asked + 1


def test_not_of_another_profile_or_account(start):
    ca = start()
    old = prove(ca.client, "mine.example")
    other = ca.client.order("mine.example", profile="tlsserver")
    assert other.json["status"] == "pending"
    assert other.json["authorizations"] != old.json["authorizations"]
    stranger = Client(ca)
    stranger.register()
    assert stranger.order("mine.example").json["status"] == "pending"


@pytest.mark.parametrize("profile,life,left,order_life", [
    ("classic", 30 * DAY, 21 * HOUR, 7 * DAY), ("tlsserver", 7 * HOUR, HOUR, 8 * HOUR)])
def test_for_how_long(start, profile, life, left, order_life):
    """Until an eighth of an order's lifetime before its end, and the order ends with it."""
    ca = start()
    prove(ca.client, "long.example", "other.example", profile=profile)
    at = life - order_life - DAY
    if at > 0:
        ca.move_to(at)
        order = ca.client.order("long.example", "other.example", profile=profile)
        # (that of the first order is over)
        assert expires(order) - at == pytest.approx(order_life, abs=30)
    ca.move_to(life - left - 60)
    order = ca.client.order("long.example", profile=profile)
    assert order.json["status"] == "ready"
    assert expires(order) == pytest.approx(life, abs=30)
    ca.move_to(life - left + 60)
    assert ca.client.order("other.example", profile=profile).json["status"] == "pending"


def test_deactivated_by_the_client(start):
    ca = start()
    first = prove(ca.client, "given-up.example")
    url, = first.json["authorizations"]
    second = ca.client.order("given-up.example", "more.example")
    assert url in second.json["authorizations"]
    assert ca.client.post(url, {"status": "deactivated"}).json["status"] == "deactivated"
    for order in (first, second):
        assert ca.client.post(order.headers["Location"]).json["status"] == "invalid"
    refused = ca.client.finalize(first, make_csr(["given-up.example"])[1])
    assert refused.problem == (403, "orderNotReady")
    fresh = ca.client.order("given-up.example")
    assert fresh.json["status"] == "pending" and url not in fresh.json["authorizations"]


def test_switched_off(start):
    ca = start(reuse_authorizations=False)
    ca.client.issue("each-time.example")
    assert ca.client.order("each-time.example").json["status"] == "pending"


def test_one_that_is_given_up_untried_counts_as_failed(start, tmp_path):
    limits = tmp_path / "limits"
    limits.write_text("all off\nfailures_per_name 1 1h\n")
    ca = start(limits=str(limits))
    order = ca.client.order("untried.example")
    url, = order.json["authorizations"]
    assert ca.client.post(url, {"status": "deactivated"}).json["status"] == "deactivated"
    refused = ca.client.order("untried.example")
    assert refused.problem == (429, "rateLimited")
    assert refused.json["detail"].startswith(
        'too many failed authorizations (1) for "untried.example" in the last 1h0m0s')
    prove(ca.client, "tried.example")
    url, = ca.client.order("tried.example").json["authorizations"]
    ca.client.post(url, {"status": "deactivated"})
    assert ca.client.order("tried.example").status == 201
