# SPDX-License-Identifier: Apache-2.0
"""Every page, holding rows: axe finds nothing, the browser complains about nothing under the strict
policy, and nothing has to be scrolled sideways; light and dark, on a desk and on a phone."""
import contextlib
import datetime
import os
import re
import signal
import sqlite3

import pytest
from conftest import Person
from platform_kit import ROOT, wait_for

LONG = "a" * 63 + "." + "b" * 63 + "." + "c" * 63 + "." + "d" * 52 + ".example"  # 253 octets
ROUTE = re.compile(r'(?:PAGE\(|\.path = )\s*"([^"]+)"')

# The pages by the routes of src/web/routes.c, each in its states. A route of a page that is not here
# fails test_no_route_is_left_out.
PAGES = {
    "/sign-in": ["/sign-in"],
    "/welcome/{secret}": ["{welcome}"],
    "/": ["/", "{operator}/"],
    "/domains": ["/domains", "/domains?state=action_needed&sort=-name", "/domains?search=nothing",
                 "{operator}/domains"],
    "/accounts": ["/accounts", "/accounts?search=nobody+is+called+so"],
    "/accounts/new": ["/accounts/new"],
    "/accounts/{account}": ["/accounts/{account}", "/accounts/{empty}",
                            "/accounts/{account}?search=nothing"],
    "/accounts/{account}/domains": ["/accounts/{account}/domains", "/accounts/{empty}/domains"],
    "/accounts/{account}/domains/new": ["/accounts/{account}/domains/new"],
    "/accounts/{account}/sites": ["/accounts/{account}/sites", "/accounts/{empty}/sites"],
    "/accounts/{account}/ssl/new": ["/accounts/{account}/ssl/new", "/accounts/{empty}/ssl/new"],
    "/orders/{order}": ["/orders/{order}"],
    "/domains/{domain}": ["/domains/{live}", "/domains/{waiting}", "/domains/{cancelled}",
                          "/domains/{long}", "/domains/{idn}", "/domains/{unordered}",
                          "/domains/{star}"],
    "/domains/{domain}/history": ["/domains/{live}/history", "/domains/{waiting}/history"],
    "/domains/{domain}/cancel": ["/domains/{waiting}/cancel"],
    "/domains/{domain}/reissue": ["/domains/{live}/reissue"],
    "/domains/{domain}/release": ["/domains/{live}/release", "/domains/{waiting}/release",
                                  "/domains/{long}/release"],
    "/sites/{site}/settings": ["/sites/{site}/settings", "/sites/{live_site}/settings"],
    "/partners": ["{operator}/partners"],
    "/partners/new": ["{operator}/partners/new"],
    "/partners/{partner}": ["{operator}/partners/{partner}"],
}
# What is no page: parts, streams, files.
PARTS = {"/assets/{hash}/{name}", "/place", "/domains/{domain}/live",
         "/sites/{site}/state"}
VIEWS = [(1280, 900, False), (1280, 900, True), (390, 844, False), (390, 844, True)]


def routes():
    source = (ROOT / "src/web/routes.c").read_text(encoding="utf-8")
    return set(ROUTE.findall(source)) - {"(p)"}


def test_no_route_is_left_out():
    assert routes() - PARTS == set(PAGES)


@pytest.fixture(scope="module")
def seeded(platform, partner):
    """Ids of an account with a row of each kind."""
    def order(name, records, site=None):
        if records is not None:
            platform.zone(name, records)
        domain = platform.domain(partner, name, site=site)
        return domain, platform.order(partner, domain)
    live_site, live, _ = platform.ordered(partner, "seeded.example")
    waiting, _ = order("waiting.example", [])
    cancelled, gone = order("ended.example", [])
    partner.call("POST", f"/v1/orders/{gone['id']}/cancel", {}, want=200)
    long, _ = order(LONG, None)  # a zone file of this name would be too long a file name
    idn, _ = order("xn--mnchen-3ya.example", platform.right_records(www=None))
    unordered = platform.domain(partner, "unordered.example")
    star = platform.domain(partner, f"*.{LONG[64:]}")
    empty = partner.post("/v1/accounts", {"name": "Nothing here yet", "email": "n@mail.example"})
    for domain in (waiting, long, idn):
        wait_for(lambda d=domain: platform.status(partner, d)["badge"]["code"] == "action_needed")
    return {"account": partner.account["id"], "empty": empty["id"], "live": live["id"],
            "waiting": waiting["id"], "cancelled": cancelled["id"], "long": long["id"],
            "idn": idn["id"], "unordered": unordered["id"], "star": star["id"], "site": waiting["site_id"],
            "live_site": live_site["id"], "order": gone["id"], "partner": partner.partner["id"]}


@pytest.fixture(scope="module")
def people(platform, partner, browser):
    owen = Person(platform, "owen@operator.example", "--operator", name="Owen Operator")
    owen.choose_password()
    paul = Person(platform, "paul@partner.example", "--partner", partner.partner["id"])
    paul.choose_password()
    new = Person(platform, "new@partner.example", "--partner", partner.partner["id"])
    return {"operator": owen, "partner": paul, "new": new}


def look_at_it(browser, url):
    """What is wrong with the page that is open, in each view."""
    wrong = []
    for width, height, dark in VIEWS:
        browser.view({"width": width, "height": height, "dark": dark})
        where = f"{url} {width} {'dark' if dark else 'light'}"
        wrong += [f"{where}: {v['id']}: {v['help']}: {v['nodes'][:2]}" for v in browser.axe()]
        if browser.overflow() > 0:
            wrong.append(f"{where}: {browser.overflow()} pixels too wide")
    return wrong


def look(browser, url, want):
    """What is wrong with a page in each view: a list of texts."""
    status = browser.go(url)
    if status != want:
        return [f"{url}: {status}, not {want}"]
    wrong = look_at_it(browser, url)
    complaints = browser.complaints()
    if want < 400:
        wrong += [f"{url}: {c}" for c in complaints]
    return wrong


def sign_in_as(browser, platform, person):
    browser.visitor()
    if person:
        person.sign_in(browser, platform.url)
    browser.complaints()


def rows(seeded, people, who):
    """The pages that `who` looks at."""
    for patterns in PAGES.values():
        for pattern in patterns:
            is_operators = pattern.startswith("{operator}")
            is_public = pattern.startswith(("/sign-in", "{welcome}"))
            if who == ("operator" if is_operators else None if is_public else "partner"):
                yield pattern.replace("{operator}", "").format(
                    welcome=people["new"].link.split("/", 3)[3].join(["/", ""]), **seeded)


@pytest.mark.parametrize("who", [None, "partner", "operator"])
def test_every_page(platform, browser, seeded, people, who):
    sign_in_as(browser, platform, who and people[who])
    wrong = []
    for path in rows(seeded, people, who):
        wrong += look(browser, platform.url + path, 200)
    assert not wrong, "\n".join(wrong)


PROBLEMS = [("/nothing", 404), ("/partners", 403), ("/accounts/acc_0", 404), ("/welcome/not-a-link", 410),
            ("/accounts?unknown=1", 422), ("/accounts?after=" + "x" * 300, 422),
            ("/accounts?search=a&search=b", 400), ("/" + "x" * 5000, 414), ("/domains/{waiting}/check", 405),
            ("/domains/{live}/cancel", 409), ("/domains/{waiting}/reissue", 409)]


def test_every_problem(platform, browser, seeded, people):
    sign_in_as(browser, platform, people["partner"])
    wrong = []
    for path, status in PROBLEMS:
        wrong += look(browser, platform.url + path.format(**seeded), status)
    assert not wrong, "\n".join(wrong)


def stored(platform, *changes):
    """Changes the store behind the platform's back."""
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db", timeout=10)) as db, db:
        for change in changes:
            db.execute(*change)


@contextlib.contextmanager
def still(platform, name):
    pid = platform.pid(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def badges(platform, browser, domains):
    """What is wrong with lists and pages of these domains, which have these badges."""
    wrong = look(browser, platform.url + "/domains", 200) + look(browser, platform.url + "/", 200)
    for badge, domain in domains.items():
        wrong += look(browser, f"{platform.url}/domains/{domain['id']}", 200)
        assert browser.text(".state-large").startswith(badge)
    return wrong


def asked_too_often(platform, browser, domain):
    """The same of the page of a 429, which an order gets that waits for a person."""
    stored(platform, ("UPDATE issuance SET state = 'parked' WHERE domain_id = ?", (domain["id"],)))
    url = f"{platform.url}/domains/{domain['id']}"
    browser.go(url)
    browser.click("text=Check again")
    browser.wait(".state-large")
    browser.click("text=Check again")
    browser.wait("text=429 rate_limited")
    return look_at_it(browser, url + "/check")


def error_of_ours(platform, browser, domain):
    """The same of the page of a 500."""
    stored(platform, ("ALTER TABLE name_history RENAME TO elsewhere",))
    wrong = look(browser, f"{platform.url}/domains/{domain['id']}/history", 500)
    stored(platform, ("ALTER TABLE elsewhere RENAME TO name_history",))
    return wrong


def test_what_takes_long(platform, browser, people, partner):
    """Badges that are seen after hours, or never with a sandbox, and what should not be: stored as
    the worker would, which stands still."""
    domains = {badge: platform.ordered(partner, f"{name}.example")[1] for badge, name in
               (("Secured", "trusted"), ("At risk", "risky"))}
    sign_in_as(browser, platform, people["partner"])
    with still(platform, "worker"):
        stored(platform, ("UPDATE certificate SET trust = 'store' WHERE domain_id IN (?, ?)",
                          [domain["id"] for domain in domains.values()]),
               ("UPDATE domain_name SET failing_at = 1, risk_at = 1 WHERE name = 'risky.example'",))
        waits = domains["Setting up"] = platform.domain(partner, "starting.example")
        platform.order(partner, waits)
        wrong = badges(platform, browser, domains)
        wrong += asked_too_often(platform, browser, waits) + error_of_ours(platform, browser, waits)
    browser.complaints()
    assert not wrong, "\n".join(wrong)


ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@pytest.mark.parametrize("zone, hours", [("Asia/Tokyo", 9), ("America/Phoenix", -7), (None, 0)])
def test_instants_are_in_the_readers_time_zone(platform, browser, seeded, people, zone, hours):
    """`zone` None: a browser without JavaScript, which is told that it is UTC."""
    browser.visitor({"zone": zone} if zone else {"script": False})
    people["partner"].sign_in(browser, platform.url)
    browser.go(f"{platform.url}/domains/{seeded['live']}")
    at = datetime.datetime.fromisoformat(browser.attribute("dl.facts time", "datetime"))
    at += datetime.timedelta(hours=hours)
    want = f"{at.day} {at:%b %Y, %H:%M}" + ("" if zone else " UTC")
    assert browser.text("dl.facts time") == want
    times = browser.texts("main time")
    assert len(times) > 10 and all(t.endswith(" UTC") == (not zone) for t in times), times
    assert any(re.fullmatch(r"\(in \d+ days\)", t) for t in browser.texts(".distance"))
    browser.go(f"{platform.url}/accounts/{seeded['account']}/ssl/new")
    assert "seeded.example has a subscription already, paid until" in browser.text("main")
    assert not ISO.search(browser.text("main")) and "sub_" not in browser.text("main")
    browser.complaints()


def test_a_part_that_is_swapped_has_the_readers_time(platform, browser, seeded, people, partner):
    """The panel of a domain comes again, from the server, with each thing that happens."""
    browser.visitor({"zone": "Asia/Tokyo"})
    people["partner"].sign_in(browser, platform.url)
    browser.go(f"{platform.url}/domains/{seeded['idn']}")
    count = browser.count(".timeline-list li")
    partner.post(f"/v1/domains/{seeded['idn']}/names", {"name": "shop.xn--mnchen-3ya.example"})
    browser.wait(f".timeline-list li:nth-child({count + 1})")
    assert not [t for t in browser.texts("main time") if "UTC" in t]


def test_page_of_the_front_door(platform, browser):
    """What nginx shows while nobody answers, which has no style or script but its own."""
    browser.visitor()
    os.kill(platform.process.pid, signal.SIGSTOP)  # who would start it again
    try:
        platform.kill("web")
        wrong = look(browser, platform.url + "/accounts", 503)
        assert browser.text("h1") == "One moment, please"
    finally:
        os.kill(platform.process.pid, signal.SIGCONT)
    assert not wrong, "\n".join(wrong)
    wait_for(lambda: browser.go(platform.url + "/sign-in") == 200)
    browser.complaints()


def test_refused_forms(platform, browser, seeded, people):
    """Forms that are shown again, with what is wrong beside the field."""
    sign_in_as(browser, platform, people["partner"])
    browser.go(f"{platform.url}/accounts/{seeded['account']}/domains/new")
    browser.fill("#name", "not_a_name")
    browser.click("main button")
    assert "an underscore is not allowed" in browser.text("#problem_name")
    assert browser.axe() == []
    browser.go(f"{platform.url}/accounts/{seeded['empty']}/ssl/new")
    assert browser.axe() == []
    browser.complaints()


@pytest.mark.req("R16")
def test_the_longest_names(platform, browser, people):
    """Names, brands and addresses of the greatest length make no page wider than its window."""
    wide = "W" * 200
    made = platform.operator.post("/v1/partners", {"name": wide, "brand": wide})
    account = platform.operator.post("/v1/accounts", {"partner_id": made["id"], "name": wide,
                                                      "email": "m" * 64 + "@" + LONG[:174] + ".example"})
    wilma = Person(platform, "wilma@partner.example", "--partner", made["id"], name=wide)
    wilma.choose_password()
    wrong = []
    for person, paths in ((people["operator"], ["/partners", f"/partners/{made['id']}", "/accounts"]),
                          (wilma, ["/accounts", f"/accounts/{account['id']}",
                                   f"/accounts/{account['id']}/ssl/new"])):
        sign_in_as(browser, platform, person)
        for path in paths:
            browser.go(platform.url + path)
            for width in (1280, 700, 390):
                browser.view({"width": width, "height": 900})
                if browser.overflow() > 0:
                    wrong.append(f"{path} {width}: {browser.overflow()} pixels too wide")
    assert not wrong, "\n".join(wrong)
