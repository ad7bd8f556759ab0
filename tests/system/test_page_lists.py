# SPDX-License-Identifier: Apache-2.0
"""Lists that are long, the operator's pages, and ways to a page that are not clicks."""
import pytest
from page_kit import Visitor, new_person
from web_kit import Web

MANY = 55  # more than a page of a list, and more than the wizard shows


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        w.mine, w.theirs = w.partner("Mine"), w.partner("Theirs")
        w.domains = [w.domain(w.mine, f"shop{i:03}.example") for i in range(MANY)]
        w.domain(w.mine, "m\u00fcnchen.example")
        w.paul = new_person(w, "paul@partner.example", "--partner", w.mine.partner["id"])
        w.owen = new_person(w, "owen@operator.example", "--operator")
        yield w


def page(visitor, path):
    got = visitor.get(path)
    assert got.status == 200, got.text
    return got.text


@pytest.mark.req("R17")
def test_wizard_finds_domains_beyond_its_first_page(web):
    wizard = f"/accounts/{web.mine.account['id']}/ssl/new"
    last = web.domains[-1]
    assert last["name"] not in page(web.paul, wizard)
    assert last["name"] in page(web.paul, wizard + "?search=shop054")
    # the one that the page was opened for is there and chosen, wherever it is in the list
    chosen = page(web.paul, f"{wizard}?domain_id={last['id']}")
    assert f'value="{last["id"]}" required checked' in chosen
    assert "Nothing begins like this" in page(web.paul, wizard + "?search=nothing")


@pytest.mark.req("R16")
def test_lists_go_on(web):
    account = f"/accounts/{web.mine.account['id']}"
    first = page(web.paul, account + "/domains")
    assert "shop049" in first and "shop050" not in first and "Next page" in first
    rest = page(web.paul, f"{account}/domains?search=&after={web.domains[49]['id']}")
    assert "shop054" in rest and "Next page" not in rest and "First page" in rest
    # subscriptions: what was ordered on one page, whatever lies between
    for domain in (web.domains[1], web.domains[-1]):
        web.mine.post("/v1/orders", {"domain_id": domain["id"]}, want=202)
    ordered = page(web.paul, account)
    assert "shop001" in ordered and "shop054" in ordered and "shop002" not in ordered
    assert "Next page" not in ordered


@pytest.mark.req("R16", "R17")
@pytest.mark.parametrize("typed, found", [("m%C3%BCnchen", "m\u00fcnchen"), ("M%C3%9C", "m\u00fcnchen"),
                                          ("+MU%CC%88N", "m\u00fcnchen"), ("xn--mn", "m\u00fcnchen"),
                                          ("SHOP003.", "shop003")])
def test_names_are_found_as_people_type_them(web, typed, found):
    for path in ("domains", "ssl/new"):
        text = page(web.paul, f"/accounts/{web.mine.account['id']}/{path}?search={typed}")
        assert f"{found}.example" in text and "shop001" not in text


def test_names_are_shown_as_people_write_them(web):
    """With the A-labels beside them; a name of mixed scripts (Cyrillic а) as these alone."""
    account = web.mine.post("/v1/accounts", {"name": "Abroad", "email": "a@mail.example"})
    names = {"stra\u00dfe.example": "xn--strae-oqa.example", "xn--pple-43d.example": None, "plain.example": None}
    site = web.mine.post("/v1/sites", {"account_id": account["id"], "name": "Site"})
    ids = {name: web.mine.post("/v1/domains", {"site_id": site["id"], "name": name})["id"] for name in names}
    path = f"/accounts/{account['id']}"
    lists = {path + "/domains": '<a class="name" href="/domains/{id}">{shown}</a>',
             path + "/ssl/new": '<span class="form-check-label name">{shown}',
             "/domains/{id}": '<h1 class="h2 mb-0 me-auto name">{shown}'}
    for shown, a_labels in names.items():
        beside = f' <span class="d-block small text-secondary fw-normal name">{a_labels}</span>' if a_labels else ""
        for where, before in lists.items():
            want = before.format(id=ids[shown], shown=shown) + beside + "<"
            assert want in page(web.paul, where.format(id=ids[shown])), (where, want)


@pytest.mark.req("R40", "R46")
def test_operator(web):
    start = page(web.owen, "/")
    assert 'href="/partners/new"' in start and 'href="/domains?state=not_secured"' in start
    assert "Mine" in page(web.owen, "/partners") and "Theirs" in page(web.owen, "/partners")
    accounts = page(web.owen, f"/partners/{web.mine.partner['id']}")
    assert web.mine.account["id"] in accounts and web.theirs.account["id"] not in accounts
    web.operator.call("PATCH", f"/v1/partners/{web.mine.partner['id']}/share",
                      {"checks_per_min": 7, "requests_per_min": 0}, want=200)
    for mine, what in ((web.mine, "<dt>Checks a minute</dt><dd>7</dd>"),
                       (web.mine, "<dt>API requests a minute</dt><dd>any number</dd>"),
                       (web.theirs, "<dt>API requests a minute</dt><dd>12000</dd>"),
                       (web.theirs, "<dt>Orders an hour</dt><dd>any number</dd>")):
        assert what in page(web.owen, f"/partners/{mine.partner['id']}")
    every = page(web.owen, "/accounts")
    assert f'href="/partners/{web.theirs.partner["id"]}">Theirs' in every
    code = web.owen.code("/accounts")
    fields = [("form_code", code), ("name", "New one"), ("email", "n@mail.example"),
              ("country", ""), ("state", ""), ("city", "")]
    missing = web.owen.post("/accounts/new", fields + [("partner_id", "")])
    assert missing.status == 422 and 'id="problem_partner_id"' in missing.text
    made = web.owen.post("/accounts/new", fields + [("partner_id", web.theirs.partner["id"])])
    assert made.status == 303 and "New one" in page(web.owen, made.header("Location"))
    assert "New one" in page(web.owen, f"/partners/{web.theirs.partner['id']}")
    assert "New one" not in page(web.paul, "/accounts")


@pytest.mark.req("R46")
def test_who_sees_no_partners(web):
    owner = new_person(web, "owner@customer.example", "--account", web.mine.account["id"])
    for visitor in (web.paul, owner):
        for path in ("/partners", f"/partners/{web.mine.partner['id']}"):
            assert visitor.get(path).status == 403
    start = page(owner, "/")
    assert f'href="/accounts/{web.mine.account["id"]}"' in start and "/accounts/new" not in start
    assert owner.get("/accounts/new").status == 403
    assert owner.get(f"/accounts/{web.theirs.account['id']}").status == 404


def test_what_is_no_page_is_the_readers(web):
    """Their partner's brand and their way on are there; of strangers nothing is known, and nothing told."""
    partner = web.operator.post("/v1/partners", {"name": "Branded", "brand": "Nova"})
    nora = new_person(web, "nora@partner.example", "--partner", partner["id"])
    refused, strange = nora.get("/nothing"), Visitor(web).get("/nothing")
    assert refused.status == strange.status == 404
    assert "<title>There is no such page · Nova</title>" in refused.text and 'href="/domains"' in refused.text
    assert nora.code("/nothing") == nora.code("/"), "so that Sign out works"
    assert "Sign out" not in strange.text and "Nova" not in strange.text
    assert nora.post("/nothing", []).status == 404
    assert nora.get("/welcome/a-link-that-works-once-of-forty-three-octets/").status == 404
    assert "a-link-that-works" not in (web.dir / "web.log").read_text()


@pytest.mark.req("R20")
def test_an_order_has_an_address(web):
    order = web.mine.post("/v1/orders", {"domain_id": web.domains[0]["id"]}, want=202)
    path = f"/orders/{order['id']}"
    assert web.paul.get(path).header("Location") == f"/domains/{web.domains[0]['id']}"
    assert Visitor(web).get(path).header("Location") == f"/sign-in?next={path}"
    other = new_person(web, "other@partner.example", "--partner", web.theirs.partner["id"])
    assert other.get(path).status == 404
