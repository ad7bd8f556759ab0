# SPDX-License-Identifier: Apache-2.0
"""What a partner does in the reseller admin interface, and what is then true on the wire."""
import signal

import pytest
from conftest import Person
from platform_kit import wait_for


def open_account(browser, partner):
    browser.click("header >> text=Accounts")
    browser.click("main td a >> text=" + partner.account["name"])
    browser.wait("text=Add SSL Certificate")


def add_domain(browser, partner, name):
    browser.click(".nav-tabs >> text=Domains")
    browser.click("text=Add a domain")
    browser.fill("#name", name)
    browser.click("main button >> text=Add it")
    browser.wait(f"h1 >> text={name}")


def register(browser):
    browser.click("main >> text=Add SSL Certificate")
    browser.click("main button >> text=Register")
    browser.wait("#timeline_title")


def badge(browser):
    return browser.text(".state-large")


def tick(browser, on):
    browser.click("text=Settings of the site")
    browser.check("input[name=https]", on)
    browser.click("main button >> text=Save")
    browser.wait("h1 >> text=Settings")


@pytest.mark.req("R16", "R17", "R18", "R19", "R20", "R22", "R23", "R27", "R28", "A1", "A9")
def test_from_sign_in_to_https(platform, partner, visitor):
    """The whole story; the tick is made before there is a certificate."""
    name = "story.example"
    platform.zone(name, platform.right_records())
    open_account(visitor, partner)
    add_domain(visitor, partner, name)
    page = visitor.url()
    tick(visitor, True)
    assert "as soon as a certificate is shown" in visitor.text("main section p")
    for address in platform.addresses():  # a tick alone redirects nobody
        assert wait_for(lambda a=address: platform.http(a, name)[0] in (200, 301)
                        and platform.http(a, name)[0]) == 200
    visitor.go(page)
    register(visitor)
    visitor.wait(".state-large >> text=Test certificate")
    assert "2/2" in visitor.text("dl.facts")
    assert any("2 of 2 CDN locations show the certificate" in t
               for t in visitor.texts(".timeline-list li"))
    wait_for(lambda: platform.http(platform.addresses()[0], name)[0] == 301)
    visitor.go(f"http://{name}/some/path?q=1")
    assert visitor.url() == platform.location(f"www.{name}", "/some/path?q=1")
    assert "the site of" in visitor.content()
    visitor.go(page)
    tick(visitor, False)
    wait_for(lambda: all(platform.http(a, name)[0] == 200 for a in platform.addresses()))


@pytest.mark.req("R12", "R42")
def test_the_record_of_a_wildcard(platform, partner, visitor):
    """It is on the page before anybody orders, in a finding while it is not set, and stays to be seen."""
    name, card = "early.example", "section[aria-labelledby=delegations_title]"
    platform.zone(name, platform.right_records())
    open_account(visitor, partner)
    add_domain(visitor, partner, f"*.{name}")
    domain = partner.get(f"/v1/domains/{visitor.url().rsplit('/', 1)[1]}")
    told, = domain["delegations"]
    assert visitor.texts(f"{card} tr code") == ["_acme-challenge", told["value"]]
    assert "Set CNAME" in visitor.text(f"{card} tbody")
    assert "the full name: the records that are there show which" in visitor.text(card)
    for column, text in ((2, "_acme-challenge"), (3, told["value"])):
        visitor.click(f"{card} td:nth-child({column}) button.copy")
        assert visitor.clipboard() == text
    register(visitor)
    visitor.wait(".state-large >> text=Action needed (owner)")
    assert visitor.texts("tr.to-do code") == ["_acme-challenge", told["value"]]
    assert visitor.count(card) == 0
    platform.delegate(partner, domain)
    visitor.click("main button >> text=Check again")
    visitor.wait(".state-large >> text=Test certificate")
    assert visitor.texts(f"{card} tr code") == ["_acme-challenge", told["value"]]
    assert visitor.texts("tr.to-do code").count("_acme-challenge") == 1


@pytest.mark.req("R30", "R34", "R36", "R37", "A2")
def test_no_records_then_right_ones(platform, partner, visitor):
    name = "late.example"
    platform.zone(name, [])
    open_account(visitor, partner)
    add_domain(visitor, partner, name)
    register(visitor)
    visitor.wait(".state-large >> text=Action needed (owner)")
    assert visitor.text("section p.h3") == f"www.{name} has issues"
    shown = visitor.texts("tr.to-do code")
    for address in platform.addresses(4) + [name]:
        assert address in shown
    visitor.click("tr.to-do td:last-child button")
    assert visitor.clipboard() == platform.addresses(4)[0]
    visitor.click("text=Check again")
    visitor.wait(".state-large >> text=Action needed (owner)")
    platform.zone(name, platform.right_records())
    visitor.wait(".state-large >> text=Test certificate", 30000)  # by itself, on the open page


@pytest.mark.req("R35", "A3")
def test_www_missing(platform, partner, visitor):
    name = "nowww.example"
    platform.zone(name, platform.right_records(www=None))
    open_account(visitor, partner)
    add_domain(visitor, partner, name)
    register(visitor)
    visitor.wait(f"text=www.{name} did not respond to Mono check")
    platform.zone(name, platform.right_records())
    visitor.wait(".state-large >> text=Test certificate", 30000)


@pytest.mark.req("R17", "R7")
def test_what_cannot_be_ordered_is_greyed_with_the_reason(platform, partner, visitor):
    open_account(visitor, partner)
    visitor.click("main >> text=Add SSL Certificate")
    row = "label:has(input[disabled]):has-text('story.example')"
    assert "story.example has a subscription already" in visitor.text(row)


@pytest.mark.req("R20")
def test_cancelled(platform, partner, visitor):
    name = "cancelled.example"
    platform.zone(name, [])
    open_account(visitor, partner)
    add_domain(visitor, partner, name)
    register(visitor)
    visitor.click("main a >> text=Cancel the order")
    visitor.wait(f"li >> text=The order for {name}, www.{name} ends, and nothing is charged.")
    visitor.click("main a >> text=Leave it as it is")
    visitor.click("main a >> text=Cancel the order")
    visitor.click("main button >> text=Cancel the order")
    visitor.wait("main >> text=Add SSL Certificate")
    assert badge(visitor) == "Not secured"


@pytest.mark.req("R20")
def test_impatient_clicks_send_a_form_once(platform, partner, visitor):
    """While the answer is not there; afterwards the same form can be sent again."""
    visitor.go(f"{platform.url}/accounts/{partner.account['id']}/domains/new")
    visitor.fill("#name", "not_a_name")
    visitor.posts()
    platform.kill("web", signal.SIGSTOP)
    try:
        visitor.click_twice("main button")
    finally:
        platform.kill("web", signal.SIGCONT)
    visitor.wait("#problem_name")
    visitor.click("main button")
    visitor.wait("#problem_name")
    assert visitor.posts() == 2
    assert all("422" in c for c in visitor.complaints())


@pytest.mark.req("R46")
def test_nobody_sees_another_partners_things(platform, partner, visitor):
    other = platform.tenant(name="Other")
    domain = platform.domain(other, "theirs.example")
    for path in (f"/accounts/{other.account['id']}", f"/domains/{domain['id']}",
                 f"/sites/{domain['site_id']}/settings", "/accounts/acc_0", "/nothing"):
        assert visitor.go(platform.url + path) == 404, path
    assert len(visitor.complaints()) == 5  # the browser notes each 404


@pytest.mark.req("R46")
def test_wrong_password_then_sign_out(platform, browser, person):
    browser.visitor()
    browser.go(platform.url + "/accounts")
    assert browser.url().endswith("/sign-in?next=/accounts")
    browser.fill("#email", person.email)
    browser.fill("#password", "not the right one")
    browser.click("main button")
    assert browser.text("#problem") == "The address or the password is wrong"
    browser.fill("#password", person.password)
    browser.click("main button")
    browser.wait("text=Sign out")
    assert browser.url().endswith("/accounts")
    browser.click("text=Sign out")
    browser.wait("#password")
    browser.go(platform.url + "/accounts")
    assert "/sign-in" in browser.url()


@pytest.mark.req("R46")
def test_link_works_once(platform, partner, browser, person):
    second = Person(platform, "peter@partner.example", "--partner", partner.partner["id"])
    browser.visitor()
    second.welcome(browser)
    assert browser.go(second.link) == 410
    assert "used already" in browser.text("main")


@pytest.mark.req("R19", "A15")
def test_wizard_without_javascript(platform, partner, person, browser):
    name = "plain.example"
    platform.zone(name, platform.right_records())
    browser.visitor({"script": False})
    person.sign_in(browser, platform.url)
    open_account(browser, partner)
    add_domain(browser, partner, name)
    browser.click("main >> text=Add SSL Certificate")
    browser.select("#country", "US")
    browser.fill("#state", "Nowhere")
    browser.click("main button >> text=Register")
    assert "Nowhere" in browser.text("#problem_state")
    browser.fill("#state", "California")
    browser.click("main button >> text=Register")
    browser.wait("#timeline_title")

    def is_live():
        browser.go(browser.url())
        return badge(browser) == "Test certificate"
    wait_for(is_live)


@pytest.mark.req("R36")
def test_records_as_the_providers_form_wants_them(platform, partner, visitor):
    """One that wants nothing for the domain itself, and a dot at the end of a name: what is copied is typed."""
    platform.zone("typed.example", [], ns="dns104.ovh.net.")
    domain = platform.domain(partner, "typed.example")
    platform.order(partner, domain)
    wait_for(lambda: platform.status(partner, domain)["badge"]["code"] == "action_needed")
    visitor.go(f"{platform.url}/domains/{domain['id']}")
    first = "tr.to-do >> nth=0"
    assert visitor.text(f"{first} >> td:nth-child(2)").split() == ["left", "empty", "typed.example"]
    www = "tr.to-do:has-text('CNAME')"
    for column, text in ((2, "www"), (3, "typed.example.")):
        visitor.click(f"{www} >> td:nth-child({column}) >> button.copy")
        assert visitor.clipboard() == text
    assert "A name as value ends with a dot, else the domain is added to it." in visitor.text("main")
    visitor.complaints()


@pytest.mark.req("R36")
def test_no_dead_buttons_without_javascript(platform, partner, person, browser):
    platform.zone("noscript.example", [])
    domain = platform.domain(partner, "noscript.example")
    platform.order(partner, domain)
    wait_for(lambda: platform.status(partner, domain)["badge"]["code"] == "action_needed")
    browser.visitor({"script": False})
    person.sign_in(browser, platform.url)
    browser.go(f"{platform.url}/domains/{domain['id']}")
    assert browser.count("tr.to-do") > 0 and browser.count(".copy:visible") == 0
    browser.click("text=Check again")  # works
    browser.wait("h1 >> text=noscript.example")


@pytest.mark.req("R19")
def test_wizard_by_keyboard_alone(platform, partner, visitor):
    name = "keys.example"
    platform.zone(name, platform.right_records())
    platform.domain(partner, name)
    visitor.go(f"{platform.url}/accounts/{partner.account['id']}/ssl/new")

    def tab_to(what, limit=60):
        for _ in range(limit):
            visitor.press("Tab")
            at = visitor.focused()
            if what in (at["id"], at["name"], at["text"]):
                return
        raise AssertionError(f"{what} cannot be reached by Tab")

    tab_to("domain_id")
    while visitor.count(f"label:has-text('{name}') input:checked") == 0:
        visitor.press("ArrowDown")
    assert visitor.count("select#ca") == 0  # of one CA there is nothing to choose
    tab_to("country")
    tab_to("Register")
    visitor.press("Enter")
    visitor.wait(f"h1 >> text={name}")
    visitor.wait(".state-large >> text=Test certificate")
