# SPDX-License-Identifier: Apache-2.0
"""Validation by DNS with BIND as the delegation zone's primary, and a secondary that lags."""
import json
import re

import pytest
from admission_kit import store
from crash_kit import Journal, Trap, has_points
from dns_kit import Bind, not_put, platform_events
from platform_kit import IN_NAMESPACE, Platform, free_port, wait_for

ZONE = "bind.example"
AWAY = "away.example"  # is changed at the secondary, and looked at at the primary
pytestmark = pytest.mark.skipif(not IN_NAMESPACE, reason="needs addresses of its own")


@pytest.fixture(scope="module")
def servers():
    """A platform whose resolver is BIND, which is the primary too; and a secondary."""
    platform = Platform()
    port, dns = free_port(), f"127.0.0.1@{platform.dns_port}"
    primary = Bind(f"192.0.2.18@{port}", {ZONE: ["@ NS ns2", "ns2 A 192.0.2.19"], AWAY: []},
                   forwarder=dns)
    secondary = Bind(f"192.0.2.19@{port}", {ZONE: [], AWAY: []})
    secondary.key, secondary.secret = primary.key, primary.secret
    path = platform.dir / "latchkey.yaml"
    config = json.loads(path.read_text())
    config["dns"].update({"forwarder": primary.place, "port": port, "update": [
        {"zone": ZONE, "servers": ["192.0.2.17@9", primary.place], "tsig_key": "long",
         "tsig_algorithm": "hmac-sha512", "tsig_file": "tsig", "wait_s": 6},
        {"zone": AWAY, "servers": [secondary.place], "tsig_key": "long", "tsig_algorithm": "hmac-sha512",
         "tsig_file": "tsig", "wait_s": 1}]})
    config["sandbox_ca"]["resolver"] = primary.place
    path.write_text(json.dumps(config))
    (platform.dir / "tsig").write_text(primary.secret + "\n")
    (platform.dir / "tsig").chmod(0o400)
    platform.trap = Trap(platform)
    with primary, secondary, platform:
        platform.partner = platform.tenant()
        yield platform, primary, secondary


def placed(platform, name, zone=ZONE):
    """A wildcard that is ordered; and where its values are put."""
    domain = platform.domain(platform.partner, name)
    told, = platform.partner.get(f"/v1/domains/{domain['id']}")["delegations"]
    owner = told["value"].removesuffix(ZONE) + zone
    platform.zone(name[2:], [*platform.right_records(), f"_acme-challenge 1 IN CNAME {owner}."])
    platform.order(platform.partner, domain)
    return domain, owner


def error(platform, domain):
    return (platform.status(platform.partner, domain)["issuance"]["error"] or {}).get("text") or ""


def next_try(platform, domain):
    return platform.status(platform.partner, domain)["issuance"]["next_try_at"]


def asked(platform, base):
    """How often the CA has begun to look."""
    return sum(Journal(platform).count("challenge.started", name) for name in (base, f"*.{base}"))


@pytest.mark.req("R42", "A18")
def test_the_secondary_is_waited_for(servers):
    """The state says for whom and until when; the CA is asked when all have the value."""
    platform, primary, secondary = servers
    domain, owner = placed(platform, "*.waits.example")
    wait_for(lambda: "name servers" in error(platform, domain))
    assert re.fullmatch(rf"1 of 2 name servers of {ZONE} have the validation record; waits for "
                        rf"{secondary.place} until 2\d\d\d-\S+Z", error(platform, domain))
    issuance = platform.status(platform.partner, domain)["issuance"]
    assert issuance["state"] == "publishing" and issuance["next_try_at"]
    assert asked(platform, "waits.example") == 0
    for value in wait_for(lambda: len(primary.values(owner)) == 2 and primary.values(owner)):
        secondary.update("add", owner, value)
    platform.wait_live(platform.partner, domain)
    assert asked(platform, "waits.example") == 2
    wait_for(lambda: primary.values(owner) == [])


@pytest.mark.req("R42")
def test_a_secondary_that_never_has_it(servers):
    """When its time is over the CA is asked all the same."""
    platform, primary, _ = servers
    domain, owner = placed(platform, "*.never.example")
    wait_for(lambda: "1 of 2 name servers" in error(platform, domain))
    platform.wait_live(platform.partner, domain)
    wait_for(lambda: primary.values(owner) == [])


@pytest.mark.req("R42")
def test_what_is_left_goes_when_the_server_lets_it(servers):
    """A certificate does not wait for the tidying, which goes on until it is done."""
    platform, primary, secondary = servers
    domain, owner = placed(platform, "*.tidy.example")
    left = wait_for(lambda: len(primary.values(owner)) == 2 and primary.values(owner))
    with primary.closed_to("long"):
        for value in left:
            secondary.update("add", owner, value)
        platform.wait_live(platform.partner, domain)
        wait_for(lambda: "value.not_removed" in platform.log("worker"))
        assert primary.values(owner) == left
    wait_for(lambda: primary.values(owner) == [])


@pytest.mark.req("R42", "R50")
def test_the_operator_is_told(servers):
    """A key without rights: the order waits and says that the operator was told, who alone is told
    of servers and keys, and once; it goes on by itself."""
    platform, primary, _ = servers
    before = len(platform_events(platform, "dns.update_failed"))
    with primary.closed_to("long"):
        domain, owner = placed(platform, "*.refused.example")
        said = (f"name server {primary.place} did not change zone {ZONE} with key long: REFUSED: it "
                "does not let the key change TXT records there; the operator has to allow it at the "
                "server")
        wait_for(lambda: error(platform, domain) == not_put(ZONE))
        tried = next_try(platform, domain)
        wait_for(lambda: next_try(platform, domain) != tried)
        event, = platform_events(platform, "dns.update_failed")[before:]  # not by each try
        assert event["text"] == said and event["subject_id"] == ZONE
        assert primary.place not in json.dumps(platform.partner.get("/v1/events?limit=200"))
        assert asked(platform, "refused.example") == 0
    platform.wait_live(platform.partner, domain)
    wait_for(lambda: primary.values(owner) == [])
    for log in platform.dir.glob("log/*.log"):
        assert primary.secret not in log.read_text(errors="replace"), log


@pytest.mark.skipif(not has_points(), reason="built without crash points")
@pytest.mark.req("R42", "A9")
def test_what_is_being_taken_out_is_waited_for(servers):
    """The name servers have it not in time, so the order begins again; the CA asks for the same values, one of
    which is just on its way out: it is put there again only then."""
    platform, primary, secondary = servers
    platform.trap.hold("worker.drop-value.before")
    domain, owner = placed(platform, "*.same.example", AWAY)
    platform.trap.wait_hit("worker.drop-value.before")
    first = secondary.values(owner)
    assert len(first) == 2
    wait_for(lambda: error(platform, domain) == "the same validation record is still being taken out, and is put "
             "there again then")
    rows = store(platform, "SELECT state FROM dns_value WHERE owner = ? ORDER BY state", owner)
    assert rows == [("removing",), ("wanted",)], rows
    assert asked(platform, "same.example") == 0
    for value in first:
        assert primary.update("add", owner, value, zone=AWAY) == "done"
    platform.trap.let_go()
    platform.wait_live(platform.partner, domain)
    wait_for(lambda: secondary.values(owner) == [])
    assert Journal(platform).count("certificate.issued", "*.same.example") == 1
