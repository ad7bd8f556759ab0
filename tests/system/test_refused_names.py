# SPDX-License-Identifier: Apache-2.0
"""A CA that does not take some of the names: the certificate is issued without them, and each says why and
who must act. Without the domain itself there is none."""
import pytest

from platform_kit import Platform, wait_for
from renewal_kit import store_rows


@pytest.fixture(scope="module")
def platform():
    with Platform({"sandbox_ca": {"forbidden": ["not0.one.example", "not0.two.example",
                                                "not1.two.example", "own.example"]}}) as p:
        yield p


def name_of(platform, partner, domain, name):
    return next(n for n in platform.status(partner, domain)["names"] if n["name"] == name)


@pytest.mark.req("R54", "R23")
@pytest.mark.parametrize("main,names", [("one.example", ["not0.one.example"]),
                                        ("two.example", ["not0.two.example", "not1.two.example"])])
def test_an_alias_is_left_out(platform, main, names):
    """Of one, Boulder says the name in its words alone; of more, in subproblems."""
    partner = platform.tenant(main, main)
    platform.zone(main, platform.right_records() + [
        f"{name}. 1 IN {kind} {address}" for name in names for version, kind in ((4, "A"), (6, "AAAA"))
        for address in platform.addresses(version)])
    domain = platform.domain(partner, main)
    for name in names:
        partner.call("POST", f"/v1/domains/{domain['id']}/names", {"name": name}, want=201)
    platform.order(partner, domain)
    status = platform.wait_live(partner, domain, 60)
    secured = {n["name"] for n in status["names"] if n["secured"]}
    assert main in secured and not secured & set(names)
    for name in names:
        left = name_of(platform, partner, domain, name)
        assert left["who_acts"] == "owner"
        assert left["finding"]["code"] == "not_certified", left
        assert f"Sandbox CA does not issue a certificate for {name}: " in left["finding"]["detail"]
        assert left["finding"]["retry_at"]
    events = partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]
    told = [e["text"] for e in events if e["kind"] == "name.left_out"]
    assert len([t for t in told if names[0] in t]) == 1, told
    assert "is asked for again at" in told[0]
    assert [e["kind"] for e in events].count("issuance.name_refused") == 1
    assert "issuance.ca_refused" not in [e["kind"] for e in events], "nothing waited for a person"
    orders = store_rows(platform, "SELECT COUNT(*) FROM order_at_ca WHERE domain_id = ?", domain["id"])
    assert orders == [(1,)]


@pytest.mark.req("R54")
def test_the_domain_itself_is_not(platform):
    partner = platform.tenant("Own", "Own")
    platform.zone("own.example", platform.right_records())
    domain = platform.domain(partner, "own.example")
    platform.order(partner, domain)
    issuance = wait_for(lambda: (i := platform.status(partner, domain)["issuance"])
                        and i["state"] == "parked" and i, 30)
    assert "rejectedIdentifier" in issuance["error"]["text"]


@pytest.mark.req("R54", "R23")
def test_an_alias_that_another_server_answers_for(platform):
    """As the CA sees it, and we do not: all our edges are well, so it is the name that waits."""
    main, name = "three.example", "shop.three.example"
    partner = platform.tenant("Three", "Three")
    records = platform.right_records() + ["shop 1 IN CNAME @"]
    _, domain, _ = platform.ordered(partner, main, records)
    told = platform.run("ca", "fault", "secondary-validation", "--count", "1", "--config",
                        platform.dir / "latchkey.yaml")
    assert told.returncode == 0, told.stderr
    partner.call("POST", f"/v1/domains/{domain['id']}/names", {"name": name}, want=201)
    left = wait_for(lambda: (n := name_of(platform, partner, domain, name)) and n["finding"] and n, 30)
    assert left["finding"]["code"] == "not_certified" and left["who_acts"] == "owner", left
    assert "During secondary validation: " in left["finding"]["detail"]
    events = partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]
    assert [e["kind"] for e in events].count("name.left_out") == 1
