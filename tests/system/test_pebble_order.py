# SPDX-License-Identifier: Apache-2.0
"""The main job with a second, independent CA: Debian's pebble beside the sandbox CA."""
import pathlib
import ssl

import pytest
from cryptography import x509

from pebble_kit import Pebble
from platform_kit import Platform

SYSTEM_ROOTS = pathlib.Path("/etc/ssl/certs/ca-certificates.crt")
NAMES = 10


@pytest.fixture(scope="module")
def platform():
    """One that may order from pebble, which refuses half of all nonces. Pebble's root is one that
    visitors trust."""
    p = Platform()
    pebble = Pebble(p.dir / "pebble", p.http_port, dns=f"127.0.0.1:{p.dns_port}",
                    tls_port=p.https_port, nonce_reject=50)
    try:
        pebble.start()
        root = p.dir / "pebble" / "root.pem"
        root.write_text(pebble.root())
        trust = p.dir / "pebble" / "trust.pem"
        trust.write_text(SYSTEM_ROOTS.read_text() + root.read_text())
        p.configure({"ca": [{"id": "pebble", "name": "Pebble", "kind": "private",
                             "directory": pebble.directory, "tls_ca_file": str(pebble.ca_file),
                             "roots": [str(root)]}],
                     "tls": {"trust_store": str(trust)}})
        p.pebble, p.pebble_root = pebble, root
        with p:
            yield p
    finally:
        pebble.stop()


@pytest.mark.req("R3", "R22", "A1")
def test_order_through_pebble(platform):
    partner = platform.tenant()
    domains = []
    for i in range(NAMES):
        name = f"pebble{i}.example"
        platform.zone(name, platform.right_records())
        domain = platform.domain(partner, name)
        order = platform.order(partner, domain, ca="pebble")
        assert order["ca"] == "pebble"
        domains.append(domain)
    trusting = ssl.create_default_context(cafile=str(platform.pebble_root))
    for domain in domains:
        status = platform.wait_live(partner, domain)
        assert status["badge"]["code"] == "secured"
        for address in platform.addresses():
            with platform.tls(address, "www." + domain["name"], trusting) as s:
                leaf = x509.load_der_x509_certificate(s.getpeercert(True))
            assert f"{leaf.serial_number:x}" == status["certificate"]["serial"].lstrip("0")
    counts = platform.pebble.requests()
    print(counts)
    assert counts["newAccount"] >= 1 and counts["certificate"] >= NAMES
    assert counts["newNonce"] <= NAMES


@pytest.mark.req("R3")
def test_unknown_ca(platform):
    partner = platform.tenant("Other")
    platform.zone("nowhere.example", platform.right_records())
    domain = platform.domain(partner, "nowhere.example")
    problem = platform.order(partner, domain, want=422, ca="nobody")
    assert problem["field"] == "ca"
