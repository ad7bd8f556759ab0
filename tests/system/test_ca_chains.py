# SPDX-License-Identifier: Apache-2.0
"""Certificates with one chain or another (RFC 8555 section 7.4.2), and clients that prefer a root."""
import os
import re
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ca_client_kit import Client
from ca_fixtures import (Knot, Responder, SandboxCa, ca, client, knot, leaf_of, openssl_verify,  # noqa: F401
                         responder)

pytestmark = pytest.mark.req("R45")

BLOCK = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.S)


def certs_of(pem):
    return [x509.load_pem_x509_certificate(block.encode()) for block in BLOCK.findall(pem)]


def root_names(ca):  # noqa: F811
    """Common names of the root and of the old one."""
    return [x509.load_pem_x509_certificate((ca.folder / "ca" / name).read_bytes()).subject
            .rfc4514_string().removeprefix("CN=") for name in ("root.pem", "old-root.pem")]


def alternates(reply):
    return [link.split(">")[0][1:] for link in reply.headers.get_all("Link")
            if link.endswith('rel="alternate"')]


def get(one, url, accept=None):
    """POST-as-GET, with an Accept header."""
    body = one.key.jws({"nonce": one.fresh_nonce(), "kid": one.kid, "url": url}, None)
    status, headers, data = one.connection.request("POST", url.removeprefix(one.ca.url), body, {
        "Content-Type": "application/jose+json", **({"Accept": accept} if accept else {})})
    return status, headers, data


def test_both_chains(client, tmp_path):  # noqa: F811
    done, pem, _ = client.issue("chains.example")
    new, old = root_names(client.ca)
    url = done.json["certificate"]
    first = client.post(url)
    other, = alternates(first)
    assert other == url + "/1"
    second = client.post(other)
    assert second.headers["Content-Type"] == "application/pem-certificate-chain"
    assert alternates(second) == [url + "/0"]
    assert client.post(url + "/0").body == first.body
    long, short = certs_of(first.body.decode()), certs_of(second.body.decode())
    assert long[:2] == short and len(long) == 3
    assert [chain[-1].issuer.rfc4514_string() for chain in (long, short)] == [f"CN={old}",
                                                                            f"CN={new}"]
    for root, chain, is_good in (("root.pem", first, True), ("old-root.pem", first, True),
                                 ("root.pem", second, True), ("old-root.pem", second, False)):
        code, text = openssl_verify(tmp_path, client.ca.folder / "ca" / root, chain.body.decode())
        assert (code == 0) == is_good, (root, text)


@pytest.mark.parametrize("chain,expected,detail", [
    ("2", (404, "malformed"), "Unknown issuance chain"),
    ("99999999999", (404, "malformed"), "Unknown issuance chain"),
    ("-1", (400, "malformed"), "Chain ID must be a non-negative integer"),
    ("x", (400, "malformed"), "Chain ID must be a non-negative integer")])
def test_chains_that_are_not(client, chain, expected, detail):  # noqa: F811
    done, _, _ = client.issue("one-chain.example")
    reply = client.post(f"{done.json['certificate']}/{chain}")
    assert (reply.problem, reply.json["detail"]) == (expected, detail)
    assert client.post(client.url(f"cert/00/{chain}")).problem[1] == "malformed"


def test_of_another_account(client):  # noqa: F811
    done, _, _ = client.issue("own-chain.example")
    other = Client(client.ca)
    other.register()
    assert other.post(done.json["certificate"] + "/1").problem == (403, "unauthorized")


def test_the_certificate_alone(client):  # noqa: F811
    """As application/pkix-cert, with a link to its issuer's."""
    done, pem, _ = client.issue("alone.example")
    url = done.json["certificate"]
    leaf, issuer, _ = certs_of(pem)
    status, headers, body = get(client, url, "application/pkix-cert")
    assert (status, headers["Content-Type"]) == (200, "application/pkix-cert")
    assert body == leaf.public_bytes(serialization.Encoding.DER)
    up, = [link.split(">")[0][1:] for link in headers.get_all("Link") if link.endswith('rel="up"')]
    status, headers, body = client.connection.request("GET", up.removeprefix(client.ca.url))
    assert (status, headers["Content-Type"]) == (200, "application/pkix-cert")
    assert body == issuer.public_bytes(serialization.Encoding.DER)
    # whatever else is asked for, the chain is what there is
    for accept in (None, "application/pem-certificate-chain", "*/*", "text/html"):
        status, headers, body = get(client, url, accept)
        assert (status, headers["Content-Type"], body.decode()) == (
            200, "application/pem-certificate-chain", pem)
        assert not [link for link in headers.get_all("Link") if link.endswith('rel="up"')]
    assert client.connection.request("GET", "/issuer/00")[0] == 404


# --- clients that prefer a root ------------------------------------------------------------------

@pytest.fixture
def world(tmp_path):
    names = Knot(tmp_path / "knot", ["lego.example. A 127.0.0.1", "certbot.example. A 127.0.0.1"])
    server = SandboxCa(tmp_path / "ca", names.port).start()
    yield server
    server.stop()
    names.stop()


def run(command, **environment):
    done = subprocess.run(list(map(str, command)), env={**os.environ, **environment}, text=True,
                          capture_output=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_lego_prefers_a_root(world, tmp_path):
    new, _ = root_names(world)
    folder = tmp_path / "lego"
    run(["lego", "--server", world.directory, "--accept-tos", "--email", "a@shop.example", "--path",
         folder, "-d", "lego.example", "--http", "--http.port", f"127.0.0.1:{world.http_port}", "run",
         "--preferred-chain", new], LEGO_CA_CERTIFICATES=str(world.root))
    pem = (folder / "certificates" / "lego.example.crt").read_text()
    assert [cert.issuer.rfc4514_string() for cert in certs_of(pem)][-1] == f"CN={new}"
    assert len(certs_of(pem)) == 2


@pytest.mark.parametrize("which,length", [(0, 2), (1, 3)])
def test_certbot_prefers_a_root(world, tmp_path, which, length):
    name = root_names(world)[which]
    folder, web = tmp_path / "certbot", tmp_path / "web"
    web.mkdir()
    server = Responder(world.http_port)
    server.answers = type("WebRoot", (), {"get": staticmethod(
        lambda path, _: (200, {}, (web / path[1:]).read_bytes()))})
    try:
        run(["certbot", "certonly", "--server", world.directory, "--agree-tos", "-m",
             "a@shop.example", "--webroot", "-w", web, "-d", "certbot.example", "--config-dir", folder,
             "--work-dir", folder / "work", "--logs-dir", folder / "log", "--preferred-chain", name,
             "-n"], REQUESTS_CA_BUNDLE=str(world.root))
    finally:
        server.stop()
    pem = (folder / "live" / "certbot.example" / "fullchain.pem").read_text()
    assert [cert.issuer.rfc4514_string() for cert in certs_of(pem)][-1] == f"CN={name}"
    assert len(certs_of(pem)) == length
    assert leaf_of(pem).issuer == certs_of(pem)[1].subject
