# SPDX-License-Identifier: Apache-2.0
"""Our own copy of a CA's limits: it never has to refuse us, and what waits says until when."""
import time

import pytest
from admission_kit import begun, fair, limited, refusals, schedule, seconds, store
from platform_kit import Platform, wait_for

COUNT, PERIOD_S = 4, 8  # new orders of an account
INTERVAL_S = PERIOD_S / COUNT
NAMES = 9


def place(platform, partner, name, **more):
    platform.zone(name, platform.right_records())
    domain = platform.domain(partner, name)
    platform.order(partner, domain, ca="limited", **more)
    return domain


@pytest.mark.req("R47", "A9")
def test_orders_take_turns():
    """More orders than the CA takes at once: no 429, each says when, and none is late."""
    with limited(f"orders_per_account {COUNT} {PERIOD_S}s") as platform:
        partner = platform.tenant()
        start = time.time()
        domains = [place(platform, partner, f"turn{i}.example") for i in range(NAMES)]
        placed_s = time.time() - start

        def waits():
            status = platform.status(partner, domains[-1])["issuance"]
            return status if status["state"] == "admitted" and status["next_try_at"] else None
        last = wait_for(waits)
        assert last["error"]["code"] == "rate_limited"
        assert "Limited CA takes 4 new orders in 8 seconds" in last["error"]["text"]
        assert "wait before it" in last["error"]["text"]
        promised = seconds(last["next_try_at"])
        for domain in domains:
            platform.wait_live(partner, domain, 60)
        times = sorted(begun(platform, domain) for domain in domains)
        # one token is left alone
        planned = schedule(NAMES, COUNT - 1, INTERVAL_S)
        assert times[-1] - start <= 1.05 * planned[-1] + INTERVAL_S + placed_s
        assert times[-1] - start >= planned[-1] - INTERVAL_S, "it did wait"
        assert promised <= times[-1] + 1
        assert not refusals(platform)
        waited = [begun(platform, domain) for domain in domains][COUNT:]
        assert waited == sorted(waited), "of those that wait, who came first goes first"


@pytest.mark.req("R47")
def test_partners_share_the_line():
    """One partner's many orders do not hold up another's single one."""
    with limited("orders_per_account 2 4s") as platform:
        many, single = platform.tenant("Many"), platform.tenant("Single")
        first = [place(platform, many, f"many{i}.example") for i in range(9)]
        wait_for(lambda: len(store(platform, "SELECT 1 FROM admission_line")) >= 6)
        mine = place(platform, single, "single.example")
        platform.wait_live(single, mine, 30)
        waiting = store(platform, "SELECT 1 FROM admission_line")
        assert len(waiting) >= 3, "the others still wait"
        before = begun(platform, mine)
        placed = store(platform, "SELECT created_at FROM issuance"
                       " WHERE domain_id = ?", mine["id"])[0][0] / 1000
        between = [t for t in (begun(platform, domain) for domain in first)
                   if t and placed < t < before]
        assert len(between) <= 2
        partner_view = platform.status(many, first[-1])
        assert partner_view["issuance"]["state"] in ("admitted", "waiting_dns")
        assert not refusals(platform)


@pytest.mark.req("R47")
def test_one_order_behind_hundreds():
    """The long form is tests/soak/fair."""
    assert fair(300, 20, 720) <= 2


@pytest.mark.req("R47")
def test_weights():
    """A partner of weight 3 has three turns for each one of another's."""
    with limited("orders_per_account 2 1s") as platform:
        heavy, light = platform.tenant("Heavy", "Heavy"), platform.tenant("Light", "Light")
        path = f"/v1/partners/{heavy.partner['id']}/share"
        assert heavy.get(path) == {"weight": 1, "waiting_max": 0, "orders_per_hour": 0, "checks_per_min": 60,
                                   "requests_per_min": 12000}
        heavy.call("PATCH", path, {"weight": 3}, want=403)
        platform.operator.patch(path, {"weight": 3})
        assert heavy.get(path)["weight"] == 3
        place(platform, heavy, "first.example")  # takes the only token that is there
        theirs = [place(platform, heavy, f"heavy{i}.example") for i in range(14)]
        mine = [place(platform, light, f"light{i}.example") for i in range(6)]
        placed = time.time()
        for domain in theirs + mine:
            platform.wait_live(heavy if domain in theirs else light, domain, 60)
        turns = sorted([(begun(platform, d), "heavy") for d in theirs]
                       + [(begun(platform, d), "light") for d in mine])
        after = [who for at, who in turns if at > placed][:8]
        assert 5 <= after.count("heavy") <= 7, turns
        assert not refusals(platform)


@pytest.mark.req("R47")
def test_caps():
    with Platform() as platform:
        partner, other = platform.tenant("Capped", "Capped"), platform.tenant("Free", "Free")
        path = f"/v1/partners/{partner.partner['id']}/share"
        for field, value in (("weight", 0), ("weight", 101), ("waiting_max", -1), ("orders_per_hour", 1000001),
                             ("checks_per_min", -1), ("requests_per_min", 1000001)):
            assert platform.operator.call("PATCH", path, {field: value}, want=422).json()["field"] == field
        platform.operator.patch(path, {"waiting_max": 2})
        domains = [platform.domain(partner, f"capped{i}.example") for i in range(4)]
        for domain in domains[:2]:
            platform.order(partner, domain)  # without DNS: they wait
        answer = partner.call("POST", "/v1/orders", {"domain_id": domains[2]["id"]}, want=429)
        refused = answer.json()
        assert 55 <= int(answer.headers["Retry-After"]) <= 60 and refused["retry_at"]
        assert "2 orders are placed and not fulfilled" in refused["detail"]
        platform.order(other, platform.domain(other, "free.example"))
        platform.operator.patch(path, {"waiting_max": 0, "orders_per_hour": 1})
        platform.order(partner, domains[2])
        refused = partner.call("POST", "/v1/orders", {"domain_id": domains[3]["id"]}, want=429)
        assert "1 orders an hour may be placed" in refused.json()["detail"]
        assert 3500 < seconds(refused.json()["retry_at"]) - time.time() <= 3600
        platform.operator.patch(path, {"orders_per_hour": 0})
        platform.order(partner, domains[3])


def refused_until_next_minute(response, limit):
    """429 with the limit, its value and when; Retry-After says the same."""
    problem = response.json()
    assert limit in problem["detail"] and problem["retry_at"][:19] in problem["detail"]
    wait = seconds(problem["retry_at"]) - time.time()
    assert 0 < wait <= 60 and abs(int(response.headers["Retry-After"]) - wait) <= 2
    return problem


@pytest.mark.req("R47")
def test_caps_a_minute():
    """API requests and checks by all tokens of a partner: of the configuration, or its own."""
    with Platform() as platform:
        partner, other = platform.tenant("Capped", "Capped"), platform.tenant("Free", "Free")
        path = f"/v1/partners/{partner.partner['id']}/share"
        share = platform.operator.patch(path, {"checks_per_min": 2, "requests_per_min": 1000})
        assert (share["checks_per_min"], share["requests_per_min"]) == (2, 1000)
        for name in ("one.example", "two.example"):
            partner.call("POST", "/v1/checks", {"name": name}, want=201)
        refused = partner.call("POST", "/v1/checks", {"name": "three.example"}, want=429)
        refused_until_next_minute(refused, "2 checks a minute are allowed to the partner (partner.checks_per_min)")
        other.call("POST", "/v1/checks", {"name": "three.example"}, want=201)
        platform.operator.patch(path, {"checks_per_min": 0, "requests_per_min": 3})
        refused = partner.call("GET", "/v1/accounts", want=429)  # three were for the checks
        refused_until_next_minute(refused, "3 API requests a minute are allowed to the partner (partner.requests_per_min)")
        other.get("/v1/accounts")
        share = platform.operator.patch(path, {"requests_per_min": None})
        assert share["requests_per_min"] == 12000 and share["checks_per_min"] == 0
        for name in ("four.example", "five.example", "six.example"):
            partner.call("POST", "/v1/checks", {"name": name}, want=201)


@pytest.mark.req("R47")
def test_a_name_that_fails_is_counted():
    """The CA's limit of failed validations of a name: asked of ourselves first."""
    with limited("failures_per_name 2 1h") as platform:
        partner = platform.tenant()
        fault = platform.run("ca", "fault", "secondary-validation", "--config",
                             platform.dir / "latchkey.yaml")
        assert fault.returncode == 0, fault.stderr
        domain = place(platform, partner, "fails.example")

        def waits():
            issuance = platform.status(partner, domain)["issuance"]
            error = issuance["error"]
            return issuance if error and error["code"] == "rate_limited" else None
        issuance = wait_for(waits, 40)
        assert "failed validations of" in issuance["error"]["text"]
        assert issuance["state"] == "admitted"
        assert not refusals(platform)


@pytest.mark.req("R47")
def test_what_others_did_is_believed():
    """The CA refuses for a reason that we do not know: our bucket is as empty as it says."""
    platform = limited("orders_per_account 2 20s")
    config = platform.dir / "latchkey.yaml"
    config.write_text(config.read_text().replace('"orders_per_account 2 20s"',
                                                 '"orders_per_account 50 500s"'))
    with platform:
        partner = platform.tenant()
        domains = [place(platform, partner, f"other{i}.example") for i in range(3)]

        def told():
            for domain in domains:
                issuance = platform.status(partner, domain)["issuance"]
                if issuance["error"] and issuance["error"]["code"] == "rate_limited":
                    return issuance
            return None
        issuance = wait_for(told, 20)
        assert issuance["state"] == "admitted" and "asks to wait" in issuance["error"]["text"]
        wait_s = seconds(issuance["next_try_at"]) - time.time()
        assert 0 < wait_s <= 10.5
        for domain in domains:
            platform.wait_live(partner, domain, 40)
        assert 1 <= len(refusals(platform)) <= 2, "not asked again before the time"


@pytest.mark.req("R47", "A9")
def test_a_paused_name_waits_for_a_person():
    """Too many failures in a row: the CA wants a person, so nothing is asked until there was one."""
    platform = Platform()
    rules = platform.dir / "limits"
    rules.write_text("all off\nfailures_in_a_row 1 1d\n")
    platform.configure({"sandbox_ca": {"limits": str(rules)}})
    config = ("--config", platform.dir / "latchkey.yaml")
    with platform:
        partner = platform.tenant()
        assert platform.run("ca", "fault", "secondary-validation", *config).returncode == 0
        platform.zone("paused.example", platform.right_records())
        domain = platform.domain(partner, "paused.example")
        order = platform.order(partner, domain)
        parked = wait_for(lambda: (i := platform.status(partner, domain)["issuance"])
                          and i["state"] == "parked" and i, 60)
        assert "wants somebody to go to https://" in parked["error"]["text"]
        asked = len(refusals(platform))
        assert asked >= 1
        assert platform.run("ca", "fault", "off", *config).returncode == 0
        time.sleep(3)
        assert len(refusals(platform)) == asked, "not asked again by itself"
        assert platform.run("ca", "unpause", "all", *config).returncode == 0
        wait_for(lambda: partner.call("POST", f"/v1/orders/{order['id']}/check", {}).status_code
                 in (200, 202), 90)
        platform.wait_live(partner, domain, 60)
