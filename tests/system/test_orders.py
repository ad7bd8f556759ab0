# SPDX-License-Identifier: Apache-2.0
"""Orders that wait for DNS, tenants who must not see each other, input that must be refused."""
import json
import re

import pytest
import requests
from platform_kit import Api, Platform, wait_for


@pytest.fixture(scope="module")
def platform():
    with Platform({"names": {"reserved": ["platform.example"]}}) as p:
        yield p


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant(brand="Acme Sites")


@pytest.fixture(scope="module")
def other(platform):
    return platform.tenant(name="Other", brand="Other")


def waiting(platform, api, domain):
    """The status once the names have been looked at."""
    def looked():
        status = platform.status(api, domain)
        names = status["issuance"]["names"]
        return status if all(n["dns"] not in ("unchecked", "ok") or n["dns"] == "ok"
                             for n in names) and any(n["finding"] for n in names) else None
    return wait_for(looked)


def records(status):
    return {(r["type"], r["fqdn"], r["value"]) for r in status["records"] if r["op"] != "remove"}


@pytest.mark.req("R7", "R30", "R34", "R37", "A2")
def test_waits_and_goes_on_by_itself(platform, partner):
    platform.zone("wrong.example", ["@ 1 IN A 203.0.113.9", "www 1 IN CNAME @"])
    domain = platform.domain(partner, "wrong.example")
    order = platform.order(partner, domain)
    assert order["state"] == "placed"
    status = waiting(platform, partner, domain)
    assert status["badge"]["code"] == "action_needed"
    assert status["badge"]["who_acts"] == "owner"
    assert status["next_at"] and status["certificate"] is None
    findings = [n["finding"] for n in status["issuance"]["names"] if n["finding"]]
    assert findings[0]["title"] == "www.wrong.example has issues"
    assert "203.0.113.9" in json.dumps(findings[0]["found"])
    for address in platform.addresses(4):
        assert ("A", "wrong.example", address) in records(status)
    platform.zone("wrong.example", platform.right_records())
    platform.wait_live(partner, domain)


@pytest.mark.req("R34", "A2")
def test_no_records_at_all(platform, partner):
    domain = platform.domain(partner, "absent.example")
    platform.order(partner, domain)
    status = waiting(platform, partner, domain)
    titles = {n["finding"]["title"] for n in status["issuance"]["names"] if n["finding"]}
    assert "www.absent.example has issues" in titles
    assert ("CNAME", "www.absent.example", "absent.example") in records(status)


@pytest.mark.req("R35", "A3")
@pytest.mark.parametrize("name,www", [("nowww", []), ("oldwww", ["www 1 IN A 203.0.113.8"])])
def test_www_missing_or_elsewhere(platform, partner, name, www):
    zone = f"{name}.example"
    platform.zone(zone, platform.right_records(www=None) + www)
    domain = platform.domain(partner, zone)
    platform.order(partner, domain)
    status = waiting(platform, partner, domain)
    titles = {n["finding"]["title"] for n in status["issuance"]["names"] if n["finding"]}
    assert titles == {f"www.{zone} did not respond to Acme Sites check"}


@pytest.mark.req("R32", "A4")
def test_foreign_aaaa(platform, partner):
    orders = platform.run("ca", "log", "--json", "--config", platform.dir / "latchkey.yaml").stdout
    zone = "six.example"
    platform.zone(zone, [f"@ 1 IN A {a}" for a in platform.addresses(4)]
                  + ["@ 1 IN AAAA 2001:db8:bad::1", "www 1 IN CNAME @"])
    domain = platform.domain(partner, zone)
    platform.order(partner, domain)
    status = waiting(platform, partner, domain)
    finding = next(n["finding"] for n in status["issuance"]["names"] if n["finding"])
    assert finding["code"] == "foreign_aaaa"
    assert finding["title"] == "www.six.example has issues"
    assert "2001:db8:bad::1" in json.dumps(finding["found"])
    after = platform.run("ca", "log", "--json", "--config", platform.dir / "latchkey.yaml").stdout
    assert zone not in after and orders is not None, "no attempt at the CA is spent"
    platform.zone(zone, platform.right_records())
    platform.wait_live(partner, domain)


@pytest.mark.req("R20", "R6")
def test_cancelled_while_waiting(platform, partner):
    domain = platform.domain(partner, "gone.example")
    order = platform.order(partner, domain)
    waiting(platform, partner, domain)
    cancelled = partner.post(f"/v1/orders/{order['id']}/cancel", {}, want=200)
    assert cancelled["state"] == "cancelled"
    wait_for(lambda: platform.status(partner, domain)["issuance"]["state"] == "failed")
    partner.call("POST", f"/v1/orders/{order['id']}/cancel", {}, want=409)


@pytest.mark.req("R7", "R8", "R11")
def test_one_order_at_a_time(platform, partner):
    _, domain, _ = platform.ordered(partner, "once.example")
    problem = platform.order(partner, domain, want=409)
    assert problem["code"] == "conflict" and "subscription" in problem["detail"]


@pytest.mark.req("R41", "A16")
def test_two_who_claim_one_name(platform, partner, other):
    platform.domain(partner, "claimed.example")
    for name in ("claimed.example", "www.claimed.example", "CLAIMED.example."):
        problem = platform.domain(other, name, want=409)
        assert problem["field"] == "name"
        assert partner.account["id"] not in json.dumps(problem)
        assert partner.partner["id"] not in json.dumps(problem)


@pytest.mark.req("R40", "R46")
def test_tenants_do_not_see_each_other(platform, partner, other):
    site, domain, status = platform.ordered(partner, "mine.example")
    theirs = [f"/v1/accounts/{partner.account['id']}", f"/v1/sites/{site['id']}",
              f"/v1/domains/{domain['id']}", f"/v1/domains/{domain['id']}/status",
              f"/v1/orders/{status['order']['id']}",
              f"/v1/subscriptions/{status['subscription']['id']}",
              f"/v1/certificates/{status['certificate']['id']}",
              f"/v1/partners/{partner.partner['id']}"]
    for path in theirs:
        assert partner.call("GET", path).status_code == 200, path
        assert other.call("GET", path).status_code == 404, path
    other.call("PATCH", f"/v1/sites/{site['id']}", {"https": True}, want=404)
    other.call("POST", "/v1/domains", {"site_id": site["id"], "name": "x.example"}, want=404)
    other.call("POST", "/v1/orders", {"domain_id": domain["id"]}, want=404)
    other.call("POST", f"/v1/orders/{status['order']['id']}/cancel", {}, want=404)
    for path in ("accounts", "sites", "domains", "orders", "subscriptions", "certificates", "events"):
        mine = json.dumps(partner.get(f"/v1/{path}"))
        seen = json.dumps(other.get(f"/v1/{path}"))
        assert partner.account["id"] in mine, path
        assert partner.account["id"] not in seen, path


BAD_NAMES = ["", "localhost", "example", "a..example", "-a.example", "a_b.example", "192.0.2.1",
             "a" * 64 + ".example", ".".join(["a" * 60] * 5) + ".example", "x.test", "x.invalid",
             "com", "co.uk", "xn--zz.example", "a b.example", "<script>.example", "a;b.example",
             "*.*.example", "a.*.example", "\u0000.example", "a/../b.example", "=cmd.example"]


@pytest.mark.req("R14", "R15", "A7")
@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names(platform, partner, name):
    before = partner.get("/v1/domains?limit=200")
    site = partner.get("/v1/sites")["items"][0]
    answer = partner.call("POST", "/v1/domains", {"site_id": site["id"], "name": name})
    assert answer.status_code in (400, 422), answer.text
    problem = answer.json()
    assert problem["detail"] and problem["who_acts"] == "caller"
    assert partner.get("/v1/domains?limit=200") == before, "nothing is stored"


@pytest.mark.req("R41")
def test_reserved_names(platform, partner):
    for one in ("platform.example", "www.platform.example", "a.b.platform.example"):
        problem = platform.domain(partner, one, want=422)
        assert problem["field"] == "name" and "reserved" in problem["detail"]
    platform.domain(partner, "notplatform.example")


@pytest.mark.req("A15", "R19")
@pytest.mark.parametrize("given,field", [
    ({"country": "XX", "state": "", "city": ""}, "country"),
    ({"country": "US", "state": "Nowhere", "city": ""}, "state"),
    ({"country": "US", "state": "", "city": ""}, "state"),
    ({"country": "", "state": "US-CA", "city": ""}, "country"),
    ({"country": "VA", "state": "", "city": "x" * 129}, "city"),
])
def test_location(partner, given, field):
    answer = partner.call("POST", "/v1/accounts", {"name": "A", "email": "a@example.com", **given})
    assert answer.status_code == 422 and answer.json()["field"] == field, answer.text


@pytest.mark.req("R50")
def test_requests_that_are_refused(platform, partner):
    url, roots = platform.url, str(platform.roots)
    site = platform.site(partner)

    def send(headers=None, data=b"{}", path="/v1/accounts", method="POST"):
        every = {"Authorization": f"Bearer {partner.token}", "Content-Type": "application/json"}
        every.update(headers or {})
        data = None if method == "GET" else data
        return requests.request(method, url + path, data=data, headers=every, verify=roots,
                                timeout=20)

    before = partner.get("/v1/accounts?limit=200")
    rows = [
        (send(data=b"{"), 400, "bad_request"),
        (send(data=b"[]"), 422, "bad_input"),
        (send(data=b'{"name": "A", "name": "B", "email": "a@example.com"}'), 400, "bad_request"),
        (send(data=b'{"name": "A", "email": "a@example.com", "shoe": 1}'), 422, "bad_input"),
        (send(data=b'{"name": 7, "email": "a@example.com"}'), 422, "bad_input"),
        (send(data=b'{"email": "a@example.com"}'), 422, "bad_input"),
        (send(data=json.dumps({"name": "x" * 20000}).encode()), 413, "too_large"),
        (send({"Authorization": ""}), 401, "unauthenticated"),
        (send({"Authorization": "Bearer lk_wrong"}), 401, "unauthenticated"),
        (send(method="GET", path="/v1/orders/ord_00000000000000000000000000"), 404, "not_found"),
        (send(method="GET", path="/v1/orders/a%2f..%2f..%2fetc"), 404, "not_found"),
        (send(method="GET", path="/v1/nothing"), 404, "not_found"),
        (send(method="DELETE"), 405, "method_not_allowed"),
        (send(data=b"a" * 10_000_000), 413, "too_large"),
        (send(method="GET", path="/v1/sites?a=" + "a" * 20000), 414, "uri_too_long"),
        (send({"X-Long": "a" * 20000}, method="GET"), 431, "too_many_headers"),
        (requests.get(url.replace("https:", "http:") + "/v1/sites", timeout=20), 400, "bad_request"),
        (send(path="/v1/partners", data=b'{"name": "Mine"}'), 403, "forbidden"),
    ]
    for answer, status, code in rows:
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (status, code), answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert partner.token not in answer.text and problem["detail"]
    assert partner.get("/v1/accounts?limit=200") == before, "nothing is stored"
    assert Api(url, None, platform.roots).call("GET", "/v1/sites").status_code == 401
    assert site["https"] is False, "Enable SSL is off until it is ticked"


@pytest.mark.req("R20")
def test_repeated_request(platform, partner):
    key = {"Idempotency-Key": "order-1"}
    platform.zone("again.example", platform.right_records())
    domain = platform.domain(partner, "again.example")
    body = {"domain_id": domain["id"]}
    first = partner.call("POST", "/v1/orders", body, want=202, headers=key).json()
    second = partner.call("POST", "/v1/orders", body, want=202, headers=key).json()
    assert first["id"] == second["id"]
    platform.wait_live(partner, domain)


@pytest.mark.req("R4", "R36")
def test_commands(platform, partner):
    platform.zone("cli.example", ["@ 1 IN A 203.0.113.9"])
    checked = platform.run("check", "cli.example", api=partner)
    assert checked.returncode == 1 and "www.cli.example has issues" in checked.stdout
    assert platform.addresses(4)[0] in checked.stdout
    assert platform.run("check", "cli.example", "--json", api=partner).returncode == 1
    platform.zone("cli.example", platform.right_records())
    assert platform.run("check", "cli.example", api=partner).returncode == 0
    ordered = platform.run("order", "cli.example", "--wait", "--account", partner.account["id"],
                           api=partner)
    assert ordered.returncode == 0, ordered.stdout + ordered.stderr
    status = platform.run("status", "cli.example", "--json", api=partner)
    assert status.returncode == 0
    assert json.loads(status.stdout)["badge"]["code"] == "test_certificate"
    assert platform.run("status", "nobody.example", api=partner).returncode != 0
    made = platform.run("token", "create", "tests", "--config", platform.dir / "latchkey.yaml")
    assert made.returncode == 0 and "lk_" in made.stdout, made.stdout + made.stderr


@pytest.mark.req("R46")
def test_pages_are_not_compressed(platform):
    """The length of a page that was compressed would tell about the secrets in it."""
    def get(path):
        return requests.get(platform.url + path, headers={"Accept-Encoding": "gzip"}, timeout=20,
                            verify=str(platform.roots))

    page = get("/sign-in")
    assert page.status_code == 200 and "Content-Encoding" not in page.headers
    style, = set(re.findall(r'/assets/[^"]*\.css', page.text))
    style = get(style)
    assert style.status_code == 200 and style.headers["Content-Encoding"] == "gzip"
