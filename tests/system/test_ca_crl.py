# SPDX-License-Identifier: Apache-2.0
"""Certificate revocation lists of the sandbox CA (RFC 5280 section 5), as relying parties use them."""
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ca_client_kit import Client
from ca_fixtures import (OWN, Responder, SandboxCa, ca, client, knot, leaf_of, moved, responder,  # noqa: F401
                         serial_of, stop_process)
from crl_kit import crl_of, entry_of, fetch, issuer_place_of, number_of, place_of, revoke
from edge_kit import NGINX, free_port, wait_for

pytestmark = pytest.mark.req("R45")

DAY = 86400
SUPERSEDED = 4
END = "-----END CERTIFICATE-----\n"


def again(ca):  # noqa: F811
    """Killed and started; nonces of the one before are no good."""
    ca.kill()
    ca.start_ca()
    ca.client.nonce = None


class Files:
    """What a relying party has: root, chain and CRL, as files."""

    def __init__(self, folder, ca, pem):  # noqa: F811
        folder.mkdir(exist_ok=True)
        self.folder, self.root = folder, ca.root
        self.roots_crl = ca.root.parent / "roots-crl.pem"
        blocks = [block + END for block in pem.split(END) if block]
        self.leaf, self.issuer, self.crl, self.crls = (
            folder / name for name in ("leaf.pem", "issuer.pem", "crl.pem", "crls.pem"))
        self.leaf.write_text(blocks[0])
        self.issuer.write_text(blocks[1])
        status, _, der = fetch(ca, place_of(leaf_of(pem)))
        assert status == 200
        self.run("openssl", "crl", "-inform", "DER", "-out", self.crl, data=der)
        self.crls.write_text(self.crl.read_text() + self.roots_crl.read_text())

    def run(self, *command, data=None):
        done = subprocess.run(list(map(str, command)), input=data, capture_output=True,
                              timeout=30, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()

    def says(self):
        """What openssl and certtool say of the list, and of the leaf with it."""
        code, text = self.run("openssl", "crl", "-in", self.crl, "-noout", "-CAfile", self.issuer)
        assert code == 0 and "verify OK" in text, text
        code, text = self.run("certtool", "--verify-crl", "--load-ca-certificate", self.issuer,
                              "--infile", self.crl)
        assert code == 0 and "output: Verified." in text, text
        return [self.run("openssl", "verify", *how, "-x509_strict", "-purpose", "sslserver",
                         "-extended_crl", "-CAfile", self.root, "-untrusted", self.issuer,
                         self.leaf)
                for how in (("-crl_check", "-CRLfile", self.crl),
                            ("-crl_check_all", "-CRLfile", self.crls))]

    def is_accepted(self):
        answers = self.says()
        verdicts = {code == 0 for code, _ in answers}
        assert len(verdicts) == 1, answers
        assert verdicts == {True} or all("certificate revoked" in text for _, text in answers)
        return verdicts == {True}


@pytest.fixture
def own(tmp_path, knot):  # noqa: F811
    """One that may be started again."""
    server = SandboxCa(tmp_path / "ca", knot.port, profiles=OWN).start()
    answers = Responder(server.http_port)
    server.client = Client(server)
    server.client.register()
    answers.thumbprint = server.client.key.thumbprint
    yield server
    answers.stop()
    server.stop()


def test_by_profile(own, tmp_path):
    """A revoked certificate is refused, another one is not; also after a restart."""
    rows = []
    for profile in ("classic", "tlsserver", "shortlived", "minutes"):
        good, bad = (own.client.issue(f"{word}-{profile}.example", profile=profile)[1]
                     for word in ("good", "bad"))
        for pem in (good, bad):
            assert Files(tmp_path / "before", own, pem).is_accepted(), profile
        assert revoke(own.client, leaf_of(bad), SUPERSEDED).status == 200
        rows.append((profile, good, bad))
    for is_again in (False, True):
        for profile, good, bad in rows:
            assert Files(tmp_path / "good", own, good).is_accepted(), profile
            assert not Files(tmp_path / "bad", own, bad).is_accepted(), profile
            assert entry_of(crl_of(own, leaf_of(bad)), leaf_of(bad))[1:] == ("superseded",)
        if not is_again:
            before = [number_of(crl_of(own, leaf_of(bad))) for _, _, bad in rows]
            again(own)
    assert [number_of(crl_of(own, leaf_of(bad))) for _, _, bad in rows] == before


def test_what_a_certificate_says(client):  # noqa: F811
    """Which shard of which issuer: what the serial leaves of 128, and one."""
    pem = client.issue("says.example")[1]
    cert = leaf_of(pem)
    issuer = leaf_of(pem[pem.index(END) + len(END):])
    short = issuer.fingerprint(hashes.SHA256()).hex()[:16]
    base = f"http://localhost:{client.ca.port}"
    assert place_of(cert) == f"{base}/crl/{short}/{cert.serial_number % 128 + 1}.crl"
    assert issuer_place_of(cert) == f"{base}/issuer/{short}"
    assert fetch(client.ca, issuer_place_of(cert)) == (
        200, "application/pkix-cert", issuer.public_bytes(Encoding.DER))
    crl = crl_of(client.ca, cert)
    about = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    assert about.critical and about.value.only_contains_user_certs
    assert [name.value for name in about.value.full_name] == [place_of(cert)]
    assert crl.issuer == issuer.subject


def test_what_is_revoked_is_there_at_once(client):  # noqa: F811
    """A list is kept, until something that it is about is revoked."""
    cert = leaf_of(client.issue("at-once.example")[1])
    first = fetch(client.ca, place_of(cert))
    assert fetch(client.ca, place_of(cert)) == first
    assert entry_of(crl_of(client.ca, cert), cert) is None
    assert revoke(client, cert).status == 200
    after = crl_of(client.ca, cert)
    assert entry_of(after, cert)[1:] == ()  # "unspecified" is not said
    assert number_of(after) > number_of(x509.load_der_x509_crl(first[2]))


def test_what_an_operator_revokes(own):
    pems = [own.client.issue(f"mass-{i}.example")[1] for i in range(2)]
    certs = [leaf_of(pem) for pem in pems]
    assert [entry_of(crl_of(own, cert), cert) for cert in certs] == [None, None]
    own.run("revoke", serial_of(pems[0]), "--reason", "keyCompromise")
    assert entry_of(crl_of(own, certs[0]), certs[0])[1:] == ("keyCompromise",)
    assert entry_of(crl_of(own, certs[1]), certs[1]) is None
    own.run("revoke", "all", "--reason", "cessationOfOperation")
    assert entry_of(crl_of(own, certs[1]), certs[1])[1:] == ("cessationOfOperation",)


def test_under_another_url(own, tmp_path):
    """Certificates name the URL of their day: lists that are signed under another are about them, too; those that were
    kept are replaced, for they are not about the certificates of the new one."""
    usual, other = f"http://localhost:{own.port}", f"http://ca.lab.test:{own.port}"
    good, bad, worse = (own.client.issue(f"{word}-url.example")[1]
                        for word in ("good", "bad", "worse"))
    for pem in (good, bad, worse):
        assert Files(tmp_path / "before", own, pem).is_accepted()
    for url, pem in ((other, bad), (usual, worse)):
        own.environment["LATCHKEY_SANDBOX_CA_PUBLIC_URL"] = url.replace("http:", "https:")
        again(own)
        own.run("revoke", serial_of(pem), "--reason", "superseded")
        assert not Files(tmp_path / "revoked", own, pem).is_accepted()
        assert not Files(tmp_path / "bad", own, bad).is_accepted()
        assert Files(tmp_path / "good", own, good).is_accepted()
        about = crl_of(own, leaf_of(good)).extensions.get_extension_for_class(
            x509.IssuingDistributionPoint).value
        place = place_of(leaf_of(good))
        assert [name.value for name in about.full_name] == [
            place.replace(usual, other), place]


@pytest.mark.parametrize("path", ["/crl/0000000000000000/1.crl", "/crl/0/1.crl", "/crl/{}/0.crl",
                                  "/crl/{}/129.crl", "/crl/{}/1", "/issuer/0000000000000000"])
def test_there_is_none(client, path):  # noqa: F811
    short = place_of(leaf_of(client.issue("none-such.example")[1])).split("/")[-2]
    base = f"http://localhost:{client.ca.port}"
    assert fetch(client.ca, base + path.format(short))[:2] == (404, "application/problem+json")


# --- time ----------------------------------------------------------------------------------------

def seconds(crl):
    return [getattr(crl, f"{name}_utc", None) or getattr(crl, name)
            for name in ("last_update", "next_update")]


def test_how_long_it_is_good_and_kept(moved):  # noqa: F811
    cert = leaf_of(moved.client.issue("kept.example")[1])
    first = crl_of(moved, cert)
    begin, end = seconds(first)
    assert (end - begin).total_seconds() == 9 * DAY - 1
    moved.to(6 * 3600 - 30)
    assert number_of(crl_of(moved, cert)) == number_of(first)
    moved.to(6 * 3600 + 30)
    second = crl_of(moved, cert)
    assert number_of(second) > number_of(first)
    assert (seconds(second)[0] - begin).total_seconds() >= 6 * 3600
    moved.to(0)  # the number grows even when the clock is set back, and over a restart then
    third = crl_of(moved, cert)
    assert number_of(third) == number_of(second) + 1
    assert seconds(third)[0] < seconds(second)[0]
    again(moved)
    assert revoke(moved.client, cert).status == 200
    assert number_of(crl_of(moved, cert)) == number_of(second) + 2


def test_what_has_expired_is_dropped(moved):  # noqa: F811
    """A day after its end."""
    cert = leaf_of(moved.client.issue("expired.example", profile="minutes")[1])
    life = 600
    assert revoke(moved.client, cert).status == 200
    moved.to(life + DAY - 60)
    assert entry_of(crl_of(moved, cert), cert)
    moved.to(life + DAY + 7 * 3600)
    assert entry_of(crl_of(moved, cert), cert) is None


def test_of_a_former_intermediate(moved):  # noqa: F811
    """Its key signs CRLs as long as it lives."""
    moved.to(195 * DAY)
    cert = leaf_of(moved.client.issue("former.example")[1])
    moved.to(205 * DAY)
    moved.run("init")
    other = leaf_of(moved.client.issue("present.example")[1])
    assert other.issuer != cert.issuer
    for is_again in (False, True):
        crl = crl_of(moved, cert)
        assert crl.issuer == cert.issuer
        _, _, der = fetch(moved, issuer_place_of(cert))
        assert crl.is_signature_valid(x509.load_der_x509_certificate(der).public_key())
        assert bool(entry_of(crl, cert)) == is_again
        if not is_again:
            again(moved)
            assert revoke(moved.client, cert).status == 200
    assert len(list((moved.folder / "ca").glob("former-*.key"))) == 1
    moved.to(401 * DAY)  # it has expired; the one after it is made by then
    assert fetch(moved, place_of(cert))[0] == 404


# --- over TLS ------------------------------------------------------------------------------------

@pytest.fixture
def site(tmp_path):
    """nginx with a certificate."""
    running = []

    def start(files, key):
        port = free_port()
        (tmp_path / "site.key").write_bytes(key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (tmp_path / "chain.pem").write_text(files.leaf.read_text() + files.issuer.read_text())
        conf = tmp_path / "site.conf"
        conf.write_text(f"""
daemon off; pid {tmp_path}/site.pid; error_log {tmp_path}/site.log; worker_processes 1;
events {{}}
http {{
    access_log off; client_body_temp_path {tmp_path}/b1; proxy_temp_path {tmp_path}/b2;
    fastcgi_temp_path {tmp_path}/b3; uwsgi_temp_path {tmp_path}/b4; scgi_temp_path {tmp_path}/b5;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {tmp_path}/chain.pem;
        ssl_certificate_key {tmp_path}/site.key;
        return 200 hello;
    }}
}}
""")
        running.append(subprocess.Popen([NGINX, "-c", conf, "-e", tmp_path / "site.log"]))
        wait_for(lambda: subprocess.run(["curl", "-sk", f"https://127.0.0.1:{port}/"],
                                        capture_output=True, check=False).stdout == b"hello",
                 10, "nginx")
        return port
    yield start
    for process in running:
        stop_process(process)


def test_curl(client, site, tmp_path):  # noqa: F811
    _, pem, key = client.issue("curl.example")
    port = site(Files(tmp_path / "files", client.ca, pem), key)

    def ask():
        files = Files(tmp_path / "files", client.ca, pem)
        return files.run("curl", "-sS", "--cacert", files.root, "--crlfile", files.crls,
                         "--resolve", f"curl.example:{port}:127.0.0.1",
                         f"https://curl.example:{port}/")
    assert ask() == (0, "hello")
    assert revoke(client, leaf_of(pem)).status == 200
    code, text = ask()
    assert code == 60 and "certificate revoked" in text
