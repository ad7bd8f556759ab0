# SPDX-License-Identifier: Apache-2.0
"""Several certificate authorities: each order has its own, renewals stay where they were issued, and what
is wrong with one of them is told to the operator once."""
import contextlib
import json
import sqlite3

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from admission_kit import store
from platform_kit import Platform, wait_for
from renewal_kit import Moved, at, ca_command

END = "-----END CERTIFICATE-----\n"


def rewrite(platform, change):
    """The configuration, changed; of a platform that does not run."""
    path = platform.dir / "latchkey.yaml"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))


def another(config, name, **more):
    """One more CA: the same server under another id, with an account of its own."""
    return {**config["ca"][0], "id": name, "name": f"CA {name}", "is_default": False, **more}


def ca_of(platform, name):
    return next(c for c in platform.operator.get("/v1/cas")["items"] if c["id"] == name)


def told(platform, kind):
    return [e["text"] for e in platform.operator.get("/v1/events?limit=200")["items"]
            if e["kind"] == kind]


def certificates_of(pem):
    return [x509.load_pem_x509_certificate(part.encode() + END.encode())
            for part in pem.decode().split(END)[:-1]]


def chain_root(platform, domain):
    """Whose name the last certificate of the stored chain has as its issuer."""
    pem, = store(platform, "SELECT chain FROM certificate WHERE domain_id = ?", domain["id"])[0]
    last = certificates_of(bytes(pem))[-1]
    return last.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value


def last_proof(platform, certificate):
    return store(platform, "SELECT MAX(p.at) FROM edge_proof p JOIN certificate c ON c.issuance_id = p.issuance_id"
                 " WHERE c.id = ?", certificate["id"])[0][0]


def make_due(platform):
    """As if a day had passed since certificates were seen on the wire last; of a platform that does not run."""
    with contextlib.closing(sqlite3.connect(platform.dir / "latchkey.db")) as db, db:
        db.execute("UPDATE certificate SET sample_at = 1")


def place(platform, partner, name, **more):
    platform.zone(name, platform.right_records())
    domain = platform.domain(partner, name)
    platform.order(partner, domain, **more)
    return domain


@pytest.mark.req("R22")
def test_chains_and_profiles():
    platform = Platform()
    rewrite(platform, lambda config: config["ca"].append(another(config, "gold", profile="gold")))
    with platform:
        roots = certificates_of((platform.dir / "ca/roots.pem").read_bytes())
        names = {r.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value for r in roots}
        partner = platform.tenant()
        first = place(platform, partner, "first.example")
        platform.wait_live(partner, first)
        usual = chain_root(platform, first)
        other, = names - {usual}
        # a profile that it does not have
        for i in range(2):
            platform.wait_live(partner, place(platform, partner, f"gold{i}.example", ca="gold"))
        notice, = ca_of(platform, "gold")["notices"]
        assert notice["code"] == "profile" and "does not offer the profile gold" in notice["text"]
        assert "classic" in notice["text"], "what it offers"
        assert len(told(platform, "ca.profile")) == 1
        assert ca_of(platform, "sandbox")["notices"] == []
        # chains
        platform.stop()
        rewrite(platform, lambda config: config["ca"].extend(
            [another(config, "other-root", preferred_chain=other),
             another(config, "no-root", preferred_chain="Nobody's Root")]))
        platform.start()
        domains = [place(platform, partner, f"chain{i}.example", ca=ca)
                   for i, ca in enumerate(("other-root", "no-root", "no-root"))]
        for domain in domains:
            platform.wait_live(partner, domain)
        assert [chain_root(platform, d) for d in domains] == [other, usual, usual]
        notice, = ca_of(platform, "no-root")["notices"]
        assert notice["code"] == "chain"
        assert f'offers no chain to "Nobody\'s Root"' in notice["text"] and usual in notice["text"]
        assert len(told(platform, "ca.chain")) == 1
        assert ca_of(platform, "other-root")["notices"] == []


@pytest.mark.req("R21", "R22")
def test_renewed_where_it_was_issued_and_a_ca_that_is_gone():
    platform = Moved("minutes")
    rewrite(platform, lambda config: config["ca"].append(another(config, "other")))
    with platform:
        partner = platform.tenant()
        domain = place(platform, partner, "stays.example", ca="other")
        old = platform.wait_live(partner, domain)["certificate"]
        waiting = platform.domain(partner, "no-dns.example")
        platform.order(partner, waiting, ca="other")
        # the other way round: a row's place is not its name
        platform.stop()
        rewrite(platform, lambda config: config["ca"].reverse())
        platform.start()
        ca_command(platform, "renew-now", "all")
        platform.jump(300)

        def renewed():
            status = platform.status(partner, domain)
            return status if status["certificate"]["id"] != old["id"] else None
        second = wait_for(renewed, 60)["certificate"]
        rows = store(platform, "SELECT ca FROM certificate WHERE domain_id = ? ORDER BY created_at",
                     domain["id"])
        assert rows == [("other",), ("other",)]
        # gone
        platform.stop()
        rewrite(platform, lambda config: config["ca"].remove(
            next(c for c in config["ca"] if c["id"] == "other")))
        make_due(platform)
        restarted = 1000 * platform.now()
        platform.start()
        gone = ca_of(platform, "other")
        assert not gone["configured"] and gone["live_certificates"] == 1
        named, = gone["certificates"]
        assert "stays.example" in named["names"] and named["id"] == second["id"]
        notice, = gone["notices"]
        assert notice["code"] == "gone" and "stays.example" in notice["text"]
        assert "is renewed by Sandbox CA when its time has come, the first at " in notice["text"]
        assert len(told(platform, "ca.gone")) == 1

        def waits():
            error = platform.status(partner, waiting)["issuance"]["error"]
            return error and error["code"] == "ca_gone" and error
        assert "the operator must configure it again" in wait_for(waits)["text"]
        wait_for(lambda: last_proof(platform, second) > restarted)  # it is still seen on the wire
        platform.jump(at(named["renew_at"]) - platform.now() + 1)
        wait_for(lambda: platform.status(partner, domain)["certificate"]["id"] != second["id"], 60)
        rows = store(platform, "SELECT ca FROM certificate WHERE domain_id = ? ORDER BY created_at",
                     domain["id"])
        assert rows[-1] == ("sandbox",)
        texts = [e["text"] for e in partner.get(f"/v1/events?domain_id={domain['id']}&limit=200")["items"]]
        assert any('"other", which it came from, is not configured any more' in t for t in texts)
        # configured again: nothing is left to tell, and the order goes on
        platform.stop()
        rewrite(platform, lambda config: config["ca"].append(another(config, "other")))
        platform.start()
        assert ca_of(platform, "other")["notices"] == []
        platform.zone("no-dns.example", platform.right_records())
        platform.jump(601)
        platform.wait_live(partner, waiting, 60)
