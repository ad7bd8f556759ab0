# SPDX-License-Identifier: Apache-2.0
"""The whole platform with Pebble, an independent CA, that refuses half of all nonces; and what the
badge says about whose root a chain leads to."""
import pathlib
import shutil
import ssl
import tempfile

import pytest
from cryptography import x509
from acme_kit import MAC_KEY
from pebble_kit import VERSIONS, Pebble
from platform_kit import LATCHKEY, Platform, free_port

ORDERS = 10  # at once; Pebble deadlocks above 16 requests in flight


def pebble_platform(folder, is_trusted):
    """A platform whose second CA is Debian's Pebble; its root is trusted by visitors. Or the newest
    there is, which wants an external account binding; its root is only configured."""
    root, key = folder / "pebble-root.pem", folder / "eab.key"
    platform = Platform()
    config = {} if is_trusted else {"externalAccountBindingRequired": True,
                                    "externalAccountMACKeys": {"kid-1": MAC_KEY}}
    pebble = Pebble(folder, platform.http_port, dns=f"127.0.0.1:{platform.dns_port}",
                    version="debian" if is_trusted else list(VERSIONS)[-1], config=config,
                    tls_port=free_port(), nonce_reject=50, PEBBLE_AUTHZREUSE="0")
    pebble.start()
    key.write_text(MAC_KEY)
    key.chmod(0o400)
    platform.configure({
        "ca": [{**pebble.as_ca(root),
                **({} if is_trusted else {"eab_kid": "kid-1", "eab_key_file": str(key)})}],
        "worker": {"threads": 4},
        **({"tls": {"trust_store": str(root)}} if is_trusted else {})})
    return platform, pebble


@pytest.fixture()
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="latchkey-pebble-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def check_wire(platform, root, name, status):
    """Every address shows the certificate, with a chain to Pebble's root and no other."""
    trusting = ssl.create_default_context(cafile=str(root))
    for address in platform.addresses():
        with platform.tls(address, "www." + name, trusting) as s:
            leaf = x509.load_der_x509_certificate(s.getpeercert(True))
        assert f"{leaf.serial_number:x}" == status["certificate"]["serial"].lstrip("0")


@pytest.mark.req("R3", "R22", "A1")
@pytest.mark.parametrize("is_trusted,badge", [(True, "secured"), (False, "action_needed")])
def test_order_through_pebble(folder, is_trusted, badge):
    platform, pebble = pebble_platform(folder, is_trusted)
    try:
        with platform:
            assert platform.summary["test"] is True, "the sandbox's is never more than a test"
            partner = platform.tenant()
            domains = []
            for i in range(ORDERS if is_trusted else 1):
                name = f"p{i}.example"
                platform.zone(name, platform.right_records())
                domains.append(platform.domain(partner, name))
            for domain in domains:
                platform.order(partner, domain, ca="pebble")
            for domain in domains:
                status = platform.wait_live(partner, domain, 120)
                assert status["badge"]["code"] == badge
                assert status["badge"]["who_acts"] == ("nobody" if is_trusted else "operator")
                check_wire(platform, folder / "pebble-root.pem", domain["name"], status)
            requests = pebble.requests()
            print(requests)
            assert requests["newAccount"] >= 1 and requests["certificate"] >= len(domains)
            assert requests["newNonce"] <= len(domains), "nonces are reused"
    finally:
        pebble.stop()


@pytest.mark.req("R22")
def test_order_by_tls_alpn_01(folder):
    """Port 80 is closed to the CA: port 443 is enough."""
    root = folder / "pebble-root.pem"
    platform = Platform()
    pebble = Pebble(folder, free_port(), dns=f"127.0.0.1:{platform.dns_port}",
                    tls_port=platform.https_port)
    pebble.start()
    platform.configure({"ca": [{**pebble.as_ca(root), "challenge": "tls-alpn-01"}]})
    try:
        with platform:
            partner = platform.tenant()
            platform.zone("alpn.example", platform.right_records())
            domain = platform.domain(partner, "alpn.example")
            platform.order(partner, domain, ca="pebble")
            check_wire(platform, root, "alpn.example", platform.wait_live(partner, domain, 60))
    finally:
        pebble.stop()


@pytest.mark.req("R45")
def test_sandbox_root_in_the_trust_store_is_refused(folder):
    with Platform() as platform:
        platform.stop()
        platform.configure({"tls": {"trust_store": str(platform.roots)}})
        checked = platform.run("config", "check", "--config", platform.dir / "latchkey.yaml")
        assert checked.returncode == 1
        assert "tls.trust_store" in checked.stdout + checked.stderr
    assert LATCHKEY.exists()
