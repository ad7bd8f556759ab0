# SPDX-License-Identifier: Apache-2.0
"""The API alone: who may do what, what is refused and how, and that nothing is done twice."""
import base64
import http.client
import re
import socket
import time

import pytest

from web_kit import Client, Later, UnixConnection, Web


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        yield w


@pytest.fixture(scope="module")
def partner(web):
    return web.partner()


@pytest.fixture(scope="module")
def other(web):
    return web.partner("Other")


def problem(answer, status, code, field=None):
    body = answer.json()
    assert answer.status_code == status, body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (body["code"], body["status"]) == (code, status), body
    assert body["instance"] == answer.headers["Request-Id"]
    assert body.get("field") == field, body
    return body["detail"]


# --- who asks ---

@pytest.mark.asan
@pytest.mark.req("R50")
def test_tokens_are_needed(web):
    for token in (None, "", "lk_wrong", "lk_" + "A" * 43):
        answer = Client(web, token).call("GET", "/v1/orders")
        problem(answer, 401, "unauthenticated")
        assert answer.headers["Www-Authenticate"] == "Bearer"
    assert Client(web).get("/healthz")["status"] == "ok"


def test_openapi_is_served(web):
    answer = Client(web).call("GET", "/v1/openapi.yaml", want=200)
    assert answer.content.startswith(b"# SPDX-License-Identifier")
    tag = answer.headers["Etag"]
    Client(web).call("GET", "/v1/openapi.yaml", want=304, headers={"If-None-Match": tag})


def test_caller(web, partner):
    assert web.operator.get("/v1/caller")["kind"] == "platform"
    assert partner.get("/v1/caller")["partner_id"] == partner.partner["id"]
    assert web.account(partner).get("/v1/caller")["kind"] == "account"


def test_scopes(web, partner):
    def limited(*scopes):
        return Client(web, partner.post("/v1/tokens", {"name": "x", "scopes": scopes})["token"])

    account = {"name": "x", "email": "x@mail.example"}
    assert limited("read").get("/v1/accounts")["items"]
    problem(limited("read").call("POST", "/v1/accounts", account), 403, "forbidden")
    limited("write").post("/v1/accounts", account)
    problem(limited("write").call("GET", "/v1/accounts"), 403, "forbidden")
    problem(limited("write", "read").call("POST", "/v1/tokens", {"name": "x"}), 403, "forbidden")
    maker = limited("tokens")
    problem(maker.call("POST", "/v1/tokens", {"name": "x"}), 422, "bad_input", "scopes")
    problem(maker.call("POST", "/v1/tokens", {"name": "x", "scopes": ["write"]}), 403, "forbidden")
    maker.post("/v1/tokens", {"name": "x", "scopes": ["tokens"]})
    problem(partner.call("POST", "/v1/tokens", {"name": "x", "scopes": ["all"]}), 422, "bad_input",
            "scopes")


def test_revoke(web, partner):
    made = partner.post("/v1/tokens", {"name": "gone"})
    client = Client(web, made["token"])
    client.get("/v1/orders")
    partner.call("DELETE", f"/v1/tokens/{made['id']}", want=204)
    problem(client.call("GET", "/v1/orders"), 401, "unauthenticated")
    problem(partner.call("DELETE", f"/v1/tokens/{made['id']}"), 404, "not_found")


def test_secrets_are_not_stored(web, partner):
    """R50: neither the store nor the log has a token."""
    made = partner.post("/v1/tokens", {"name": "secret"})["token"]
    Client(web, made).call("GET", f"/v1/orders?cursor={made}")
    for name in ("latchkey.db", "latchkey.db-wal", "web.log"):
        path = web.dir / name
        assert not path.exists() or made.encode() not in path.read_bytes(), name


# --- tenants ---

@pytest.mark.asan
@pytest.mark.req("R40")
def test_strangers_see_nothing(web, partner, other):
    domain = web.domain(partner, "mine.example")
    order = partner.post("/v1/orders", {"domain_id": domain["id"]}, want=202)
    paths = [f"/v1/accounts/{partner.account['id']}", f"/v1/partners/{partner.partner['id']}",
             f"/v1/sites/{domain['site_id']}", f"/v1/domains/{domain['id']}",
             f"/v1/domains/{domain['id']}/status", f"/v1/orders/{order['id']}"]
    for path in paths:
        partner.call("GET", path, want=200)
        web.operator.call("GET", path, want=200)
        problem(other.call("GET", path), 404, "not_found")
    for method, path, body in [
            ("PATCH", f"/v1/sites/{domain['site_id']}", {"https": True}),
            ("POST", f"/v1/orders/{order['id']}/cancel", None),
            ("POST", f"/v1/orders/{order['id']}/check", None),
            ("POST", "/v1/orders", {"domain_id": domain["id"]}),
            ("POST", "/v1/domains", {"site_id": domain["site_id"], "name": "theirs.example"}),
            ("POST", "/v1/sites", {"account_id": partner.account["id"], "name": "x"}),
            ("POST", "/v1/tokens", {"account_id": partner.account["id"], "name": "x"}),
            ("POST", "/v1/tokens", {"partner_id": partner.partner["id"], "name": "x"}),
            ("POST", "/v1/accounts", {"partner_id": partner.partner["id"], "name": "x",
                                      "email": "x@mail.example"})]:
        problem(other.call(method, path, body), 404, "not_found")
    for path in ("orders", "domains", "sites", "certificates", "subscriptions", "events", "accounts",
                 "tokens"):
        ids = {i["id"] for i in other.get(f"/v1/{path}?limit=200")["items"]}
        assert not ids & {i["id"] for i in partner.get(f"/v1/{path}?limit=200")["items"]}, path


def test_account_token(web, partner):
    account = web.account(partner)
    second = partner.post("/v1/accounts", {"name": "second", "email": "s@mail.example"})
    assert [a["id"] for a in account.get("/v1/accounts")["items"]] == [partner.account["id"]]
    problem(account.call("GET", f"/v1/accounts/{second['id']}"), 404, "not_found")
    problem(account.call("POST", "/v1/accounts", {"name": "x", "email": "x@mail.example"}), 403,
            "forbidden")
    site = account.post("/v1/sites", {"name": "own"})
    assert site["account_id"] == partner.account["id"] and site["origin_id"] == "one"


def test_only_the_operator(web, partner):
    for method, path, body in [
            ("POST", "/v1/partners", {"name": "x"}),
            ("GET", "/v1/edges", None),
            ("POST", "/v1/edges", {"name": "x", "addresses": ["127.0.0.1"]}),
            ("PATCH", "/v1/edges/edge_00000000000000000000000000", {"in_rotation": False})]:
        problem(partner.call(method, path, body), 403, "forbidden")


# --- what is refused ---

REFUSED = [
    ("POST", "/v1/accounts", {"name": "x"}, 422, "bad_input", "email", "is missing"),
    ("POST", "/v1/accounts", {"name": "x", "email": "x"}, 422, "bad_input", "email",
     "not a mail address"),
    ("POST", "/v1/accounts", {"name": 1, "email": "x@mail.example"}, 422, "bad_input", "name",
     "must be text"),
    ("POST", "/v1/accounts", {"name": "x", "email": "x@mail.example", "phone": "1"}, 422,
     "bad_input", "phone", 'there is no field "phone" here'),
    ("POST", "/v1/accounts", {"name": "a" * 201, "email": "x@mail.example"}, 422, "bad_input",
     "name", "has 201 octets, at most 200 are allowed"),
    ("POST", "/v1/accounts", {"name": "x", "email": "x@mail.example", "country": "US"}, 422,
     "bad_input", "state", ""),
    ("POST", "/v1/orders", {"domain_id": "dom_00000000000000000000000000"}, 404, "not_found", None,
     "there is no domain"),
    ("POST", "/v1/orders", {"domain_id": ""}, 422, "bad_input", "domain_id", "must not be empty"),
    ("POST", "/v1/orders", [], 422, "bad_input", None, "must be a JSON object"),
    ("GET", "/v1/orders?limit=0", None, 422, "bad_input", "limit", "is 0, allowed is 1 to 200"),
    ("GET", "/v1/orders?limit=201", None, 422, "bad_input", "limit", "is 201"),
    ("GET", "/v1/orders?cursor=*", None, 422, "bad_input", "cursor", "was not given out"),
    ("GET", "/v1/orders?colour=red", None, 422, "bad_input", "colour", "no field"),
    ("GET", "/v1/orders?state=lost", None, 422, "bad_input", "state", "no order state"),
    ("GET", "/v1/events?wait=26", None, 422, "bad_input", "wait", "allowed is 0 to 25"),
    ("GET", "/v1/orders/nonsense", None, 404, "not_found", None, "there is no order nonsense"),
    ("GET", "/v1/nothing", None, 404, "not_found", None, ""),
    ("DELETE", "/v1/orders", None, 405, "method_not_allowed", None, "it has GET, HEAD, POST"),
    ("POST", "/v1/checks", {"name": "localhost"}, 422, "bad_input", "name", ""),
]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: f"{row[0]} {row[1]} {row[2]}"[:60])
def test_refused(partner, row):
    method, path, body, status, code, field, text = row
    assert text in problem(partner.call(method, path, body), status, code, field)


@pytest.mark.asan
def test_bodies(web, partner):
    """Nothing of a refused body is stored."""
    def count():
        return web.sql(("SELECT count(*) FROM account",))[0][0][0]

    before = count()
    room = 16384 - len('{"name":"x","email":""}')
    for raw, kind, status, code in [
            (b"{", "application/json", 400, "bad_request"),
            (b'{"name":"a","name":"b"}', "application/json", 400, "bad_request"),
            (b'{"name":"\\u0000"}', "application/json", 400, "bad_request"),
            (b'{"name":"\xff"}', "application/json", 400, "bad_request"),
            (b"[" * 100, "application/json", 400, "bad_request"),
            (b"", "application/json", 400, "bad_request"),
            (b"name=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
            (b'{"name":"x","email":"%s"}' % (b"a" * room), "application/json", 422, "bad_input"),
            (b'{"name":"x","email":"%s"}' % (b"a" * (room + 1)), "application/json", 413, "too_large"),
    ]:
        answer = partner.call("POST", "/v1/accounts", raw=raw, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (status, code), raw[:40]
    assert count() == before


@pytest.mark.req("R14", "R15", "A7")
@pytest.mark.parametrize("name,status,covered", [
    ("Caf\u00e9.EXAMPLE.", 201, ["xn--caf-dma.example", "www.xn--caf-dma.example"]),
    ("shop.sub.example", 201, ["shop.sub.example"]),
    ("*.wild.example", 201, ["*.wild.example", "wild.example"]),
    ("a" * 63 + ".example", 201, ["a" * 63 + ".example", "www." + "a" * 63 + ".example"]),
    ("a" * 64 + ".example", 422, None),
    (".".join(["a" * 63] * 3 + ["b" * 53]) + ".example", 201, None),
    (".".join(["a" * 63] * 3 + ["b" * 54]) + ".example", 422, None),
    ("_dmarc.some.example", 422, None),
    ("192.0.2.1", 422, None),
    ("example", 422, None),
    ("site.platform.example", 422, None),
    ("admin.platform.example", 422, None),
])
def test_names(web, partner, name, status, covered):
    got = web.domain(partner, name, want=status)
    if status == 201 and covered:
        assert got["names"] == covered
    if status != 201:
        assert got["field"] == "name"


@pytest.mark.req("R41")
def test_claims(web, partner, other):
    """One active claim on the whole platform, on each name that a domain covers."""
    web.domain(partner, "claimed.example")
    for name in ("claimed.example", "www.claimed.example", "*.claimed.example", "CLAIMED.example"):
        detail = web.domain(other, name, want=409)["detail"]
        assert "is claimed already" in detail and partner.partner["id"] not in detail
    assert web.domain(partner, "claimed.example", want=409)["field"] == "name"
    web.domain(other, "sub.claimed.example")


# --- orders ---

@pytest.mark.req("R6", "R8", "R20")
def test_order(web, partner):
    domain = web.domain(partner, "order.example")
    dry = partner.post("/v1/orders", {"domain_id": domain["id"], "dry_run": True}, want=200)
    assert dry["id"] is None and dry["dry_run"]
    assert not partner.get(f"/v1/orders?domain_id={domain['id']}")["items"]
    answer = partner.call("POST", "/v1/orders", {"domain_id": domain["id"]}, want=202)
    order = answer.json()
    assert answer.headers["Location"] == f"/v1/orders/{order['id']}"
    assert order["state"] == "placed" and order["ca"] == "sandbox" and order["auto_renew"]
    whole = partner.get(answer.headers["Location"])
    assert whole["issuance"]["state"] == "waiting_dns"
    assert [n["name"] for n in whole["issuance"]["names"]] == ["order.example", "www.order.example"]
    problem(partner.call("POST", "/v1/orders", {"domain_id": domain["id"]}), 409, "conflict")
    status = partner.get(f"/v1/domains/{domain['id']}/status")
    assert status["order"]["id"] == order["id"] and status["certificate"] is None
    assert status["badge"]["code"] == "setting_up"
    partner.call("POST", f"/v1/orders/{order['id']}/check", want=202)
    assert partner.post(f"/v1/orders/{order['id']}/cancel", None, want=200)["state"] == "cancelled"
    problem(partner.call("POST", f"/v1/orders/{order['id']}/cancel"), 409, "conflict")
    kinds = [e["kind"] for e in partner.get(f"/v1/events?domain_id={domain['id']}")["items"]]
    assert kinds == ["domain.added", "order.placed", "order.cancelled"]


@pytest.mark.req("R27")
def test_site(partner):
    site = partner.post("/v1/sites", {"account_id": partner.account["id"], "name": "One"})
    assert not site["https"]
    changed = partner.patch(f"/v1/sites/{site['id']}", {"https": True, "canonical": "apex"})
    assert changed["https"] and changed["canonical"] == "apex" and changed["name"] == "One"
    for body, field in (({"canonical": "up"}, "canonical"), ({"https": 1}, "https"),
                        ({"origin_id": "two"}, "origin_id")):
        problem(partner.call("PATCH", f"/v1/sites/{site['id']}", body), 422, "bad_input", field)
    problem(partner.call("POST", "/v1/sites", {"account_id": partner.account["id"], "name": "x",
                                               "origin_id": "10.0.0.1:80"}), 422, "bad_input",
            "origin_id")


def test_named_domain(web, partner):
    web.domain(partner, "named.example")
    web.domain(partner, "named.example.example")
    for typed in ("named.example", "NAMED.Example."):
        items = partner.get(f"/v1/domains?name={typed}")["items"]
        assert [d["name"] for d in items] == ["named.example"]
    assert partner.get("/v1/domains?name=never.example")["items"] == []
    problem(partner.call("GET", "/v1/domains?name=_"), 422, "bad_input", "name")


def test_paging(partner):
    made = [partner.post("/v1/accounts", {"name": f"page{i}", "email": "p@mail.example"})["id"]
            for i in range(7)]
    for limit in (1, 2, 3, 7, 8):
        seen, path = [], f"/v1/accounts?name_prefix=page&limit={limit}"
        page = partner.get(path)
        while True:
            assert len(page["items"]) <= limit
            seen += [a["id"] for a in page["items"]]
            if page["next_cursor"] is None:
                break
            page = partner.get(f"{path}&cursor={page['next_cursor']}")
        assert seen == made, limit


# --- once and only once ---

@pytest.mark.asan
@pytest.mark.req("R20")
def test_idempotency(web, partner, other):
    def accounts():
        return len(partner.get("/v1/accounts?name_prefix=once&limit=200")["items"])

    key = {"Idempotency-Key": "a key"}
    body = {"name": "once", "email": "o@mail.example"}
    first = partner.call("POST", "/v1/accounts", body, want=201, headers=key)
    again = partner.call("POST", "/v1/accounts", body, want=201, headers=key)
    assert again.json() == first.json() and accounts() == 1
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    problem(partner.call("POST", "/v1/accounts", {**body, "name": "once more"}, headers=key), 409,
            "conflict", "Idempotency-Key")
    problem(partner.call("POST", "/v1/sites", body, headers=key), 409, "conflict", "Idempotency-Key")
    other.call("POST", "/v1/accounts", body, want=201, headers=key)
    assert accounts() == 1


def test_idempotency_of_a_refusal(web, partner):
    """A refusal is not kept: the same key works once the reason is gone."""
    key = {"Idempotency-Key": "refused first"}
    domain = web.domain(partner, "refused.example")
    order = partner.post("/v1/orders", {"domain_id": domain["id"]}, want=202)
    body = {"domain_id": domain["id"]}
    problem(partner.call("POST", "/v1/orders", body, headers=key), 409, "conflict")
    partner.call("POST", f"/v1/orders/{order['id']}/cancel", want=200)
    second = partner.call("POST", "/v1/orders", body, want=202, headers=key).json()
    assert partner.call("POST", "/v1/orders", body, want=202, headers=key).json() == second
    orders = partner.get(f"/v1/orders?domain_id={domain['id']}")["items"]
    assert [o["state"] for o in orders] == ["cancelled", "placed"]


def test_idempotency_at_once(partner):
    """The same request from eight connections: one account, eight times the same answer."""
    key = {"Idempotency-Key": "all at once"}
    body = {"name": "at once", "email": "o@mail.example"}
    calls = [Later(partner.call, "POST", "/v1/accounts", body, headers=key) for _ in range(8)]
    answers = [c.result()[0] for c in calls]
    assert {a.status_code for a in answers} == {201}
    assert len({a.content for a in answers}) == 1 or \
        len({a.json()["id"] for a in answers}) == 1
    assert len(partner.get("/v1/accounts?name_prefix=at once".replace(" ", "%20"))["items"]) == 1


@pytest.mark.parametrize("size,status", [(0, 422), (1, 201), (199, 201), (200, 201), (201, 422)])
def test_idempotency_keys(partner, size, status):
    answer = partner.call("POST", "/v1/accounts", {"name": "k", "email": "o@mail.example"},
                          headers={"Idempotency-Key": "k" * size})
    assert answer.status_code == status


def test_no_key_for_secrets(partner):
    problem(partner.call("POST", "/v1/tokens", {"name": "x"}, headers={"Idempotency-Key": "k"}), 422,
            "bad_input", "Idempotency-Key")


# --- waiting ---

@pytest.mark.asan
def test_events_wait(web, partner):
    domain = web.domain(partner, "wait.example")
    path = f"/v1/events?domain_id={domain['id']}"
    page = partner.get(path)
    after = f"{path}&cursor={page['next_cursor']}"
    assert partner.get(after) == {"items": [], "next_cursor": page["next_cursor"], "has_more": False}
    waiting = Later(partner.get, f"{after}&wait=20")
    time.sleep(0.3)
    partner.post("/v1/orders", {"domain_id": domain["id"]}, want=202)
    answer, took = waiting.result()
    assert [e["kind"] for e in answer["items"]] == ["order.placed"] and took < 5
    answer, took = Later(partner.get, f"{path}&cursor={answer['next_cursor']}&wait=1").result()
    assert answer["items"] == [] and 0.9 < took < 5


def test_many_wait(web, partner):
    """A hundred parked requests hold up nobody."""
    end = partner.get("/v1/events?limit=200")["next_cursor"]
    while True:
        page = partner.get(f"/v1/events?limit=200&cursor={end}")
        if not page["items"]:
            break
        end = page["next_cursor"]
    connections = []
    for _ in range(100):
        c = UnixConnection(web.socket)
        c.request("GET", f"/v1/events?cursor={end}&wait=20",
                  headers={"Authorization": f"Bearer {partner.token}"})
        connections.append(c)
    begin = time.monotonic()
    for _ in range(20):
        partner.get("/v1/sites?limit=1")
    assert time.monotonic() - begin < 3
    web.domain(partner, "woken.example")
    for c in connections:
        response = c.getresponse()
        assert response.status == 200 and b"woken.example" in response.read()
        c.close()


# --- limits, framing ---

def test_limits_of_the_server(web):
    def status(target="/healthz", headers=()):
        c = UnixConnection(web.socket)
        c.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            c.putheader(name, value)
        c.endheaders()
        answer = c.getresponse()
        answer.read()
        c.close()
        return answer.status

    host = [("Host", "h")]
    assert status(headers=host) == 200
    assert status() == 400
    assert status(headers=host * 2) == 400
    assert status("/" + "a" * 4095, host) == 404
    assert status("/" + "a" * 4096, host) == 414
    assert status(headers=host + [(f"X-{i}", "1") for i in range(63)]) == 200
    assert status(headers=host + [(f"X-{i}", "1") for i in range(64)]) == 431


def test_log(web, partner):
    path = "/v1/accounts?name_prefix=a-secret-query"
    request_id = partner.call("GET", path).headers["Request-Id"]
    time.sleep(0.1)
    line, = [l for l in web.lines() if request_id in l]
    assert " operation=listAccounts method=GET path=/v1/accounts status=200 " in line
    assert "a-secret-query" not in line and partner.token not in line and "who=tok_" in line


@pytest.mark.asan
def test_stop_while_waiting():
    """SIGTERM answers who waits, and ends at once; nothing is left behind."""
    with Web() as web:
        partner = web.partner()
        end = partner.get("/v1/events?limit=200")["next_cursor"] or ""
        calls = [Later(partner.call, "GET", "/v1/events?wait=25" + (f"&cursor={end}" if end else ""))
                 for _ in range(20)]
        time.sleep(0.5)
        begin = time.monotonic()
        assert web.stop() == 0
        assert time.monotonic() - begin < 5
        assert {c.result()[0].status_code for c in calls} == {200}
        assert not web.socket.exists()
        web.start()
        partner.get("/v1/orders")
