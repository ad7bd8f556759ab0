# SPDX-License-Identifier: Apache-2.0
"""Every field of every form of the pages, filled in as it should not be: it is told beside the field
or refused, and nothing is stored."""
import re

import pytest
from page_kit import ORIGIN, PASSWORD, Visitor, link_of, new_person
from platform_kit import ROOT
from web_kit import Web

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onfocus=alert(1) x=\"",
    "header": "x\r\nSet-Cookie: a=b",
    "path": "../../etc/passwd",
    "formula": "=HYPERLINK(\"http://evil.example\")",
    "template": "{{7*7}}",
    "raw template": "{{{form_code}}}",
    "NUL": "a\0b",
    "not UTF-8": b"\xff\xfe",
    "blank": " ",
}
# What a text for people may be, since it is only ever shown escaped.
HARMLESS_AS_TEXT = {"script", "attribute", "path", "formula", "template", "raw template", "blank"}

# route: (right values, {field: octets allowed}, fields that must be there). Fields with a limit of None
# are choices: anything but a choice is refused.
FORMS = {
    "/sign-in": ({"email": "{email}", "password": "a wrong password", "next": "/"},
                 {"email": 254, "password": 200}, ["email", "password"]),
    "/welcome/{secret}": ({"password": "short"}, {"password": 200}, ["password"]),
    "/accounts/new": ({"name": "Name", "email": "a@mail.example", "country": "DE", "state": "DE-BE",
                       "city": ""},
                      {"name": 200, "email": 254, "country": None, "state": None, "city": 200,
                       "partner_id": None}, ["name", "email"]),
    "/accounts/{account}/domains/new": ({"name": "new.example"}, {"name": None}, ["name"]),
    "/accounts/{account}/ssl/new": ({"domain_id": "{domain}", "ca": "sandbox", "country": "DE",
                                     "state": "DE-BE", "city": "", "auto_renew": "true"},
                                    {"domain_id": None, "ca": None, "country": None, "state": None,
                                     "city": 200, "auto_renew": None}, ["domain_id", "country", "state"]),
    "/sites/{site}/settings": ({"canonical": "www", "https": "true"},
                               {"canonical": None, "https": None}, ["canonical"]),
    "/domains/{domain}/check": ({}, {}, []),
    "/domains/{domain}/cancel": ({}, {}, []),
    "/domains/{domain}/reissue": ({}, {}, []),
    "/domains/{domain}/release": ({}, {}, []),
    "/domains/{domain}/auto-renew": ({"on": "false"}, {"on": None}, ["on"]),
    "/partners/new": ({"name": "Name", "brand": "Brand", "user_name": "Some Body",
                       "email": "{unique}@new.example"},
                      {"name": 200, "brand": 200, "user_name": 200, "email": 254},
                      ["name", "brand", "user_name", "email"]),
    "/sign-out": ({}, {}, []),
}
FREE_TEXT = {("/accounts/new", "name"), ("/welcome/{secret}", "password"), ("/partners/new", "name"),
             ("/partners/new", "brand"), ("/partners/new", "user_name")}
# A city is not asked for where there are states: it is looked at only for its form.
NOT_ASKED = {("/accounts/new", "city"), ("/accounts/{account}/ssl/new", "city")}
CHANGES_WITH_EACH_TRY = {"session", "sign_in_try"}


def test_no_form_is_left_out():
    source = (ROOT / "src/web/routes.c").read_text(encoding="utf-8")
    assert set(re.findall(r'FORM\("([^"]+)"', source)) == set(FORMS)


@pytest.mark.req("R37", "R46")
def test_check_again_of_what_is_parked():
    """It costs an order at the CA: once a minute, and page and API say when it can be done again."""
    with Web() as web:
        api = web.partner("Parked")
        domain = web.domain(api, "parked.example")
        order = api.post("/v1/orders", {"domain_id": domain["id"]}, want=202)
        visitor = new_person(web, "parked@partner.example", "--partner", api.partner["id"])

        def park(at_ms):
            web.sql(("UPDATE issuance SET state = 'parked', version = version + 1",),
                    ("UPDATE rate_bucket SET tat_us = tat_us + ?", (at_ms * 1000,)))

        def press():
            return visitor.post(f"/domains/{domain['id']}/check",
                                [("form_code", visitor.code(f"/domains/{domain['id']}"))])
        path = f"/v1/orders/{order['id']}/check"
        park(0)
        api.call("POST", path, want=202)
        refused = api.call("POST", path, want=429)
        assert refused.json()["code"] == "rate_limited" and refused.json()["retry_at"]
        assert 50 <= int(refused.headers["Retry-After"]) <= 60
        page = press()
        assert page.status == 429 and "it can be asked once more at " in page.text, page.text
        for before_ms in (60000, -3600000):  # the minute is over; the clock was set back
            park(-before_ms)
            assert press().status == 303
            api.call("POST", path, want=429)


@pytest.mark.req("R37", "R47")
def test_check_again_of_what_waits():
    """It asks other people's servers: so often for an order, by page and API together, and for all of a partner."""
    with Web() as web:
        api = web.partner("Eager")
        web.operator.patch(f"/v1/partners/{api.partner['id']}/share", {"checks_per_min": 8}, want=200)
        domains = [web.domain(api, f"eager{i}.example") for i in range(2)]
        first, second = (f"/v1/orders/{api.post('/v1/orders', {'domain_id': d['id']}, want=202)['id']}/check"
                         for d in domains)
        visitor = new_person(web, "eager@partner.example", "--partner", api.partner["id"])

        def press():
            return visitor.post(f"/domains/{domains[0]['id']}/check",
                                [("form_code", visitor.code(f"/domains/{domains[0]['id']}"))])
        for _ in range(5):
            api.call("POST", first, want=202)
        assert press().status == 303, "the sixth of the minute"
        refused = api.call("POST", first, want=429)
        assert refused.json()["code"] == "rate_limited" and refused.json()["retry_at"]
        assert 1 <= int(refused.headers["Retry-After"]) <= 10, "one more each ten seconds"
        page = press()
        assert page.status == 429 and "an order may have 6 looks a minute besides" in page.text, page.text
        assert dict(page.headers)["Retry-After"]
        answers = [api.call("POST", second) for _ in range(5)]
        assert "the partner may have 8 looks a minute besides" in answers[-1].json()["detail"]
        assert [a.status_code for a in answers[:2]] == [202, 202] and answers[-1].status_code == 429
        web.operator.call("POST", second, want=202)


class World:
    def __init__(self, web):
        self.web = web
        self.mine, self.theirs = web.partner("Mine"), web.partner("Theirs")
        self.visitor = new_person(web, "me@partner.example", "--partner", self.mine.partner["id"])
        self.operator = new_person(web, "me@operator.example", "--operator")
        domain = web.domain(self.mine, "mine.example")
        other = web.domain(self.theirs, "theirs.example")
        self.ids = {"account": self.mine.account["id"], "domain": domain["id"],
                    "site": domain["site_id"], "email": "me@partner.example"}
        self.take_link(link_of(web, "new@partner.example", "--partner", self.mine.partner["id"]))
        self.others = {"account": self.theirs.account["id"], "domain": other["id"],
                       "site": other["site_id"]}

    sent = 0

    def take_link(self, path):
        self.ids["secret"] = path.rsplit("/", 1)[1]

    def store(self):
        """All that is stored, but for what each try to sign in changes."""
        tables = [name for name, in self.web.sql(
            ("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'",))[0]]
        return {t: self.web.sql((f"SELECT * FROM {t} ORDER BY 1, 2",))[0] for t in tables
                if t not in CHANGES_WITH_EACH_TRY}

    def who(self, route):
        if route in ("/sign-in", "/welcome/{secret}"):
            return Visitor(self.web)
        return self.operator if route.startswith("/partners") else self.visitor

    def send(self, route, change, code=None, headers=None, extra=(), ids=None):
        """The form with right values but for `change`."""
        visitor = self.who(route)
        self.sent += 1
        values = {k: v.format(unique=self.sent, **self.ids)
                  for k, v in FORMS[route][0].items()} | change
        code = visitor.code(self.page_of(route)) if code is None else code
        pairs = ([("form_code", code)] if code else []) + list(values.items()) + list(extra)
        return visitor.post(route.format(**(ids or self.ids)), pairs, headers)

    def page_of(self, route):
        return route.format(**self.ids) if route.startswith(("/welcome", "/sign-in")) else "/accounts"


@pytest.fixture(scope="module")
def world():
    with Web() as web:
        yield World(web)


def rows():
    for route, (_, limits, required) in FORMS.items():
        for field in limits:
            for what, value in HOSTILE.items():
                if (route, field) in FREE_TEXT | NOT_ASKED and what in HARMLESS_AS_TEXT:
                    continue
                yield route, field, what, value
            limit = limits[field]
            yield route, field, "too long", "x" * ((limit or 2000) + 1)
        for field in required:
            yield route, field, "empty", ""


@pytest.mark.req("R46", "R19", "A15")
def test_hostile_values(world):
    before, wrong = world.store(), []
    for route, field, what, value in rows():
        page = world.send(route, {field: value})
        shown = value.decode("latin-1") if isinstance(value, bytes) else value
        if page.status not in (400, 422, 429):
            wrong.append(f"{route} {field} {what}: {page.status}")
        if what in ("script", "attribute") and shown in page.text:
            wrong.append(f"{route} {field} {what}: is shown as it is")
        if "49" in re.findall(r"value=\"(\d+)\"", page.text) or "a=b" in str(page.set_cookies()):
            wrong.append(f"{route} {field} {what}: was carried out")
    assert not wrong, "\n".join(wrong)
    assert world.store() == before


@pytest.mark.req("R19", "A15")
@pytest.mark.parametrize("route, field, text", [
    ("/accounts/new", "name", "missing"), ("/accounts/new", "email", "not a mail address"),
    ("/accounts/{account}/domains/new", "name", "empty"),
    ("/accounts/{account}/ssl/new", "domain_id", "choose a domain"),
    ("/accounts/{account}/ssl/new", "country", "country"),
    ("/accounts/{account}/ssl/new", "state", "state"),
    ("/accounts/{account}/ssl/new", "ca", "there is no"),
    ("/welcome/{secret}", "password", "at least 12"),
    ("/partners/new", "name", "missing"), ("/partners/new", "user_name", "missing"),
    ("/partners/new", "email", "not a mail address"),
])
def test_said_beside_the_field(world, route, field, text):
    value = {"email": "nobody", "ca": "another", "password": "short"}.get(field, "")
    page = world.send(route, {field: value})
    beside = re.search(r'id="(?:problem|problem_%s)">([^<]*)<' % field, page.text)
    assert page.status == 422 and beside, page.text[-3000:]
    assert text in beside[1].lower()


def test_at_the_limit(world):
    """A value of exactly the limit is taken, or refused for another reason."""
    for route, (_, limits, _) in FORMS.items():
        for field, limit in limits.items():
            if limit:
                page = world.send(route, {field: "x" * limit})
                assert f"at most {limit}" not in page.text, (route, field)
    world.take_link(link_of(world.web, "new@partner.example"))  # a password of that length was taken


@pytest.mark.parametrize("route", FORMS)
@pytest.mark.req("R46")
def test_forms_that_are_not_ours(world, route):
    before = world.store()
    mine = world.who(route)
    stranger = Visitor(world.web).code()
    refused = [
        world.send(route, {}, code=""), world.send(route, {}, code="x" * 43),
        world.send(route, {}, code=stranger),
        world.send(route, {}, headers={"Origin": "https://evil.example"}),
        world.send(route, {}, headers={"Origin": "null"}),
        world.send(route, {}, headers={"Origin": ORIGIN + ".evil.example"}),
        world.send(route, {}, headers={"Origin": None, "Sec-Fetch-Site": "cross-site"}),
        world.send(route, {}, headers={"Sec-Fetch-Site": "same-site"}),
    ]
    assert [page.status for page in refused] == [403] * len(refused)
    first = next(iter(FORMS[route][0]), "form_code")
    assert world.send(route, {}, extra=[(first, "again")]).status == 400
    assert world.send(route, {}, headers={"Content-Type": "application/json"}).status == 415
    assert world.send(route, {}, extra=[("is_admin", "true")]).status in (422, 429)
    assert mine.ask("DELETE", route.format(**world.ids)).status == 405
    assert world.store() == before


@pytest.mark.req("R46")
def test_things_of_others(world):
    before = world.store()
    for route in FORMS:
        if "{account}" in route or "{domain}" in route or "{site}" in route:
            assert world.send(route, {}, ids={**world.ids, **world.others}).status == 404, route
    page = world.send("/accounts/{account}/ssl/new", {"domain_id": world.others["domain"]})
    assert page.status == 422 and "there is no domain" in page.text.lower()
    page = world.send("/accounts/new", {"partner_id": world.theirs.partner["id"]})
    assert page.status == 422 and "there is no partner" in page.text.lower()
    assert world.store() == before


def test_text_is_shown_escaped(world):
    for what in HARMLESS_AS_TEXT - {"blank"}:
        page = world.send("/accounts/new", {"name": HOSTILE[what], "country": "", "state": ""})
        assert page.status == 303, page.text
        shown = world.visitor.get(page.header("Location")).text
        assert HOSTILE[what].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace(
            '"', "&quot;") in shown
        assert "<script>alert" not in shown and 'onfocus=alert(1) x="' not in shown


def test_where_to_after_signing_in(world):
    who = "where@partner.example"  # wrong passwords were tried for the others
    new_person(world.web, who, "--partner", world.mine.partner["id"])
    for value in HOSTILE.values():
        page = Visitor(world.web).sign_in(who, PASSWORD, value)
        assert page.status in (400, 422) or page.header("Location") in ("/", "/%20"), value
    page = Visitor(world.web).sign_in(who, PASSWORD, "//evil.example/")
    assert page.header("Location") == "/"
