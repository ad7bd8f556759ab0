# SPDX-License-Identifier: Apache-2.0
"""The nginx module answers tls-alpn-01 (RFC 8737), and nothing else of those connections."""
import hashlib
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from edge_kit import THUMBPRINT, Nginx, World

ACME = "acme-tls/1"
IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")
HOST, TOKEN = "www.shop.example", "T" * 43


@pytest.fixture(name="edge", scope="module")
def edge_fixture(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("alpn"))
    nginx = Nginx(world).start()
    world.settings({"demo": "127.0.0.1:9"})
    yield nginx
    nginx.stop()


def asking(edge, *protocols, version=None):
    context = edge.context(version, verify=False)
    context.set_alpn_protocols(list(protocols))
    return context


def shown(edge, host, *protocols, version=None):
    """What a connection is shown: its certificate and the protocol."""
    with edge.connect(host, asking(edge, *protocols, version=version)) as s:
        return x509.load_der_x509_certificate(s.getpeercert(True)), s.selected_alpn_protocol()


def digest(token):
    return hashlib.sha256(f"{token}.{THUMBPRINT}".encode()).digest()


@pytest.mark.req("R22")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_what_the_ca_is_shown(edge, version):
    edge.world.challenge(HOST, TOKEN)
    certificate, protocol = shown(edge, HOST, ACME, version=version)
    assert protocol == ACME
    extensions = certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert list(names.value) == [x509.DNSName(HOST)]
    identifier = extensions.get_extension_for_oid(IDENTIFIER)
    assert identifier.critical and identifier.value.value == b"\x04\x20" + digest(TOKEN)
    assert certificate.issuer == certificate.subject
    certificate.public_key().verify(certificate.signature, certificate.tbs_certificate_bytes,
                                    ec.ECDSA(hashes.SHA256()))


@pytest.mark.req("R22")
def test_visitors_get_the_site(edge):
    """The challenge is for who asks for its protocol alone; a certificate of the site stays."""
    edge.world.challenge(HOST, TOKEN)
    number = edge.world.site("site_a", [HOST]).serial_number
    assert edge.serial(HOST) == number
    certificate, protocol = shown(edge, HOST, "http/1.1", ACME)
    assert (certificate.serial_number, protocol) == (number, "http/1.1")
    certificate, protocol = shown(edge, HOST, ACME)
    assert certificate.serial_number != number and protocol == ACME


@pytest.mark.req("R22")
def test_the_newest_challenge_is_shown(edge):
    host = "two.shop.example"
    for token in ("Z" * 43, "A" * 43, "M" * 43):
        edge.world.challenge(host, token)
    assert identifier_of(edge, host) == digest("M" * 43)
    edge.world.remove("t", f"{host}\0{'M' * 43}")
    assert identifier_of(edge, host) == digest("A" * 43)
    edge.world.challenge("three.shop.example", TOKEN)
    edge.world.challenge("two.shop.example.org", TOKEN)
    assert identifier_of(edge, host) == digest("A" * 43), "of this host only"


def identifier_of(edge, host):
    certificate, _ = shown(edge, host, ACME)
    return certificate.extensions.get_extension_for_oid(IDENTIFIER).value.value[2:]


@pytest.mark.req("R22")
def test_no_challenge_no_answer(edge):
    edge.world.site("site_b", ["none.example"])
    for host in ("none.example", "unknown.example"):
        with pytest.raises(ssl.SSLError) as refused:
            shown(edge, host, ACME)
        assert "no application protocol" in str(refused.value).lower()


@pytest.mark.req("R22")
def test_no_request_goes_over_it(edge):
    edge.world.challenge(HOST, TOKEN)
    edge.world.site("site_a", [HOST])
    reply = edge.tls(HOST, context=asking(edge, ACME))
    assert reply.status == 421


@pytest.mark.req("R22")
def test_no_session_is_kept(edge):
    edge.world.challenge(HOST, TOKEN)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with edge.connect(HOST, asking(edge, ACME, version=version)) as s:
            session = s.session
        assert session is None or not session.has_ticket
