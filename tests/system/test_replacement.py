# SPDX-License-Identifier: Apache-2.0
"""A certificate is followed by another one: because its CA says so, by hand, after a compromise."""
import os
import signal
import ssl
import time

import pytest
from platform_kit import wait_for
from renewal_kit import (DAY, HOUR, Moved, Visitors, at, ca_command, ca_rows, certificate,
                         events, number, serials, wait_replaced, wait_schedule)


@pytest.fixture(scope="module")
def days():
    with Moved() as p:
        yield p


def test_commands(days):
    """latchkey reissue --wait, latchkey revoke, and what latchkey status says of them."""
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "typed.example")
    old = before["certificate"]
    done = days.run("reissue", "typed.example", "--wait", "--timeout", "60", api=partner)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "was ordered" not in done.stdout, "what has happened before is not told again"
    assert "visitors get it from now on" in done.stdout and "renewal" in done.stdout
    new = days.status(partner, domain)["certificate"]
    assert new["id"] != old["id"]
    assert days.run("reissue", "nobody.example", api=partner).returncode == 1
    assert days.run("revoke", "typed.example", api=partner).returncode == 64, "a reason is needed"
    done = days.run("revoke", "typed.example", "--reason", "superseded", "--certificate", old["id"],
                    api=partner)
    assert done.returncode == 0 and "is being revoked" in done.stdout, done.stderr
    wait_for(lambda: certificate(partner, old)["revocation"]["revoked_at"])
    assert serials(days, "typed.example") == {number(new)}
    refused = days.run("revoke", "typed.example", "--reason", "cessation_of_operation", api=partner)
    assert refused.returncode == 1 and "nothing would secure typed.example" in refused.stderr
    done = days.run("revoke", "typed.example", "--reason", "key_compromise", "--json", api=partner)
    assert done.returncode == 0 and '"key_compromise"' in done.stdout
    after = wait_replaced(days, partner, domain, new)
    wait_for(lambda: certificate(partner, new)["revocation"]["revoked_at"])
    assert after["certificate"]["state"] == "live"


@pytest.mark.req("R23", "A11")
def test_the_ca_says_now(days):
    """Its window moves into the past: renewed at the next question, long before two thirds."""
    partner = days.tenant()
    _, domain, _ = days.ordered(partner, "now.example")
    status = wait_schedule(days, partner, domain)
    old, drawn = status["certificate"], status["renewal"]["at"]
    assert at(drawn) - days.now() > 50 * DAY
    days.jump(2 * HOUR)
    ca_command(days, "renew-now", old["serial"])
    time.sleep(1.5)
    assert days.status(partner, domain)["renewal"]["at"] == drawn, "drawn once, and kept"
    with Visitors(days, "now.example"):
        days.jump(5 * HOUR)
        status = wait_replaced(days, partner, domain, old)
    assert number(status["certificate"]) in serials(days, "now.example")
    told = [e["text"] for e in partner.get(f"/v1/events?limit=200&domain_id={domain['id']}")["items"]
            if e["kind"] == "certificate.renewal.scheduled"]
    assert any("see http" in text for text in told), told


@pytest.mark.req("R21", "R23", "R47")
def test_reissue_by_hand(days):
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "reissue.example")
    subscription, old = before["subscription"], before["certificate"]
    path = f"/v1/subscriptions/{subscription['id']}/reissue"
    with Visitors(days, "www.reissue.example"):
        first = partner.call("POST", path, {}, want=202, headers={"Idempotency-Key": "one"})
        assert first.json()["reason"] == "reissue"
        again = partner.call("POST", path, {}, want=202, headers={"Idempotency-Key": "one"})
        assert again.json()["id"] == first.json()["id"]
        after = wait_replaced(days, partner, domain, old)
    new = after["certificate"]
    assert new["key_fingerprint"] != old["key_fingerprint"], "a new key each time"
    assert serials(days, "www.reissue.example") == {number(new)}
    assert certificate(partner, old)["state"] == "superseded"
    kinds = events(partner, domain)
    assert kinds.index("issuance.staged") < len(kinds) - 1 - kinds[::-1].index("issuance.deployed")
    partner.call("POST", path, {}, want=202)
    assert partner.call("POST", path, {}).status_code in (409, 429), "one at a time"
    wait_replaced(days, partner, domain, new)
    refused = partner.call("POST", path, {}, want=429).json()
    assert "2 reissues a week" in refused["detail"] and int(at(refused["retry_at"]) - days.now()) in \
        range(7 * DAY - 120, 7 * DAY)
    days.jump(7 * DAY - 121)
    partner.call("POST", path, {}, want=429)
    days.jump(180)
    partner.call("POST", path, {}, want=202)


@pytest.mark.req("R23", "A11")
def test_an_edge_down_and_back(days):
    """It gets the new certificate when it is back; the others are not held up for ever, and no
    visitor of it meets anything but a valid certificate."""
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "edge.example")
    old = before["certificate"]
    with Visitors(days, "edge.example"):
        agent = days.kill("edge-2-agent", signal.SIGSTOP)
        try:
            partner.call("POST", f"/v1/subscriptions/{before['subscription']['id']}/reissue", {},
                         want=202)
            time.sleep(3)
            assert serials(days, "edge.example") == {number(old)}, "nobody gets what one cannot show"
        finally:
            os.kill(agent, signal.SIGCONT)
        new = wait_replaced(days, partner, domain, old)["certificate"]
    assert serials(days, "edge.example") == {number(new)}


# --- revocation ---

@pytest.mark.req("R21", "A11")
def test_compromise(days):
    """Another certificate first, with another key; then the CA revokes the old one."""
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "stolen.example")
    old = before["certificate"]
    path = f"/v1/certificates/{old['id']}/revoke"
    partner.call("POST", path, {"reason": "boredom"}, want=422)
    with Visitors(days, "stolen.example"):
        asked = partner.call("POST", path, {"reason": "key_compromise"}, want=202).json()
        assert asked["revocation"] == {"reason": "key_compromise", "revoked_at": None}
        assert asked["state"] == "live", "until another one is"
        new = wait_replaced(days, partner, domain, old)["certificate"]
        done = wait_for(lambda: (c := certificate(partner, old))["revocation"]["revoked_at"] and c)
    assert done["state"] == "revoked" and new["key_fingerprint"] != old["key_fingerprint"]
    assert partner.call("POST", path, {"reason": "key_compromise"}, want=200).json()["state"] == "revoked"
    serial = old["serial"]
    rows = ca_rows(days, "SELECT revocation_reason, revoked_at FROM certificate WHERE lower(serial) = ?",
                   serial)
    assert [row[0] for row in rows] == [1], "keyCompromise, once"
    issued = ca_rows(days, "SELECT created_at FROM certificate WHERE lower(serial) = ?", new["serial"])
    assert issued[0][0] < rows[0][1], "the new one was there before"
    kinds = events(partner, domain)
    live = len(kinds) - 1 - kinds[::-1].index("issuance.proven")
    assert kinds.index("certificate.revocation.started") < live < kinds.index("certificate.revoked")


@pytest.mark.req("R21")
def test_cessation_must_be_said(days):
    partner, other = days.tenant(), days.tenant("Other", "Other")
    site, domain, before = days.ordered(partner, "ceased.example")
    partner.patch(f"/v1/sites/{site['id']}", {"https": True})
    old = before["certificate"]
    path = f"/v1/certificates/{old['id']}/revoke"
    reason = {"reason": "cessation_of_operation"}
    refused = partner.call("POST", path, reason, want=409).json()
    assert refused["field"] == "leave_unsecured" and "nothing would secure ceased.example" in refused["detail"]
    other.call("POST", path, {**reason, "leave_unsecured": True}, want=404)
    assert serials(days, "ceased.example") == {number(old)}
    partner.call("POST", path, {**reason, "leave_unsecured": True}, want=202)
    wait_for(lambda: certificate(partner, old)["revocation"]["revoked_at"])
    status = days.status(partner, domain)
    assert status["badge"]["code"] == "not_secured" and status["renewal"]["state"] == "none"

    def is_off(address):
        try:
            days.tls(address, "ceased.example").close()
        except ssl.SSLError:
            return days.http(address, "ceased.example")[0] == 200
        return False
    wait_for(lambda: all(is_off(a) for a in days.addresses()))
