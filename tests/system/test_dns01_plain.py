# SPDX-License-Identifier: Apache-2.0
"""A CA whose `challenge` is dns-01: names without a star are proven in DNS, too, each by a CNAME of its own."""
import pytest
from crash_kit import Journal
from platform_kit import DELEGATION_ZONE, wait_for
from renewal_kit import Moved, ca_rows, number, serials, wait_replaced, wait_schedule
from test_several_cas import another, rewrite


@pytest.fixture(scope="module")
def platform():
    started = Moved("minutes")
    rewrite(started, lambda config: config["ca"].append(another(config, "dns", challenge="dns-01")))
    with started:
        yield started


def proven_by(platform, name):
    """The types of the challenges by which the CA has seen it proven."""
    return {row[0] for row in ca_rows(
        platform, "SELECT c.type FROM challenge c JOIN acme_authorization a ON a.id = c.authorization_id"
        " WHERE c.status = 'valid' AND a.name = ?", name)}


@pytest.mark.req("R12", "R22", "R34", "R42", "A18")
def test_plain_names(platform):
    partner = platform.tenant()
    domain = platform.domain(partner, "plain.example")
    told = {d["name"]: d["value"] for d in partner.get(f"/v1/domains/{domain['id']}")["delegations"]}
    assert sorted(told) == ["_acme-challenge.plain.example", "_acme-challenge.www.plain.example"]
    assert len(set(told.values())) == 2 and all(v.endswith("." + DELEGATION_ZONE) for v in told.values())
    platform.zone("plain.example", platform.right_records())
    platform.order(partner, domain, ca="dns")

    def finding(name):
        return next((n["finding"] for n in platform.status(partner, domain)["names"] if n["name"] == name), None)

    records = platform.right_records()
    for name in ("plain.example", "www.plain.example"):  # one after the other
        found = wait_for(lambda: (f := finding(name)) and f["code"] == "challenge_missing" and f)
        action, = found["actions"]
        assert (action["op"], action["type"], action["fqdn"].rstrip(".")) == ("add", "CNAME", f"_acme-challenge.{name}")
        assert action["value"] == told[f"_acme-challenge.{name}"]
        assert Journal(platform).count("order.created", "plain.example") == 0
        records.append(f"{action['fqdn'].rstrip('.')}. 1 IN CNAME {action['value']}.")
        platform.zone("plain.example", records)
    live = platform.wait_live(partner, domain)
    assert sorted(live["certificate"]["names"]) == ["plain.example", "www.plain.example"]
    for name in live["certificate"]["names"]:
        assert proven_by(platform, name) == {"dns-01"}, name
        assert serials(platform, name) == {number(live["certificate"])}
    for value in told.values():  # nothing is left behind
        wait_for(lambda: platform.dig(value, "TXT") == "")

    status = wait_schedule(platform, partner, domain)
    platform.jump_to(status["renewal"]["at"])
    new = wait_replaced(platform, partner, domain, live["certificate"])["certificate"]
    assert serials(platform, "www.plain.example") == {number(new)}
    for name in live["certificate"]["names"]:
        assert proven_by(platform, name) == {"dns-01"}, name


@pytest.mark.req("R22", "R42")
def test_a_name_below_a_star(platform):
    """The base of a wildcard and the wildcard share the CNAME; the default CA goes on by http-01."""
    partner = platform.tenant("Second", "Second")
    star = platform.domain(partner, "*.stars.example")
    platform.delegate(partner, star)
    platform.order(partner, star, ca="dns")
    platform.wait_live(partner, star)
    assert proven_by(platform, "stars.example") == {"dns-01"}
    _, _, usual = platform.ordered(partner, "usual.example")
    assert proven_by(platform, "usual.example") == {"http-01"}, usual
