# SPDX-License-Identifier: Apache-2.0
"""Validation by DNS, from a partner's order to the renewed wildcard certificate."""
import json
import re
import sqlite3
import ssl
import time

import pytest
from crash_kit import Journal, has_points
from platform_kit import DELEGATION_ZONE, wait_for
from renewal_kit import Moved, events, number, serials, wait_replaced, wait_schedule

needs_points = pytest.mark.skipif(not has_points(), reason="built without crash points")
UNDER_WILDCARD = ("Another account was the first to prove a wildcard that stands for {}, so what leads here "
                  "may be meant for that one. Who owns the domain can have that account give the wildcard "
                  "back; it is looked at again by itself.")


@pytest.fixture(scope="module")
def platform():
    with Moved("minutes") as started:
        yield started


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


def values(platform, owner):
    return sorted(platform.dig(owner, "TXT").replace('"', "").split())


def names_of(platform, address, sni):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(platform.roots)
    with platform.tls(address, sni, context) as s:
        return sorted(value for _, value in s.getpeercert()["subjectAltName"])


@pytest.mark.req("R12", "R28", "R42", "R43", "R54", "A18")
def test_a_wildcard_is_issued_and_served(platform, partner):
    site = platform.site(partner)
    domain = platform.domain(partner, "*.Wild.example", site=site)
    owner = platform.delegate(partner, domain, ["* 1 IN A 192.0.2.1"])
    platform.order(partner, domain)
    platform.wait_live(partner, domain)
    for address in platform.addresses():
        for host in ("any.wild.example", "wild.example"):
            assert platform.https(address, host)[0] == 200, (address, host)
            assert names_of(platform, address, host) == ["*.wild.example", "wild.example"]
        with pytest.raises(ssl.SSLError):  # the star stands for one label
            platform.https(address, "a.b.wild.example")
        assert platform.http(address, "a.b.wild.example")[0] == 404
        assert platform.https(address, "any.wild.example", host="other.example")[0] == 421
        assert platform.https(address, "any.wild.example", host="more.wild.example")[0] == 200
    wait_for(lambda: values(platform, owner) == [])  # nothing is left behind
    partner.patch(f"/v1/sites/{site['id']}", {"https": True, "canonical": "www"})
    address = platform.addresses()[0]
    for host in ("any.wild.example", "wild.example"):
        wait_for(lambda: platform.http(address, host, "/p?q=1")[0] == 301)
        headers = platform.http(address, host, "/p?q=1")[1]
        assert headers["location"] == platform.location(host, "/p?q=1")
        assert platform.https(address, host, "/p?q=1")[0] == 200


@needs_points
@pytest.mark.req("R42")
def test_a_wildcard_and_its_base_have_two_values(platform, partner):
    """Both are at the label of the one claim while the CA is asked, and both go."""
    domain = platform.domain(partner, "*.two.example")
    owner = platform.delegate(partner, domain)
    platform.trap.hold("worker.answer.before")
    platform.order(partner, domain)
    wait_for(lambda: len(values(platform, owner)) == 2)
    platform.trap.let_go()
    platform.wait_live(partner, domain)
    wait_for(lambda: values(platform, owner) == [])


@needs_points
@pytest.mark.req("R42")
def test_cancelled_while_the_value_is_put_there(platform, partner):
    domain = platform.domain(partner, "*.late.example")
    owner = platform.delegate(partner, domain)
    platform.trap.hold("worker.put-value.before")
    order = platform.order(partner, domain)
    wait_for(platform.trap.hit_path.exists)
    partner.post(f"/v1/orders/{order['id']}/cancel", {}, want=200)
    platform.trap.let_go()
    wait_for(lambda: not rows(platform, owner))
    assert values(platform, owner) == []
    assert Journal(platform).count("certificate.issued", "*.late.example") == 0


@needs_points
@pytest.mark.req("R34", "R42")
def test_the_cname_goes_while_it_is_ordered(platform, partner):
    """Its owner has to act; nothing is asked of the CA, which has made the order."""
    domain = platform.domain(partner, "*.moved.example")
    platform.delegate(partner, domain)
    platform.trap.hold("worker.authorizations.reply")
    order = platform.order(partner, domain)
    platform.trap.wait_hit("worker.authorizations.reply")
    platform.zone("moved.example", platform.right_records())
    platform.trap.let_go()
    error = wait_for(lambda: platform.status(partner, domain)["issuance"]["error"])
    assert error["code"] == "dns"
    assert "does not lead to" in error["text"] and "the owner of the name has to" in error["text"]
    assert Journal(platform).count("challenge.started", "*.moved.example") == 0
    partner.post(f"/v1/orders/{order['id']}/cancel", {}, want=200)


@needs_points
@pytest.mark.req("R42")
def test_a_signer_without_the_key_of_the_zone(platform, partner):
    """What stands in a zone of dns.update stays known until it is out, whatever the signer says."""
    path = platform.dir / "latchkey.yaml"
    config = path.read_text()
    domain = platform.domain(partner, "*.keyless.example")
    owner = platform.delegate(partner, domain)
    platform.trap.hold("worker.drop-value.before")
    platform.order(partner, domain)
    platform.trap.wait_hit("worker.drop-value.before")
    without = json.loads(config)
    del without["dns"]["update"]
    path.write_text(json.dumps(without))
    platform.kill("signer")
    platform.trap.let_go()
    wait_for(lambda: re.search(rf"value.not_removed .*{owner}.* error=config", platform.log("worker")))
    path.write_text(config)
    platform.kill("signer")
    platform.wait_live(partner, domain)
    wait_for(lambda: values(platform, owner) == [] and not rows(platform, owner), 30)


def rows(platform, owner):
    with sqlite3.connect(f"file:{platform.dir}/latchkey.db?mode=ro", uri=True) as db:
        return db.execute("SELECT state FROM dns_value WHERE owner = ?", [owner]).fetchall()


BASE = "wrong.example"


@pytest.mark.req("R30", "R34", "R36", "R42", "A18")
@pytest.mark.parametrize("lines,code,actions", [
    ([], "challenge_missing", ["add CNAME _acme-challenge"]),
    (["_acme-challenge CNAME other.example."], "challenge_elsewhere",
     ["replace CNAME _acme-challenge"]),
    (["_acme-challenge CNAME {label}"], "challenge_relative", ["replace CNAME _acme-challenge"]),
    ([f"_acme-challenge.{BASE} CNAME {{label}}."], "challenge_doubled",
     [f"remove CNAME _acme-challenge.{BASE}", "add CNAME _acme-challenge"]),
    (["_acme-challenge TXT old"], "challenge_txt",
     ["remove TXT _acme-challenge", "add CNAME _acme-challenge"]),
    ([f"_acme-challenge CNAME {'0' * 32}.{DELEGATION_ZONE}."], "challenge_old",
     ["replace CNAME _acme-challenge"]),
])
def test_what_is_wrong_is_told(platform, partner, lines, code, actions):
    """Nothing is asked of the CA meanwhile, and it goes on by itself once it is right."""
    listed = partner.get(f"/v1/domains?name=*.{BASE}")["items"]
    domain = listed[0] if listed else platform.domain(partner, f"*.{BASE}")
    told, = partner.get(f"/v1/domains/{domain['id']}")["delegations"]
    platform.zone(BASE, platform.right_records() +
                  [line.format(label=told["value"]) for line in lines])
    if not listed:
        platform.order(partner, domain)

    def finding():
        found = [n for n in platform.status(partner, domain)["names"] if n["name"] == f"*.{BASE}"]
        return found and found[0]["finding"]
    wait_for(lambda: finding() and finding()["code"] == code)
    assert finding()["who_acts"] == "owner" and finding()["subject"] == f"*.{BASE}"
    assert [f"{a['op']} {a['type']} {a['name']}" for a in finding()["actions"]] == actions
    assert finding()["actions"][-1]["value"] == told["value"]
    assert Journal(platform).count("order.created", f"*.{BASE}") == 0


@pytest.mark.req("R41", "R42", "A16")
def test_what_was_left_behind_is_of_no_use(platform, partner):
    """A gives the name back and leaves its CNAME there; B claims it: no newOrder leaves."""
    name = "*.left.example"
    domain = platform.domain(partner, name)
    owner = platform.delegate(partner, domain)
    platform.order(partner, domain)
    platform.wait_live(partner, domain)
    partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)
    wait_for(lambda: platform.https_fails("any.left.example"))
    made = Journal(platform).count("order.created", name)

    other = platform.tenant("Other")
    theirs = platform.domain(other, name)
    assert theirs["delegations"]
    assert partner.get(f"/v1/domains/{domain['id']}")["delegations"] == [], "of another"
    platform.order(other, theirs)
    wait_for(lambda: [n["finding"] and n["finding"]["code"]
                      for n in platform.status(other, theirs)["names"] if n["name"] == name]
             == ["challenge_old"])
    text = json.dumps(platform.status(other, theirs))
    assert partner.partner["id"] not in text and partner.account["id"] not in text
    time.sleep(2)
    assert Journal(platform).count("order.created", name) == made
    new = platform.delegate(other, theirs)
    assert new != owner
    platform.wait_live(other, theirs)


@pytest.mark.req("R41")
def test_names_of_the_platform_and_under_a_wildcard(platform, partner):
    """Nobody claims a delegation zone, nor what another account's wildcard stands for."""
    site = platform.site(partner)
    for name in (DELEGATION_ZONE, f"a.{DELEGATION_ZONE}", f"*.{DELEGATION_ZONE}"):
        assert "reserved" in platform.domain(partner, name, want=422, site=site)["detail"]
    other = platform.tenant("Third")
    theirs = platform.domain(other, "*.theirs.example")
    platform.delegate(other, theirs)
    platform.order(other, theirs)
    platform.wait_live(other, theirs)
    for taken in ("shop.theirs.example", "a.b.theirs.example", "*.b.theirs.example"):
        refused = platform.domain(partner, taken, want=409, site=site)
        assert "theirs.example is claimed already" in refused["detail"]
        assert other.account["id"] not in json.dumps(refused)
    platform.domain(other, "shop.theirs.example")


@pytest.mark.req("R41", "A16")
def test_claimed_before_the_wildcard_of_another_is_proven(platform, partner):
    """DNS leads every name of the zone here, for the wildcard's account: who was not seen to pass
    before it is neither served nor given a certificate; who was stays."""
    zone, address = "shared.example", platform.addresses()[0]
    names = ["* 1 IN CNAME @"]
    platform.zone(zone, [*platform.right_records(), *names])
    early, late, deep = (platform.domain(partner, f"{host}.{zone}") for host in
                         ("early", "late", "very.deep"))
    platform.order(partner, early)
    platform.wait_live(partner, early)
    for domain in (late, deep):
        wait_for(lambda: platform.http(address, domain["name"])[0] == 200)
    other = platform.tenant("Fourth")
    star = platform.domain(other, f"*.{zone}")
    platform.delegate(other, star, names)
    platform.order(other, star)
    platform.wait_live(other, star)

    wait_for(lambda: not platform.https_fails(late["name"]))
    assert names_of(platform, address, late["name"]) == [f"*.{zone}", zone]
    wait_for(lambda: platform.http(address, deep["name"])[0] == 404)
    for domain in (late, deep):
        platform.order(partner, domain)

        def finding():
            return platform.status(partner, domain)["names"][0]["finding"]
        found = wait_for(finding)
        assert (found["code"], found["title"]) == ("under_wildcard",
                                                   f"{domain['name']} cannot be ordered")
        assert found["detail"] == UNDER_WILDCARD.format(domain["name"])
        status = platform.status(partner, domain)
        assert status["issuance"]["error"]["code"] == "under_wildcard", status
        assert (status["names"][0]["dns"], status["names"][0]["who_acts"]) == ("conflict", "owner")
        assert other.account["id"] not in json.dumps(status)
        assert Journal(platform).count("order.created", domain["name"]) == 0
    assert names_of(platform, address, early["name"]) == [early["name"]]


@pytest.mark.req("R41", "A16")
def test_what_was_under_a_wildcard_that_is_given_back(platform, partner):
    """Who was kept away by it is served again, and has the name looked at at once; a name below that was let go
    follows the star."""
    zone, address = "ended.example", platform.addresses()[0]
    platform.zone(zone, [*platform.right_records(), "* 1 IN CNAME @"])
    below = platform.domain(partner, f"let.go.{zone}")
    early = platform.domain(partner, f"early.{zone}")
    ordered = platform.domain(partner, f"ordered.{zone}")
    platform.order(partner, early)
    platform.wait_live(partner, early)
    for domain in (below, ordered):
        wait_for(lambda: platform.http(address, domain["name"])[0] == 200)
    other = platform.tenant("Fifth")
    star = platform.domain(other, f"*.{zone}")
    platform.delegate(other, star, ["* 1 IN CNAME @"])
    platform.order(other, star)
    platform.wait_live(other, star)
    wait_for(lambda: platform.http(address, below["name"])[0] == 404)
    platform.order(partner, ordered)

    def waiting():
        issuance = platform.status(partner, ordered)["issuance"]
        return issuance["error"] and issuance["error"]["code"] == "under_wildcard"
    wait_for(waiting)

    partner.call("DELETE", f"/v1/domains/{early['id']}?cancel_subscription=true", want=200)
    wait_for(lambda: not platform.https_fails(early["name"])
             and names_of(platform, address, early["name"]) == [f"*.{zone}", zone])
    other.call("DELETE", f"/v1/domains/{star['id']}?cancel_subscription=true", want=200)
    wait_for(lambda: platform.http(address, below["name"])[0] == 200)
    platform.wait_live(partner, ordered)
    assert names_of(platform, address, ordered["name"]) == [ordered["name"]]


@pytest.mark.req("A20")
def test_by_the_command_line(platform, partner):
    site = platform.site(partner)
    domain = platform.domain(partner, "*.typed.example", site=site)
    platform.delegate(partner, domain)
    done = platform.run("order", "*.typed.example", "--wait", api=partner)
    assert done.returncode == 0, done
    assert "*.typed.example" in platform.run("status", "*.typed.example", api=partner).stdout


@pytest.mark.req("R9", "R21", "R42", "A11", "A18")
def test_a_wildcard_is_renewed(platform, partner):
    domain = platform.domain(partner, "*.again.example")
    owner = platform.delegate(partner, domain)
    platform.order(partner, domain)
    old = platform.wait_live(partner, domain)["certificate"]
    status = wait_schedule(platform, partner, domain)
    platform.jump_to(status["renewal"]["at"])
    new = wait_replaced(platform, partner, domain, old)["certificate"]
    assert new["key_fingerprint"] != old["key_fingerprint"]
    assert serials(platform, "some.again.example") == {number(new)}
    wait_for(lambda: values(platform, owner) == [])
    assert "certificate.renewal.succeeded" in events(partner, domain)
