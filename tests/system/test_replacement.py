# SPDX-License-Identifier: Apache-2.0
"""A certificate is followed by another one: because its CA says so, by hand, after a compromise."""
import os
import signal
import ssl
import time

import pytest
from platform_kit import wait_for
from renewal_kit import (DAY, HOUR, Moved, Visitors, at, ca_command, ca_rows, certificate,
                         events, number, serials, store_rows, wait_replaced, wait_schedule)


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
    assert revokers(days, old) == [True], "by the account: a key that signs is a key that is known"
    assert serials(days, "typed.example") == {number(new)}
    _, _, elsewhere = days.ordered(partner, "elsewhere.example")
    refused = days.run("revoke", "typed.example", "--reason", "superseded", "--certificate",
                       elsewhere["certificate"]["id"], api=partner)
    assert refused.returncode == 1 and "is not a certificate of typed.example" in refused.stderr
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


def reissue_held(platform, api, status):
    """Begins a reissue and stops the agent of edge-2 before the new certificate is published, which so
    comes as far as staging. Returns the agent's pid."""
    domain, point = status["domain"], "worker.deploy.before"
    platform.trap.hold(point)
    api.call("POST", f"/v1/subscriptions/{status['subscription']['id']}/reissue", {}, want=202)
    platform.trap.wait_hit(point)
    pid = platform.kill("edge-2-agent", signal.SIGSTOP)
    platform.trap.let_go()
    wait_for(lambda: platform.status(api, domain)["issuance"]["state"] == "staging")
    return pid


@pytest.mark.req("R23", "A11")
def test_an_edge_down_and_back(days):
    """While it cannot show the new certificate, no visitor of any edge gets it."""
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "edge.example")
    old = before["certificate"]
    with Visitors(days, "edge.example"):
        agent = reissue_held(days, partner, before)
        try:
            time.sleep(3)
            assert days.status(partner, domain)["issuance"]["state"] == "staging"
            assert serials(days, "edge.example") == {number(old)}, "nobody gets what one cannot show"
        finally:
            os.kill(agent, signal.SIGCONT)
        new = wait_replaced(days, partner, domain, old)["certificate"]
    assert serials(days, "edge.example") == {number(new)}


# --- revocation ---

def revokers(days, old):
    """Of each revocation of it, whether an account asked for it."""
    rows = ca_rows(days, "SELECT account_id FROM journal WHERE kind = 'certificate.revoked'"
                         " AND lower(subject) = ?", old["serial"])
    return [account is not None for account, in rows]


@pytest.mark.req("R21", "R23")
def test_revocation_by_an_account_that_the_ca_has_lost(days):
    """It is registered again; that the CA does not let the new one revoke what the old one had ordered
    is said, and asked for again until it has expired."""
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "forgotten.example")
    old_url = store_rows(days, "SELECT url FROM ca_account")
    ca_command(days, "lose-accounts")
    partner.call("POST", f"/v1/certificates/{before['certificate']['id']}/revoke",
                 {"reason": "cessation_of_operation", "leave_unsecured": True}, want=202)
    wait_for(lambda: "certificate.revocation.failed" in events(partner, domain))
    assert store_rows(days, "SELECT url FROM ca_account") != old_url
    error, = store_rows(days, "SELECT last_error FROM job WHERE kind = 'revoke' AND subject_id = ?",
                        before["certificate"]["id"])[0]
    assert "requester does not control all identifiers" in error


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
    assert revokers(days, old) == [False], "by the certificate's key"
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


# --- ended half way ---

@pytest.mark.req("R21")
def test_left_unsecured_while_its_new_certificate_is_staged(days):
    """Who wants the domain without a certificate does not get the one that is on its way."""
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "bare.example")
    agent = reissue_held(days, partner, before)
    try:
        partner.call("POST", f"/v1/certificates/{before['certificate']['id']}/revoke",
                     {"reason": "cessation_of_operation", "leave_unsecured": True}, want=202)
    finally:
        os.kill(agent, signal.SIGCONT)
    wait_for(lambda: certificate(partner, before["certificate"])["revocation"]["revoked_at"])
    wait_for(lambda: not store_rows(days, "SELECT 1 FROM job WHERE kind = 'release' AND subject_id = ?",
                                    domain["id"]), 60)
    status = days.status(partner, domain)
    assert (status["issuance"]["state"], status["badge"]["code"]) == ("failed", "not_secured")
    rows = store_rows(days, "SELECT state, sealed_key = x'' FROM certificate WHERE domain_id = ?"
                      " ORDER BY id", domain["id"])
    assert [state for state, _ in rows] == ["revoked", "revoked"] and rows[1][1], rows


@pytest.mark.req("R23", "R42")
def test_domain_given_back_while_its_new_certificate_is_staged(days):
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "half.example")
    agent = reissue_held(days, partner, before)
    try:
        partner.call("DELETE", f"/v1/domains/{domain['id']}?cancel_subscription=true", want=200)
    finally:
        os.kill(agent, signal.SIGCONT)
    wait_for(lambda: not store_rows(days, "SELECT 1 FROM job WHERE subject_id = ?", domain["id"]), 60)
    rows = store_rows(days, "SELECT state, sealed_key FROM certificate WHERE domain_id = ?", domain["id"])
    assert len(rows) == 2 and all(key == b"" for _, key in rows), rows
    assert {state for state, _ in rows} == {"revoked"}
    days.jump(7 * HOUR)  # when its CA would have been asked again
    wait_for(lambda: not store_rows(
        days, "SELECT 1 FROM job WHERE kind = 'renew' AND subject_id = ?", before["certificate"]["id"]))


# --- a leap of the clock ---

@pytest.mark.req("R9", "A11")
def test_the_clock_leaps_by_90_days(days):
    """Everything has expired unseen; it is all made anew by itself, and once."""
    partner = days.tenant()
    _, domain, before = days.ordered(partner, "leap.example")
    old = before["certificate"]
    days.jump(90 * DAY + 1)
    after = wait_replaced(days, partner, domain, old, 120)
    assert certificate(partner, old)["state"] == "expired"
    with Visitors(days, "www.leap.example"):
        time.sleep(2)
    assert serials(days, "leap.example") == {number(after["certificate"])}
    issued = ca_rows(days, "SELECT count(*) FROM certificate WHERE names LIKE '%www.leap.example%'")
    assert issued == [(2,)], issued
