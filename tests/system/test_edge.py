# SPDX-License-Identifier: Apache-2.0
"""The edge's TLS: which certificate a name gets, whose a session is, and that what changes is seen at the
next handshake."""
import socket
import ssl
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from edge_fixtures import (CHECK_TOKEN, TOKEN, V12, V13, _settings, alert_of, client_hello, edge,
                           origin, sni_extension)
from edge_kit import Nginx, exchange


# Certificates by SNI

@pytest.mark.req("R22")
@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("sni", ["one.example", "www.one.example", "WWW.One.EXAMPLE"])
def test_certificate_of_the_name(edge, sni, version):
    with edge.connect(sni, version=version) as s:
        shown = x509.load_der_x509_certificate(s.getpeercert(True))
        assert shown == edge.world.leaves["one"]
        assert exchange(s, sni).json()["site"] == "site_1"


@pytest.mark.req("R43", "A16")
@pytest.mark.parametrize("version", [V12, V13])
@pytest.mark.parametrize("sni", ["three.example", "sub.one.example", "example", "1crt",
                                 "crt_00000000000000000000000001", "settings", "a" * 63])
def test_unknown_name(edge, sni, version):
    assert alert_of(edge, sni, version=version) == "TLSV1_UNRECOGNIZED_NAME"


@pytest.mark.req("R43")
@pytest.mark.parametrize("version", [V12, V13])
def test_no_name(edge, version):
    reason = alert_of(edge, None, version=version)
    assert reason in ("TLSV13_ALERT_MISSING_EXTENSION", "SSLV3_ALERT_HANDSHAKE_FAILURE")


UNRECOGNIZED, DECODE = 112, 50


@pytest.mark.parametrize("extension,alert", [
    (sni_extension(b"nobody.example"), UNRECOGNIZED),
    (sni_extension(b"one.example", b"two.example"), DECODE),
    (sni_extension(b"one.example\0.two.example"), UNRECOGNIZED),
    (sni_extension(b"x" * 254), UNRECOGNIZED),
    (sni_extension(b"..."), UNRECOGNIZED),
    (sni_extension(b"one_example"), UNRECOGNIZED),
    (sni_extension(b""), UNRECOGNIZED),
    (b"\0\0", DECODE),
    (b"", DECODE),
    (b"\0\x10\0\0\x0bone.example", DECODE),
])
def test_malformed_names(edge, extension, alert):
    with socket.create_connection(("127.0.0.1", edge.https), 5) as s:
        s.sendall(client_hello(extension))
        reply = s.recv(100)
    assert reply[0] == 0x15 and reply[5] == 2 and reply[6] == alert


def test_hello_of_these_tests_is_a_hello(edge):
    with socket.create_connection(("127.0.0.1", edge.https), 5) as s:
        s.sendall(client_hello(sni_extension(b"one.example")))
        assert s.recv(100)[0] == 0x16


def test_host_without_certificate_is_http_only(edge):
    edge.world.put(edge.world.host_record("plain.example", "site_1"))
    assert edge.plain("plain.example").json()["host"] == "plain.example"
    assert alert_of(edge, "plain.example") == "TLSV1_UNRECOGNIZED_NAME"
    leaf = edge.world.site("site_1", ["plain.example"])  # https as soon as it is there
    assert edge.serial("plain.example") == leaf.serial_number


@pytest.mark.parametrize("version", [V12, V13])
def test_rsa_key(edge, version):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    leaf = edge.world.site("site_rsa", ["rsa.example"], key=key)
    assert edge.serial("rsa.example", version=version) == leaf.serial_number


def test_odd_encoding_is_kept(edge):
    """What OpenSSL would encode differently is served octet for octet."""
    made = []

    def oddly(leaf):
        made.append(edge.world.oddly_encoded(leaf))
        return made[0]

    ident, records, _ = edge.world.certificate_records(["odd.example"], der=oddly)
    edge.world.put(*records, edge.world.host_record("odd.example", "s", certificate=ident))
    with edge.connect("odd.example") as s:  # verified
        assert s.getpeercert(True) == made[0]


def test_long_names(edge):
    longest = ".".join(["n" * 63, "n" * 63, "n" * 63, "n" * 53, "example"])
    for name in (longest[-64:], longest[-65:], longest[-200:], longest):
        name = name.strip(".-")
        leaf = edge.world.site("site_long", [name])
        assert edge.serial(name) == leaf.serial_number
    assert len(longest) == 253


def test_http2(edge):
    out = subprocess.run(
        ["curl", "-sk", "--http2", "--resolve", f"one.example:{edge.https}:127.0.0.1", "-o",
         "/dev/null", "-w", "%{http_version} %{http_code}",
         f"https://one.example:{edge.https}/"], capture_output=True, text=True, check=True)
    assert out.stdout == "2 200"


# Sessions

def session_of(nginx, host, context):
    with nginx.connect(host, context=context) as s:
        exchange(s, host)  # TLS 1.3: the tickets come with the first data
        assert s.session is not None
        return s.session


@pytest.mark.req("R43", "A16")
@pytest.mark.parametrize("version", [V12, V13])
def test_ticket_is_bound_to_its_host(edge, version):
    context = edge.context(version)
    session = session_of(edge, "one.example", context)
    with edge.connect("one.example", context=context, session=session) as s:
        assert s.session_reused
        assert exchange(s, "one.example").json()["site"] == "site_1"
    with edge.connect("two.example", context=context, session=session) as s:
        assert not s.session_reused
        assert x509.load_der_x509_certificate(s.getpeercert(True)) == edge.world.leaves["two"]
    with edge.connect("www.one.example", context=context, session=session) as s:
        assert not s.session_reused


@pytest.mark.req("A16")
@pytest.mark.parametrize("version", [V12, V13])
def test_removed_host_is_refused_for_resumption_too(edge, version):
    host = f"removed-{version.value}.example"
    edge.world.site("site_3", [host])
    context = edge.context(version)
    session = session_of(edge, host, context)
    edge.world.remove("h", host)
    for kind in ({}, {"session": session}):
        with pytest.raises(ssl.SSLError) as caught:
            edge.connect(host, context=context, **kind).close()
        assert caught.value.reason == "TLSV1_UNRECOGNIZED_NAME"
    assert edge.plain(host).status == 404


@pytest.mark.parametrize("version", [V12, V13])
def test_server_side_session_cache_is_bound_too(edge, origin, tmp_path, version):
    world = edge.world
    nginx = Nginx(world, tmp_path / "n", workers=1,
                  ssl_lines="ssl_session_tickets off; ssl_session_cache shared:s:1m;").start()
    try:
        context = nginx.context(version)
        session = session_of(nginx, "one.example", context)
        with nginx.connect("one.example", context=context, session=session) as s:
            assert s.session_reused
        with nginx.connect("two.example", context=context, session=session) as s:
            assert not s.session_reused
    finally:
        nginx.stop()


# Changes are seen at the next handshake, nothing is reloaded

@pytest.mark.req("R22", "R23")
def test_replaced_certificate(edge):
    workers = edge.workers()
    for _ in range(5):
        leaf = edge.world.site("site_4", ["renewed.example"])
        for _ in range(4):  # both workers
            assert edge.serial("renewed.example") == leaf.serial_number
    assert edge.workers() == workers


def test_certificate_record_replaced_under_its_id(edge):
    ident, records, leaf = edge.world.certificate_records(["same-id.example"])
    edge.world.put(*records, edge.world.host_record("same-id.example", "site_4",
                                                    certificate=ident))
    assert edge.serial("same-id.example") == leaf.serial_number
    edge.world.count -= 1
    _, records, leaf = edge.world.certificate_records(["same-id.example"])
    edge.world.put(*records)
    assert edge.serial("same-id.example") == leaf.serial_number


def test_removed_certificate(edge):
    ident, records, _ = edge.world.certificate_records(["no-cert.example"])
    edge.world.put(*records, edge.world.host_record("no-cert.example", "s", certificate=ident))
    edge.serial("no-cert.example")
    edge.world.remove("c", ident)
    assert alert_of(edge, "no-cert.example") == "TLSV1_UNRECOGNIZED_NAME"


# A certificate before any host has it

def preview_of(ident):
    return ident.replace("_", "-") + ".certificate.invalid"


@pytest.mark.req("R23", "A11")
@pytest.mark.parametrize("version", [V12, V13])
def test_preview(edge, version):
    ident, records, leaf = edge.world.certificate_records(["one.example", "www.one.example"])
    assert alert_of(edge, preview_of(ident), version=version) == "TLSV1_UNRECOGNIZED_NAME"
    edge.world.put(*records)
    for sni in (preview_of(ident), preview_of(ident).upper()):
        assert edge.serial(sni, verify=False, version=version) == leaf.serial_number
    assert edge.serial("one.example") == edge.world.leaves["one"].serial_number, "visitors: as before"


@pytest.mark.req("R43", "A16")
def test_preview_serves_nothing(edge):
    ident, records, _ = edge.world.certificate_records(["one.example"])
    edge.world.put(*records)
    edge.world.challenge("one.example", TOKEN)
    sni = preview_of(ident)
    for host in ("one.example", sni, "nobody.example"):
        for path in ("/", f"/.well-known/acme-challenge/{TOKEN}",
                     f"/.well-known/host-check/{CHECK_TOKEN}"):
            assert edge.tls(host, path, sni=sni, verify=False).status == 421, (host, path)
    assert edge.tls(sni, sni="one.example").status == 421
    assert edge.plain(sni).status == 404


@pytest.mark.parametrize("sni", ["crt-x.sub.certificate.invalid", "certificate.invalid",
                                 "one.example.certificate.invalid", "one-example.certificate.invalid"])
def test_what_is_no_preview(edge, sni):
    assert alert_of(edge, sni) == "TLSV1_UNRECOGNIZED_NAME"


def test_preview_of_what_cannot_be_opened(edge):
    ident, records, _ = edge.world.certificate_records(["one.example"], owner="crt_other")
    edge.world.put(*records)
    assert alert_of(edge, preview_of(ident)) == "TLSV1_ALERT_INTERNAL_ERROR"
