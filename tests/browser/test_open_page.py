# SPDX-License-Identifier: Apache-2.0
"""A page of a domain that stays open: what its stream does to it, and what ends the stream."""
import contextlib
import signal

import pytest
from pages_kit import Visitor
from platform_kit import wait_for


@pytest.fixture
def waiting(platform, partner, request):
    """A domain whose order waits for its records; the path of its page, and the order."""
    name = request.node.name.replace("test_", "").replace("_", "-") + ".example"
    platform.zone(name, [])
    domain = platform.domain(partner, name)
    order = platform.order(partner, domain)
    wait_for(lambda: platform.status(partner, domain)["badge"]["code"] == "action_needed")
    return f"/domains/{domain['id']}", order


def cancel(partner, order):
    partner.call("POST", f"/v1/orders/{order['id']}/cancel", {}, want=200)


@pytest.mark.req("R23")
def test_first_answer_is_a_failure(platform, partner, visitor, waiting):
    """Whatever a proxy says is not shown in place of the panel, and the stream is asked for again."""
    page, order = waiting
    visitor.answer_once("**/live", 503, "application/problem+json", '{"code":"busy"}')
    visitor.go(platform.url + page)
    wait_for(lambda: any("503" in c for c in visitor.complaints()))
    assert "busy" not in visitor.text("#live")
    cancel(partner, order)
    visitor.wait(".state-large >> text=Not secured")


@pytest.mark.req("R46")
def test_signed_out_elsewhere(platform, partner, visitor, waiting):
    """A page that is left open says so, and leads back to itself."""
    page, order = waiting
    visitor.go(platform.url + page)
    visitor.wait("text=Check again")
    elsewhere = Visitor(platform, visitor.cookies())
    assert elsewhere.post("/sign-out", {}, elsewhere.form_code(page)).status_code == 303
    cancel(partner, order)  # something happens
    visitor.wait("#password")
    assert visitor.url().endswith(f"/sign-in?next={page}")
    assert all("401" in c for c in visitor.complaints())


@pytest.mark.req("R36")
def test_what_was_opened_stays_open(platform, partner, visitor, waiting):
    page, order = waiting
    visitor.go(platform.url + page)
    visitor.click("summary")
    cancel(partner, order)
    visitor.wait(".state-large >> text=Not secured")
    assert visitor.attribute("details", "open") is not None


@contextlib.contextmanager
def stopped(platform, *names):
    for name in names:
        platform.kill(name, signal.SIGSTOP)
    try:
        yield
    finally:
        for name in names:
            platform.kill(name, signal.SIGCONT)


@pytest.mark.req("R27")
def test_tick_is_on_its_way(platform, partner, visitor):
    """Until every CDN location has it the page says so, and then by itself what visitors get."""
    site, _, _ = platform.ordered(partner, "ticked.example")
    visitor.go(f"{platform.url}/sites/{site['id']}/settings")
    assert "visitors come over http or https" in visitor.text("#live")
    with stopped(platform, "edge-2-agent"):
        with stopped(platform, "worker"):
            visitor.check("input[name=https]", True)
            visitor.click("main button")
            visitor.wait("#live >> text=on its way: 0 of 2 CDN locations have it")
        visitor.wait("#live >> text=on its way: 1 of 2 CDN locations have it")
    visitor.wait("#live >> text=Visitors are sent to https.")
