# SPDX-License-Identifier: Apache-2.0
"""What the pages say of the certificate authorities: to the operator how they do, to who orders which there
are to choose from; and the same over the API."""
import json

import pytest
from page_kit import new_person
from web_kit import Web

SINCE, NEXT = 1795000000000, 1795000300000
NOTICE = "Second CA does not offer the profile gold of ca[].profile"
REFUSED = "zone own.example could not be changed: REFUSED"


@pytest.fixture(scope="module")
def web():
    w = Web()
    config = json.loads(w.config.read_text())
    config["ca"].append({**config["ca"][0], "id": "second", "name": "Second CA"})
    w.config.write_text(json.dumps(config))
    with w:
        w.partner_of = w.partner("Mine")
        w.paul = new_person(w, "paul@partner.example", "--partner", w.partner_of.partner["id"])
        w.owen = new_person(w, "owen@operator.example", "--operator")
        yield w


def trouble(web):
    web.sql(("INSERT INTO ca_standing VALUES ('sandbox', 5, ?, ?, 1, ?, 0, 'the CA cannot be reached', 1)",
             (SINCE, SINCE, NEXT)),
            ("INSERT INTO notice VALUES ('ca.profile', 'second', ?, ?)", (NOTICE, SINCE)),
            ("INSERT INTO notice VALUES ('dns.update_failed', 'own.example', ?, ?)", (REFUSED, SINCE)))


@pytest.mark.req("R23", "A9")
def test_the_operator_sees_what_is_wrong(web):
    assert "has not answered since" not in web.owen.get("/").text
    calm = {c["id"]: c for c in web.operator.get("/v1/cas")["items"]}
    assert list(calm) == ["sandbox", "second"] and calm["sandbox"]["silent"] is None
    assert calm["sandbox"]["default"] and not calm["second"]["default"], "without a mark the first"
    trouble(web)
    text = web.owen.get("/").text
    assert "Sandbox CA has not answered since" in text and "the next try is at" in text
    assert NOTICE in text and REFUSED in text.replace("Zone", "zone")
    others = web.paul.get("/").text
    assert NOTICE not in others and "REFUSED" not in others, "the operator's alone"
    cas = {c["id"]: c for c in web.operator.get("/v1/cas")["items"]}
    assert cas["sandbox"]["silent"]["error"] == "the CA cannot be reached"
    assert cas["sandbox"]["silent"]["next_try_at"].startswith("2026-11-18T11:11:40")
    assert cas["second"]["notices"][0]["code"] == "profile" and not cas["second"]["default"]
    web.partner_of.call("GET", "/v1/cas", want=403)


@pytest.mark.req("R18")
def test_whoever_orders_chooses_among_several(web):
    form = web.paul.get(f"/accounts/{web.partner_of.account['id']}/ssl/new").text
    assert '<option value="sandbox" selected>Sandbox CA</option>' in form
    assert '<option value="second">Second CA</option>' in form


@pytest.mark.req("R18")
def test_of_one_there_is_nothing_to_choose():
    with Web() as web:
        partner = web.partner("Mine")
        paul = new_person(web, "paul@partner.example", "--partner", partner.partner["id"])
        form = paul.get(f"/accounts/{partner.account['id']}/ssl/new").text
        assert '<select class="form-select" id="ca"' not in form
        assert '<input type="hidden" name="ca" value="sandbox">' in form and "Sandbox CA" in form
