# SPDX-License-Identifier: Apache-2.0
"""The ACME library against Debian's Caddy as an ACME server: code of other people (smallstep's) than
Pebble's. It has neither renewal information, profiles, external account binding nor alternate chains."""
import pytest

from acme_kit import probe
from caddy_kit import Caddy
from platform_kit import Platform


@pytest.fixture
def caddy(tmp_path_factory):
    server = Caddy(tmp_path_factory.mktemp("caddy"))
    server.start()
    yield server
    server.stop()


@pytest.mark.req("R22")
def test_names_proved_by_http(caddy):
    assert probe(caddy, "issue", "http", count=4, threads=2, names=2)["issued"] == 4


@pytest.mark.req("R22")
def test_names_proved_by_dns(caddy):
    assert probe(caddy, "issue", "dns", dns=caddy.challtestsrv, count=2, names=2)["issued"] == 2


@pytest.mark.req("R21", "R22")
def test_revocation(caddy):
    report = probe(caddy, "revoke", "ended")
    assert report["again"] == "" and report["by_key"] == "", report
    assert report["key_change"].startswith("CA "), report  # its server has none (501), and that is said


def test_what_it_does_not_have_is_said(caddy):
    assert probe(caddy, "renew", "again", code=1)["error"] == "the CA has no renewalInfo"


@pytest.mark.req("R22")
@pytest.mark.parametrize("challenge", ["http-01", "tls-alpn-01"])
def test_the_platform_with_it(tmp_path, challenge):
    """By the edges, which its certificates are seen at then."""
    platform = Platform()
    caddy = Caddy(tmp_path / "caddy", platform.addresses()[0])
    caddy.start()
    platform.configure({"ca": [{**caddy.as_ca(), "challenge": challenge}]})
    try:
        with platform:
            partner = platform.tenant()
            platform.zone("served.example", platform.right_records())
            domain = platform.domain(partner, "served.example")
            platform.order(partner, domain, ca="caddy")
            status = platform.wait_live(partner, domain, 60)
            assert {n["name"] for n in status["names"] if n["secured"]} == {"served.example",
                                                                          "www.served.example"}
    finally:
        caddy.stop()
