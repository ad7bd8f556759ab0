# SPDX-License-Identifier: Apache-2.0
"""The names of a certificate change: one is dead and joins later, aliases come and go."""
import ssl
import time

import pytest
from platform_kit import Platform, wait_for

PATIENCE_S = 1


@pytest.fixture(scope="module")
def platform():
    with Platform({"check": {"patience_ms": PATIENCE_S * 1000, "retry_min_ms": 200,
                             "retry_max_ms": 1000}}) as p:
        yield p


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


@pytest.fixture(scope="module")
def other(platform):
    return platform.tenant("Other", "Other")


def alias(api, domain, name, want=201):
    return api.post(f"/v1/domains/{domain['id']}/names", {"name": name}, want=want)


def names_of(status):
    return {n["name"]: n for n in status["names"]}


def secured(status):
    return {n["name"] for n in status["names"] if n["secured"]}


def certificates(api, domain):
    return api.get(f"/v1/certificates?domain_id={domain['id']}&limit=200")["items"]


def events(api, domain, kind):
    every = api.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]
    return [e for e in every if e["kind"] == kind]


def is_served(platform, name):
    for address in platform.addresses():
        try:
            if platform.https(address, name)[0] != 200:
                return False
        except OSError:
            return False
    return True


def records(platform, *hosts):
    """The domain and www right, and these hosts too."""
    return platform.right_records() + [f"{host} 1 IN CNAME @" for host in hosts]


@pytest.mark.req("R54", "A8")
def test_one_of_four_is_dead(platform, partner):
    """A certificate for three now, the fourth is added later by itself; the owner is told once."""
    zone = "four.example"
    platform.zone(zone, records(platform, "shop"))
    domain = platform.domain(partner, zone)
    for host in ("shop", "blog"):
        alias(partner, domain, f"{host}.{zone}")
    platform.order(partner, domain)
    status = platform.wait_live(partner, domain)
    assert secured(status) == {zone, f"www.{zone}", f"shop.{zone}"}
    dead = names_of(status)[f"blog.{zone}"]
    assert (dead["dns"], dead["who_acts"]) == ("missing", "owner")
    assert dead["finding"]["actions"] and dead["next_look_at"] is not None
    assert f"blog.{zone}" in status["next"] and "3 of 4" in status["next"]
    assert any(r["fqdn"] == f"blog.{zone}" for r in status["records"])
    assert is_served(platform, f"shop.{zone}")
    for address in platform.addresses():
        with pytest.raises(ssl.SSLError):  # an alert, not a dead edge
            platform.serial(address, f"blog.{zone}")
    time.sleep(3)  # some looks more
    assert len(certificates(partner, domain)) == 1, "a dead name costs nothing"

    platform.zone(zone, records(platform, "shop", "blog"))
    wait_for(lambda: len(secured(platform.status(partner, domain))) == 4)
    status = platform.wait_live(partner, domain)
    assert status["issuance"]["reason"] == "name_joined"
    assert is_served(platform, f"blog.{zone}") and is_served(platform, f"www.{zone}")
    told = events(partner, domain, "name.left_out")
    assert len(told) == 1 and f"blog.{zone}" in told[0]["text"], told
    assert len(certificates(partner, domain)) == 2
    assert [n for n in status["names"] if n["finding"] and n["finding"]["severity"] == "error"] == []
    assert f"blog.{zone}" not in status["next"]


@pytest.mark.req("R54")
def test_names_that_become_right_together_cost_one_certificate(platform, partner):
    zone = "together.example"
    platform.zone(zone, records(platform))
    domain = platform.domain(partner, zone)
    for host in ("a", "b", "c", "dead"):
        alias(partner, domain, f"{host}.{zone}")
    platform.order(partner, domain)
    platform.wait_live(partner, domain)
    platform.zone(zone, records(platform, "a"))
    wait_for(lambda: names_of(platform.status(partner, domain))[f"a.{zone}"]["dns"] == "ok")
    platform.zone(zone, records(platform, "a", "b", "c"))
    wait_for(lambda: len(secured(platform.status(partner, domain))) == 5)
    platform.wait_live(partner, domain)
    assert len(certificates(partner, domain)) == 2


@pytest.mark.req("R54")
def test_the_domain_itself_must_pass(platform, partner):
    zone = "wwwonly.example"
    platform.zone(zone, ["@ 1 IN A 203.0.113.9"] + [f"www 1 IN A {a}" for a in
                                                    platform.addresses(4)])
    domain = platform.domain(partner, zone)
    platform.order(partner, domain)
    time.sleep(PATIENCE_S + 2)
    status = platform.status(partner, domain)
    assert status["issuance"]["state"] == "waiting_dns" and not certificates(partner, domain)
    platform.zone(zone, platform.right_records())
    assert len(secured(platform.wait_live(partner, domain))) == 2


@pytest.mark.req("R28", "R54")
def test_redirect_leads_to_a_covered_host_only(platform, partner):
    """www is what the site wants; without a certificate for it visitors stay at the domain."""
    zone = "lame.example"
    platform.zone(zone, platform.right_records(www=None))
    site = platform.site(partner, canonical="www")
    domain = platform.domain(partner, zone, site=site)
    platform.order(partner, domain)
    status = platform.wait_live(partner, domain)
    assert secured(status) == {zone}
    partner.patch(f"/v1/sites/{site['id']}", {"https": True})
    address = platform.addresses()[0]
    wait_for(lambda: platform.http(address, zone)[0] == 301)
    assert platform.http(address, zone, "/x?y")[1]["location"] == platform.location(zone, "/x?y")
    assert platform.https(address, zone)[0] == 200
    assert platform.status(partner, domain)["site_url"] == platform.location(zone, "")

    platform.zone(zone, platform.right_records())
    wait_for(lambda: len(secured(platform.status(partner, domain))) == 2)
    www = platform.location(f"www.{zone}", "/x")
    wait_for(lambda: platform.http(address, zone, "/x")[1].get("location") == www)
    assert platform.https(address, zone, "/x")[1]["location"] == www
    assert platform.status(partner, domain)["site_url"] == platform.location(f"www.{zone}", "")


@pytest.mark.req("R41", "R54")
def test_aliases(platform, partner, other):
    zone = "alias.example"
    platform.zone(zone, records(platform, "shop"))
    _, domain, _ = platform.ordered(partner, zone, records(platform, "shop"))
    full = alias(partner, domain, f"Shop.{zone}.")
    assert full["names"] == [zone, f"www.{zone}", f"shop.{zone}"]
    wait_for(lambda: is_served(platform, f"shop.{zone}"))
    alias(other, domain, f"x.{zone}", want=404)
    platform.domain(other, f"shop.{zone}", want=409)
    for bad, code in ((f"shop.{zone}", 409), (f"www.{zone}", 409), ("shop.other.example", 422),
                      (f"*.{zone}", 422), (f"a_b.{zone}", 422), ("", 422)):
        problem = alias(partner, domain, bad, want=code)
        assert problem["field"] == "name", problem
    partner.call("DELETE", f"/v1/domains/{domain['id']}/names/www.{zone}", want=409)
    partner.call("DELETE", f"/v1/domains/{domain['id']}/names/never.{zone}", want=404)
    gone = partner.call("DELETE", f"/v1/domains/{domain['id']}/names/shop.{zone}", want=200).json()
    assert gone["names"] == [zone, f"www.{zone}"]
    wait_for(lambda: platform.http(platform.addresses()[0], f"shop.{zone}")[0] == 404)
    theirs = platform.domain(other, f"shop.{zone}")
    platform.order(other, theirs)
    platform.wait_live(other, theirs)
    assert is_served(platform, f"shop.{zone}") and is_served(platform, zone)


@pytest.mark.req("R54")
def test_a_name_that_comes_back(platform, partner):
    """Left out of a certificate, and back: no more than one certificate each time."""
    zone = "back.example"
    _, domain, _ = platform.ordered(partner, zone)
    alias(partner, domain, f"late.{zone}")
    wait_for(lambda: names_of(platform.status(partner, domain))[f"late.{zone}"]["finding"])
    assert len(certificates(partner, domain)) == 1
    platform.zone(zone, records(platform, "late"))
    wait_for(lambda: f"late.{zone}" in secured(platform.status(partner, domain)))
    assert len(certificates(partner, domain)) == 2


@pytest.mark.req("R54")
def test_a_hundred_names(platform, partner):
    """What fits one certificate, and one more."""
    zone = "hundred.example"
    hosts = [f"h{i}" for i in range(98)]
    platform.zone(zone, records(platform, *hosts))
    domain = platform.domain(partner, zone)
    for host in hosts:
        alias(partner, domain, f"{host}.{zone}")
    problem = alias(partner, domain, f"onemore.{zone}", want=422)
    assert problem["field"] == "name" and "100" in problem["detail"]
    platform.order(partner, domain)
    status = platform.wait_live(partner, domain, 120)
    assert len(secured(status)) == 100
    assert len(status["certificate"]["names"]) == 100
    for host in (zone, f"www.{zone}", f"h0.{zone}", f"h97.{zone}"):
        assert is_served(platform, host), host
