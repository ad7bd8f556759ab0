# SPDX-License-Identifier: Apache-2.0
"""What the sandbox CA issues, profile by profile, as openssl, certtool and zlint read it: by the
Baseline Requirements and RFC 5280, and as Let's Encrypt's of the same profile."""
import datetime
import functools
import http.client
import json
import pathlib
import re
import subprocess
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca_client_kit import Client
from ca_fixtures import OWN, Knot, Responder, SandboxCa, leaf_of, serial_of, validity

pytestmark = pytest.mark.req("R45")

END = "-----END CERTIFICATE-----\n"
ZLINT = pathlib.Path(__file__).resolve().parents[2] / "build-go" / "zlint"
KEYS = {"P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "RSA-2048": lambda: rsa.generate_private_key(65537, 2048)}
LIFE_S = {"classic": 90 * 86400, "tlsserver": 45 * 86400, "shortlived": 160 * 3600, "hours": 7200,
          "minutes": 600}
# How long before its issuance it begins: Let's Encrypt's 58 min 30 s, but a hundredth at most.
BACKDATE_S = {profile: min(3510, life // 100) for profile, life in LIFE_S.items()}
NAMES = ["www.facts.example", "b.facts.example", "a.facts.example"]
CASES = [("classic", "P-256"), ("classic", "P-384"), ("classic", "RSA-2048"), ("tlsserver", "P-256"),
         ("tlsserver", "RSA-2048"), ("shortlived", "P-256"), ("hours", "P-256"),
         ("minutes", "RSA-2048")]

# What zlint finds that is meant to be so: of every certificate, and of one profile.
MEANT = {"e_dnsname_not_valid_tld",  # there is no TLD "example"
         "w_sub_cert_aia_contains_internal_names"}  # of nobody but localhost
MEANT_SLIM = {"w_ext_subject_key_identifier_missing_sub_cert"}  # RFC 5280 has it, the BRs had rather not
MEANT_CLASSIC = {"w_ext_subject_key_identifier_not_recommended_subscriber",
                 "w_subject_common_name_included"}
MEANT_OF_THE_ISSUER = {
    "e_ca_country_name_missing", "e_ca_organization_name_missing",
    "e_ext_nc_intersects_reserved_ip",  # 127.0.0.1 is its own
    "e_sub_ca_crl_distribution_points_missing", "w_sub_ca_aia_missing"}  # decision 0023


def run(*command, data=None):
    done = subprocess.run(list(map(str, command)), input=data, capture_output=True, timeout=30,
                          check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


class Issued:
    """A certificate and its chain as files, and when it was asked for."""

    def __init__(self, folder, ca, pem, instants):
        self.ca, self.root, self.instants, self.pem = ca, ca.root, instants, pem
        blocks = [block + END for block in pem.split(END) if block]
        self.leaf, self.issuer, self.chain = (folder / name for name in (
            "leaf.pem", "issuer.pem", "chain.pem"))
        self.leaf.write_text(blocks[0])
        self.issuer.write_text(blocks[1])
        self.chain.write_text(blocks[0] + blocks[1] + self.root.read_text())

    @functools.cached_property
    def text(self):
        code, text = run("openssl", "x509", "-in", self.leaf, "-noout", "-text")
        assert code == 0, text
        return text

    def extension(self, title):
        """What openssl says of it ("critical" in front, when it is), or None."""
        found = re.search(rf"^            {re.escape(title)}: ?(critical)?\n((?: {{16,}}.*\n)+)",
                          self.text, re.M)
        return found and " ".join(word for word in [found[1] or "", *found[2].split()] if word)


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """{(profile, kind of key): files}; the CSR has capitals, and another order than the order."""
    knot = Knot(tmp_path_factory.mktemp("dns") / "knot", ["*.facts.example. A 127.0.0.1"])
    ca = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", knot.port, profiles=OWN).start()
    responder, client = Responder(ca.http_port), Client(ca)
    client.register()
    responder.thumbprint = client.key.thumbprint
    made = {}
    for profile, kind in CASES:
        order = client.order(*reversed(NAMES), profile=profile)
        if order.json["status"] != "ready":
            order = client.validate(order)
        before = time.time()
        _, pem, _ = client.complete(order, [name.upper() for name in NAMES], KEYS[kind]())
        made[profile, kind] = Issued(tmp_path_factory.mktemp("issued"), ca, pem,
                                     (before, time.time()))
    yield made
    for one in (responder, ca, knot):
        one.stop()


@pytest.fixture(params=CASES, ids="-".join)
def one(request, issued):
    files = issued[request.param]
    files.profile, files.kind = request.param
    files.is_classic = files.profile == "classic"
    return files


def test_facts(one):
    """As openssl reads it."""
    text, is_rsa = one.text, one.kind.startswith("RSA")
    assert "Version: 3 (0x2)" in text
    serial = re.search(r"Serial Number:\s+((?:[0-9a-f]{2}:?)+)\n", text)[1].replace(":", "")
    assert len(serial) == 34 and serial[0] in "01234567"  # 128 random bits behind 05; positive
    assert re.search(r"Subject:(.*)\n", text)[1].strip() == (
        f"CN = {NAMES[0]}" if one.is_classic else "")
    assert one.extension("X509v3 Basic Constraints") == "critical CA:FALSE"
    assert one.extension("X509v3 Key Usage") == "critical Digital Signature" + (
        ", Key Encipherment" if one.is_classic and is_rsa else "")
    assert one.extension("X509v3 Extended Key Usage") == "TLS Web Server Authentication"
    assert bool(one.extension("X509v3 Subject Key Identifier")) == one.is_classic
    assert re.fullmatch("(?:[0-9A-F]{2}:){19}[0-9A-F]{2}",
                        one.extension("X509v3 Authority Key Identifier"))
    assert one.extension("X509v3 Certificate Policies") == "Policy: 2.23.140.1.2.1"
    assert one.extension("X509v3 Subject Alternative Name") == (
        "" if one.is_classic else "critical ") + ", ".join(f"DNS:{name}" for name in sorted(NAMES))
    assert re.fullmatch(r"CA Issuers - URI:http://localhost:\d+/issuer/[0-9a-f]{16}",
                        one.extension("Authority Information Access"))
    assert re.fullmatch(r"Full Name: URI:http://localhost:\d+/crl/[0-9a-f]{16}/\d+\.crl",
                        one.extension("X509v3 CRL Distribution Points"))
    assert one.extension("CT Precertificate SCTs") is None  # Let's Encrypt's have two: decision 0023
    assert len(re.findall(r"^ {12}(?:X509v3|Authority|CT) .*:", text, re.M)) == 8 + one.is_classic
    assert "Signature Algorithm: ecdsa-with-SHA256" in text


def test_validity(one):
    """To the second; the last one counts (RFC 5280 section 4.1.2.5)."""
    begin, end = (at.replace(tzinfo=datetime.timezone.utc).timestamp()
                  for at in validity(leaf_of(one.pem)))
    assert end - begin == LIFE_S[one.profile] - 1
    before, after = one.instants
    assert int(before) <= begin + BACKDATE_S[one.profile] <= after


def test_openssl_verifies(one):
    for hostname, is_good in ((NAMES[1], True), ("facts.example", False)):
        code, text = run("openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile",
                         one.root, "-untrusted", one.issuer, "-verify_hostname", hostname, one.leaf)
        assert (code == 0) == is_good, text


def test_certtool_verifies(one):
    for words in (["--verify-chain"],
                  ["--verify", "--load-ca-certificate", one.root, "--verify-profile", "medium",
                   "--verify-hostname", NAMES[1], "--verify-purpose", "1.3.6.1.5.5.7.3.1"]):
        code, text = run("certtool", *words, "--infile", one.chain)
        assert code == 0 and "Chain verification output: Verified." in text, text


def findings(path):
    """Names of zlint's lints that did not pass."""
    done = subprocess.run([ZLINT, path], capture_output=True, text=True, timeout=60, check=True)
    results = json.loads(done.stdout)
    assert sum(found["result"] == "pass" for found in results.values()) > 5
    return {name for name, found in results.items()
            if found["result"] in ("notice", "warn", "error", "fatal")}


linted = pytest.mark.skipif(not ZLINT.exists(), reason="zlint is not built: there is no Go for it")


@linted
def test_zlint(one):
    assert findings(one.leaf) == MEANT | (MEANT_CLASSIC if one.is_classic else MEANT_SLIM)


@linted
def test_zlint_of_the_issuer(issued):
    assert findings(issued[CASES[0]].issuer) == MEANT_OF_THE_ISSUER


@linted
def test_zlint_of_crls(issued, tmp_path):
    """With an entry, and one that has none yet."""
    for i, is_revoked in enumerate((True, False)):
        files = issued[CASES[i]]
        if is_revoked:
            files.ca.run("revoke", serial_of(files.pem), "--reason", "superseded")
        path = files.extension("X509v3 CRL Distribution Points").split(f":{files.ca.port}")[1]
        connection = http.client.HTTPConnection("127.0.0.1", files.ca.port, timeout=20)
        connection.request("GET", path)
        code, text = run("openssl", "crl", "-inform", "DER", "-out", tmp_path / "crl.pem",
                         data=connection.getresponse().read())
        assert code == 0, text
        assert findings(tmp_path / "crl.pem") == set()
