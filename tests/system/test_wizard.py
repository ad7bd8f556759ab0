# SPDX-License-Identifier: Apache-2.0
"""Add SSL Certificate, New account, Settings: what forms without a script, forms that come twice, long
lists and names without www do."""
import json
import re

import pytest
from page_kit import new_person
from web_kit import Web

ROME = {"country": "VA", "city": "Vatican City"}
BERLIN = {"country": "DE", "state": "DE-BE", "city": ""}


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        w.mine = w.partner("Mine")
        w.paul = new_person(w, "paul@partner.example", "--partner", w.mine.partner["id"])
        w.owen = new_person(w, "owen@operator.example", "--operator")
        yield w


def register(web, domain, **more):
    path = f"/accounts/{web.mine.account['id']}/ssl/new"
    fields = {"form_code": web.paul.code(path), "domain_id": domain["id"], "ca": "sandbox",
              **BERLIN, "auto_renew": "true", **more}
    return web.paul.post(path, fields.items())


def orders(web, domain):
    return [o for o in web.mine.get("/v1/orders")["items"] if o["domain_id"] == domain["id"]]


@pytest.mark.req("R19")
def test_state_of_the_country_before(web):
    """Without a script it stays in its field when a country without states is chosen."""
    domain = web.domain(web.mine, "vatican.example")
    page = register(web, domain, **ROME)
    assert page.header("Location") == f"/domains/{domain['id']}", page.text
    order, = orders(web, domain)
    assert (order["country"], order["state_or_province"], order["city"]) == ("VA", None, "Vatican City")
    fields = {"form_code": web.paul.code("/accounts/new"), "name": "N", "email": "n@mail.example",
              **BERLIN, **ROME}
    assert web.paul.post("/accounts/new", fields.items()).status == 303


@pytest.mark.req("R12", "R17", "A18")
def test_wildcard(web):
    """It is added and ordered by the same forms; without a zone to prove it in, the operator is named."""
    domain = web.domain(web.mine, "*.Star.example")
    assert domain["name"] == "*.star.example" and domain["names"] == ["*.star.example", "star.example"]
    assert domain["delegations"] == []
    refused = register(web, domain)
    assert refused.status == 422
    assert "needs validation by DNS, which the operator has not set up" in refused.text
    config = json.loads(web.config.read_text())
    config["dns"]["update"] = [{"zone": "proof.test", "via": "lego", "hook": "/bin/true"}]
    web.config.write_text(json.dumps(config))
    web.stop()
    web.start()
    assert register(web, domain).header("Location") == f"/domains/{domain['id']}"
    assert len(orders(web, domain)) == 1
    told, = web.mine.get(f"/v1/domains/{domain['id']}")["delegations"]
    assert told["name"] == "_acme-challenge.star.example"
    assert re.fullmatch(r"[0-9a-f]{32}\.proof\.test", told["value"])


@pytest.mark.req("R20")
def test_register_twice(web):
    """The second one is answered as the first was; one that asks for something else is not."""
    domain = web.domain(web.mine, "twice.example")
    pages = [register(web, domain), register(web, domain), register(web, domain, state="Berlin")]
    assert [p.header("Location") for p in pages] == [f"/domains/{domain['id']}"] * 3
    other = register(web, domain, state="DE-BY")
    assert other.status == 422 and "has a placed order already" in other.text
    assert register(web, domain, auto_renew="false").status == 422
    assert len(orders(web, domain)) == 1


@pytest.mark.parametrize("octets, status", [(254, 303), (255, 422)])
def test_longest_mail_address(web, octets, status):
    email = "m@" + "a" * (octets - len("m@.example")) + ".example"
    fields = {"form_code": web.paul.code("/accounts/new"), "name": "N", "email": email, **BERLIN}
    page = web.paul.post("/accounts/new", fields.items())
    assert page.status == status and ("at most 254" in page.text) == (status == 422)


@pytest.mark.req("R40")
def test_partner_beyond_the_list(web):
    for i in range(205):
        last = web.operator.post("/v1/partners", {"name": f"Partner {i}"})
    page = web.owen.get(f"/accounts/new?partner_id={last['id']}")
    assert f'<option value="{last["id"]}" selected>' in page.text


@pytest.mark.req("R28")
@pytest.mark.parametrize("name, choices", [("apex.example", ["radio", "radio"]),
                                           ("shop.apex2.example", ["hidden"])])
def test_where_visitors_end_is_asked_where_there_is_a_www(web, name, choices):
    path = f"/sites/{web.domain(web.mine, name)['site_id']}/settings"
    text = web.paul.get(path).text
    assert re.findall(r'type="(\w+)" name="canonical"', text) == choices
    assert (f"www.{name}" in text) == (len(choices) > 1)
    fields = {"form_code": web.paul.code(path), "canonical": "www", "https": "true"}
    assert web.paul.post(path, fields.items()).header("Location") == path
    assert "The site has no certificate yet" not in web.paul.get(path).text


def test_faults_are_no_reasons():
    """What only the operator may read is not shown as a reason why a domain cannot be chosen."""
    web = Web()
    config = json.loads(web.config.read_text())
    web.config.write_text(json.dumps({**config, "ca": []}))
    with web:
        mine = web.partner("Mine")
        web.domain(mine, "any.example")
        paul = new_person(web, "paul@partner.example", "--partner", mine.partner["id"])
        page = paul.get(f"/accounts/{mine.account['id']}/ssl/new")
    assert page.status == 500 and "no CA is configured" not in page.text.lower()
