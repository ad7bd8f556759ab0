# SPDX-License-Identifier: Apache-2.0
"""What has a page before it that says what will happen: with a browser, and without JavaScript."""
import pytest
from conftest import Person
from platform_kit import wait_for


def badge(browser):
    return browser.text(".state-large")


@pytest.mark.req("R11", "R20")
def test_reissue_until_it_is_too_often(platform, partner, visitor):
    name = "again.example"
    _, domain, status = platform.ordered(partner, name)
    page = f"{platform.url}/domains/{domain['id']}"
    for turn in range(3):
        visitor.go(page)
        visitor.click("main a >> text=Reissue")
        assert f"a new certificate with a new key is asked for, for {name}, www.{name}" \
            in visitor.text("main").lower()
        visitor.click("main button >> text=Reissue")
        if turn == 2:
            break
        visitor.wait("li >> text=A new certificate with a new key was asked for")
        before = status["certificate"]["serial"]
        wait_for(lambda: platform.status(partner, domain)["certificate"]["serial"] != before)
        status = platform.wait_live(partner, domain)
    assert "2 reissues a week are possible" in visitor.text("main .alert")
    assert "Z" not in visitor.text("main .alert time")
    visitor.complaints()  # the browser notes the 429


@pytest.mark.req("R42")
def test_release_without_javascript(platform, partner, person, browser):
    name = "leaving.example"
    _, domain, _ = platform.ordered(partner, name)
    browser.visitor({"script": False})
    person.sign_in(browser, platform.url)
    browser.go(f"{platform.url}/domains/{domain['id']}")
    browser.click("main a >> text=Release the domain")
    shown = browser.text("main")
    for text in (f"{name}, www.{name}: anybody can claim", "Their certificates are revoked",
                 "The subscription, paid until", " UTC, ends with it", "cannot be undone"):
        assert text in shown, shown
    assert platform.status(partner, domain)["subscription"]["state"] == "active"  # nothing yet
    browser.click("main button >> text=Release the domain")
    browser.wait("h1")
    assert browser.url() == f"{platform.url}/accounts/{partner.account['id']}/domains"
    assert name not in browser.text("main")
    wait_for(lambda: platform.http(platform.addresses()[0], name)[0] == 404)
    browser.go(f"{platform.url}/domains/{domain['id']}")
    assert "This domain was released" in browser.text("main")
    assert browser.count("main form") == 0 and browser.count("main >> text=Add SSL") == 0


@pytest.mark.req("R9")
def test_what_happens_at_the_end_of_the_term(platform, partner, visitor):
    _, domain, _ = platform.ordered(partner, "term.example")
    visitor.go(f"{platform.url}/domains/{domain['id']}")
    visitor.click("main button >> text=Let it end")
    visitor.wait("dd >> text=the subscription ends")
    assert platform.status(partner, domain)["subscription"]["auto_renew"] is False
    visitor.click("main button >> text=Renew by itself")
    visitor.wait("dd >> text=the subscription renews by itself")
    assert platform.status(partner, domain)["subscription"]["auto_renew"] is True


@pytest.mark.req("R46")
def test_operator_adds_a_partner(platform, browser):
    """The first of its people signs in by the link, and sees an interface in the new brand."""
    owen = Person(platform, "olga@operator.example", "--operator")
    owen.choose_password()
    browser.visitor()
    owen.sign_in(browser, platform.url)
    browser.click("text=Partners")
    browser.click("main a >> text=New partner")
    browser.fill("#name", "Green Meadow Hosting")
    browser.fill("#brand", "Green Meadow")
    browser.fill("#user_name", "Grete Green")
    browser.fill("#email", owen.email)  # somebody has this one
    browser.click("main button")
    assert f"Somebody signs in with {owen.email} already" in browser.text("#problem_email")
    assert "Green Meadow" not in str(platform.operator.get("/v1/partners?limit=200"))
    browser.fill("#email", "grete@green.example")
    browser.click("main button")
    browser.wait("#link")
    link = browser.text("#link")
    browser.click("main button.copy")
    assert browser.clipboard() == link
    browser.click("main a >> text=To the partner")
    browser.wait("h1 >> text=Green Meadow Hosting")
    assert "/welcome/" not in browser.content()
    browser.complaints()
    browser.visitor()
    browser.go(link)
    assert "Grete Green" in browser.text("main")
    browser.fill("#password", "a few words of my own")
    browser.click("main button")
    browser.wait("text=Sign out")
    assert "Green Meadow" in browser.text("header") and "Latchkey" not in browser.content()
    assert browser.count("nav >> text=Partners") == 0
    assert browser.complaints() == []
