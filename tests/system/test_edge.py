# SPDX-License-Identifier: Apache-2.0
"""nginx with the module, over an LMDB that is filled by hand."""
import hmac
import os
import pathlib
import random
import signal
import socket
import ssl
import struct
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

import edge_records as er
from edge_kit import (PRELOAD, THUMBPRINT, Nginx, Origin, World, exchange, free_port, wait_for)

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
CHECK_TOKEN = "abcdefghijklmnopqrstuv"


@pytest.fixture(scope="module")
def origin():
    server = Origin()
    yield server
    server.close()


@pytest.fixture(scope="module")
def edge(tmp_path_factory, origin):
    """Site one: one.example and www, site two: two.example; nothing is redirected."""
    world = World(tmp_path_factory.mktemp("edge"))
    world.settings({"demo": origin.address})
    world.leaves = {"one": world.site("site_1", ["one.example", "www.one.example"]),
                    "two": world.site("site_2", ["two.example"])}
    nginx = Nginx(world).start()
    yield nginx
    nginx.stop()
    text = nginx.log_text()
    assert "ERROR: AddressSanitizer" not in text
    assert "stale global SSL error" not in text
    bad = [line for line in text.splitlines()
           if any(level in line for level in ("[crit]", "[emerg]", "[alert]"))
           and "exited on signal 9" not in line]
    assert not bad, bad


def alert_of(nginx, sni, **kind):
    with pytest.raises(ssl.SSLError) as caught:
        nginx.connect(sni, verify=False, **kind).close()
    return caught.value.reason


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


def client_hello(extension):
    """A TLS 1.2 ClientHello with this server_name extension."""
    extensions = struct.pack(">HH", 0, len(extension)) + extension
    extensions += bytes.fromhex("000a00060004001d0017" "000b00020100" "000d000400020403")
    body = b"\3\3" + os.urandom(32) + b"\0" + bytes.fromhex("0002c02b0100")
    body += struct.pack(">H", len(extensions)) + extensions
    hello = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + struct.pack(">H", len(hello)) + hello


def sni_extension(*names):
    entries = b"".join(b"\0" + struct.pack(">H", len(n)) + n for n in names)
    return struct.pack(">H", len(entries)) + entries


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


# Host and SNI

@pytest.mark.req("R43")
@pytest.mark.parametrize("sni,host,status", [
    ("one.example", "one.example", 200),
    ("one.example", "www.one.example", 200),
    ("one.example", "ONE.example", 200),
    ("one.example", "one.example.", 200),
    ("one.example", "two.example", 421),
    ("two.example", "one.example", 421),
    ("one.example", "nobody.example", 421),
    ("one.example", "127.0.0.1", 421),
    ("one.example", "[::1]", 421),
])
def test_host_of_another_site(edge, sni, host, status):
    reply = edge.tls(host, sni=sni)
    assert reply.status == status
    if status == 421:
        assert b"latchkey" not in reply.body.lower()


def test_host_of_another_site_over_http2(edge):
    out = subprocess.run(
        ["curl", "-sk", "--http2", "--connect-to", f"::127.0.0.1:{edge.https}", "-H",
         "Host: two.example", "-o", "/dev/null", "-w", "%{http_version} %{http_code}",
         "https://one.example/"], capture_output=True, text=True, check=True)
    assert out.stdout == "2 421"


@pytest.mark.req("A16")
def test_unknown_host_over_http(edge):
    reply = edge.plain("nobody.example", "/some/path")
    assert reply.status == 404
    assert reply.body == b"404 not found\n"
    for host in ("127.0.0.1", "[::1]", "one.example.nobody.example", "settings"):
        assert edge.plain(host).status == 404


def test_origin_by_id(edge, origin):
    other = Origin("other")
    try:
        edge.world.settings({"demo": origin.address, "other": other.address})
        edge.world.put(edge.world.host_record("moved.example", "site_5"))
        assert edge.plain("moved.example").json()["origin"] == "origin"
        edge.world.put(edge.world.host_record("moved.example", "site_5", origin="other"))
        assert edge.plain("moved.example").json() == {
            "origin": "other", "method": "GET", "path": "/", "host": "moved.example",
            "site": "site_5", "body": ""}
        edge.world.put(edge.world.host_record("moved.example", "site_5", origin="unknown"))
        assert edge.plain("moved.example").status == 502
    finally:
        other.close()
        edge.world.settings({"demo": origin.address})


# http-01 and the check path

@pytest.mark.req("R28", "A9")
def test_challenge(edge):
    edge.world.challenge("one.example", TOKEN)
    path = f"/.well-known/acme-challenge/{TOKEN}"
    reply = edge.plain("one.example", path)
    assert (reply.status, reply.body) == (200, f"{TOKEN}.{THUMBPRINT}".encode())
    assert reply.headers["content-type"] == ["application/octet-stream"]
    assert edge.plain("ONE.example:8080", path).status == 200
    assert edge.plain("one.example", path, method="HEAD").status == 200
    assert edge.plain("one.example", path, method="POST").status == 405


@pytest.mark.req("R43")
def test_challenge_only_for_stored_host_and_token(edge, origin):
    edge.world.challenge("one.example", TOKEN)
    asked = origin.requests
    path = "/.well-known/acme-challenge/"
    for host, rest in [("two.example", TOKEN), ("nobody.example", TOKEN), ("one.example", "x"),
                       ("one.example", ""), ("one.example", TOKEN + "/x"),
                       ("one.example", TOKEN + "%00"), ("one.example", "a" * 129),
                       ("one.example", "%ff"), ("127.0.0.1", TOKEN)]:
        reply = edge.plain(host, path + rest)
        assert reply.status in (400, 404), (host, rest)
    assert origin.requests == asked  # a tenant's own server never answers there


def test_challenge_before_the_host_is_known(edge):
    edge.world.challenge("new.example", "tok-1")
    assert edge.plain("new.example", "/.well-known/acme-challenge/tok-1").status == 200
    edge.world.remove("t", er.challenge_key("new.example", "tok-1"))
    assert edge.plain("new.example", "/.well-known/acme-challenge/tok-1").status == 404


@pytest.mark.req("R28")
def test_check_path(edge):
    for host in ("one.example", "Anything.Example", "nobody.example:80", "nobody.example."):
        reply = edge.plain(host, f"/.well-known/host-check/{CHECK_TOKEN}")
        name = host.lower().split(":")[0].rstrip(".")
        expected = hmac.new(edge.world.check_key, f"{name}/{CHECK_TOKEN}".encode(), "sha256")
        assert (reply.status, reply.body) == (200, expected.hexdigest().encode())
        assert reply.headers["content-type"] == ["text/plain"]


@pytest.mark.parametrize("token,status", [
    ("a" * 21, 404), ("a" * 22, 200), ("a" * 64, 200), ("a" * 65, 404), ("a" * 21 + ".", 404),
    ("", 404), ("a" * 22 + "/", 404),
])
def test_check_tokens(edge, token, status):
    assert edge.plain("one.example", f"/.well-known/host-check/{token}").status == status


def test_check_path_is_http_only(edge):
    reply = edge.tls("one.example", f"/.well-known/host-check/{CHECK_TOKEN}")
    assert reply.json()["path"] == f"/.well-known/host-check/{CHECK_TOKEN}"  # the origin's


# Redirects

@pytest.fixture(scope="module")
def sites(edge):
    """By tick and preferred address."""
    for name, flags in (("off", 0), ("on", er.REDIRECT)):
        for canonical in ("www", "apex"):
            apex = f"{name}-{canonical}.example"
            edge.world.site(f"site_{name}_{canonical}", [apex, f"www.{apex}"],
                            canonical=f"www.{apex}" if canonical == "www" else apex, flags=flags)
    return edge


@pytest.mark.req("R28", "A9")
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("www", ["", "www."])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("canonical", ["www", "apex"])
@pytest.mark.parametrize("tick", ["off", "on"])
def test_redirect_matrix(sites, tick, canonical, scheme, www, method):
    apex = f"{tick}-{canonical}.example"
    home = f"www.{apex}" if canonical == "www" else apex
    host, path = www + apex, "/a//b%20c/../d?x=1&y=%2F&z"
    ask = sites.plain if scheme == "http" else sites.tls
    reply = ask(host, path, method=method, body=b"data" if method == "POST" else b"")
    if tick == "off" or (scheme == "https" and host == home):
        assert reply.status == 200
        if method == "POST":
            assert reply.json()["body"] == "data"
        return
    assert reply.status == (308 if method == "POST" else 301)
    target = f"https://{home}:{sites.https}{path}"
    assert reply.headers["location"] == [target]
    assert reply.headers["cache-control"] == ["max-age=3600"]
    # one hop: the target is not redirected
    assert sites.tls(home, path).status == 200


@pytest.mark.req("R28", "A9")
def test_untick(edge):
    host = "ticked.example"
    for flags, status in ((0, 200), (er.REDIRECT, 301), (0, 200), (er.REDIRECT, 301)):
        edge.world.site("site_6", [host], flags=flags)
        assert edge.plain(host).status == status
        assert edge.tls(host).status == 200


@pytest.mark.req("R28", "A9")
def test_what_is_never_redirected(sites):
    host = "on-www.example"
    sites.world.challenge(host, "tok")
    assert sites.plain(host, "/.well-known/acme-challenge/tok").status == 200
    assert sites.plain(host, "/.well-known//acme-challenge/tok").status == 200
    assert sites.plain(host, "/.well-known/acme-challenge/other").status == 404
    assert sites.plain(host, f"/.well-known/host-check/{CHECK_TOKEN}").status == 200
    assert sites.plain(host, "/.well-known/other").status == 301


@pytest.mark.parametrize("target,location", [
    ("http://on-www.example/p?q", "/p?q"),
    ("http://on-www.example?q", "/?q"),
    ("http://on-www.example", "/"),
    ("//nobody.example/", "//nobody.example/"),
    ("/%0d%0aX:%20y", "/%0d%0aX:%20y"),
])
def test_redirect_of_odd_targets(sites, target, location):
    reply = sites.plain("on-www.example", target)
    assert reply.status == 301
    assert reply.headers["location"] == [f"https://www.on-www.example:{sites.https}{location}"]
    assert "x" not in reply.headers


def test_default_https_port_is_not_shown(sites, tmp_path):
    nginx = Nginx(sites.world, tmp_path / "n", workers=1, port_line="").start()
    try:
        reply = nginx.plain("on-www.example", "/p")
        assert reply.headers["location"] == ["https://www.on-www.example/p"]
    finally:
        nginx.stop()


@pytest.mark.req("R10", "R28")
def test_hsts(edge):
    origin = Origin("loud", headers=[("Strict-Transport-Security", "max-age=99")])
    try:
        edge.world.settings({"demo": origin.address})
        edge.world.site("site_7", ["hsts.example"], flags=er.REDIRECT | er.HSTS, hsts=300)
        edge.world.site("site_8", ["no-hsts.example"])
        edge.world.site("site_9", ["hsts-off.example"], flags=er.HSTS, hsts=0)
        header = "strict-transport-security"
        assert edge.tls("hsts.example").headers[header] == ["max-age=300"]
        assert header not in edge.plain("hsts.example").headers  # RFC 6797, 7.2
        assert edge.tls("no-hsts.example").headers[header] == ["max-age=99"]
        assert edge.tls("hsts-off.example").headers[header] == ["max-age=0"]  # RFC 6797, 6.1.1
    finally:
        origin.close()


@pytest.fixture(autouse=True)
def _settings(edge, origin):
    """Whatever a test has done to the settings."""
    yield
    edge.world.settings({"demo": origin.address})


# What goes wrong

def damage(octets, at, value):
    return octets[:at] + bytes([value]) + octets[at + 1:]


@pytest.mark.req("A16")
def test_damaged_records(edge):
    """Whatever stands in LMDB: no crash, no wrong certificate; the others are served."""
    world = edge.world
    rng = random.Random(7)
    workers = edge.workers()
    ident, records, _ = world.certificate_records(["damaged.example"])
    host = world.host_record("damaged.example", "site_9", certificate=ident)
    for _ in range(60):
        for kind, key, good in (("c", ident, records[1]), ("h", "damaged.example", host)):
            bad = damage(good, rng.randrange(len(good)), rng.randrange(256))
            world.raw(kind, key, bad if rng.random() < .7 else good[:rng.randrange(len(good))])
        try:
            edge.connect("damaged.example", verify=False).close()
        except (ssl.SSLError, ConnectionResetError):
            pass
        edge.plain("damaged.example")
    assert edge.serial("one.example") == world.leaves["one"].serial_number
    assert edge.workers() == workers


@pytest.mark.req("R44")
@pytest.mark.parametrize("owner,names", [("crt_other", ["swapped.example"])])
def test_key_sealed_for_another_certificate(edge, owner, names):
    ident, records, _ = edge.world.certificate_records(names, owner=owner)
    edge.world.put(*records, edge.world.host_record(names[0], "s", certificate=ident))
    with pytest.raises(ssl.SSLError):
        edge.connect(names[0])
    assert "could not open the key of certificate" in edge.log_text()


def test_missing_chain(edge):
    ident, records, _ = edge.world.certificate_records(["no-chain.example"])
    body = list(er.split(records[1]))[0][5]
    body = body[:3] + bytes(32) + body[35:]
    edge.world.put(er.record("c", ident, body, edge.world.next_rev()),
                   edge.world.host_record("no-chain.example", "s", certificate=ident))
    with pytest.raises(ssl.SSLError):
        edge.connect("no-chain.example")


def test_lmdb_comes_later(tmp_path, origin):
    world = World(tmp_path)
    nginx = Nginx(world, workers=2).start()
    try:
        assert nginx.plain("one.example").status == 503
        with pytest.raises(ssl.SSLError) as caught:
            nginx.connect("one.example")
        assert caught.value.reason == "TLSV1_ALERT_INTERNAL_ERROR"
        workers = nginx.workers()
        (tmp_path / "lmdb").mkdir()
        assert nginx.plain("one.example").status == 503
        world.put()  # an LMDB without any record
        assert nginx.plain("one.example").status == 404
        assert nginx.plain("one.example", f"/.well-known/host-check/{CHECK_TOKEN}").status == 503
        world.settings({"demo": origin.address})
        leaf = world.site("site_1", ["one.example"])
        for _ in range(6):
            assert nginx.plain("one.example").status == 200
            assert nginx.serial("one.example") == leaf.serial_number
        assert nginx.workers() == workers
    finally:
        nginx.stop()


@pytest.mark.parametrize("change,text", [
    ("keys-missing", "no key"), ("keys-mode", "readable by its owner only"),
    ("keys-size", "must hold 32 octets"), ("ssl-variable", "cannot go with variables"),
    ("no-listen-ssl", "needs a \"listen ... ssl\""),
])
def test_configuration_is_refused(tmp_path, change, text):
    world = World(tmp_path)
    key = world.keys / "edge-1"
    if change == "keys-missing":
        key.rename(world.keys / "other")
    elif change == "keys-mode":
        key.chmod(0o440)
    elif change == "keys-size":
        key.chmod(0o600)
        key.write_bytes(bytes(33))
    nginx = Nginx(world)
    conf = nginx.conf.read_text()
    if change == "ssl-variable":
        conf = conf.replace("ssl_reject_handshake on;",
                            "ssl_certificate $ssl_server_name; ssl_certificate_key $host;")
    elif change == "no-listen-ssl":
        conf = conf.replace("ssl_reject_handshake on;", "").replace(" ssl http2", "")
    nginx.conf.write_text(conf)
    code, output = nginx.test_config()
    assert code != 0 and text in output, output


# Crashes

@pytest.mark.req("R43")
def test_killed_worker_leaves_no_reader(edge):
    world = edge.world
    for _ in range(3):
        edge.serial("one.example")
        victim = edge.workers()[0]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: victim not in edge.workers() and len(edge.workers()) == 2, 5, "worker")
        edge.plain("one.example")
    assert world.readers() <= 2
    for _ in range(20):  # pages are reused: no stale reader holds them
        world.site("site_1", ["churn.example"])
    assert edge.serial("one.example") == world.leaves["one"].serial_number


def test_killed_master(tmp_path, origin):
    world = World(tmp_path)
    world.settings({"demo": origin.address})
    leaf = world.site("site_1", ["one.example"])
    first = Nginx(world).start()
    conf = first.conf.read_text()
    workers = first.workers()
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    for pid in workers:  # they go on listening: whoever restarts nginx has to end them
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(pathlib.Path(f"/proc/{pid}/fd").exists() and
                             open(f"/proc/{pid}/stat").read().split()[2] != "Z"
                             for pid in workers), 5, "end of the orphans")
    second = Nginx(world, https_port=first.https)
    second.http = first.http
    second.conf.write_text(conf)
    second.start()
    try:
        assert second.serial("one.example") == leaf.serial_number
        assert world.readers() <= 2
    finally:
        second.stop()


def test_reload_keeps_serving(edge):
    old = edge.workers()
    edge.process.send_signal(signal.SIGHUP)
    wait_for(lambda: edge.workers() and not set(edge.workers()) & set(old), 10, "new workers")
    assert edge.serial("one.example") == edge.world.leaves["one"].serial_number
    assert edge.plain("one.example").status == 200


# Memory

def anonymous_kb(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line for line in rollup.splitlines() if line.startswith("Anonymous:"))
               .split()[1])


def flood(nginx, names):
    for name in names:
        with socket.create_connection(("127.0.0.1", nginx.https), 5) as s:
            s.sendall(client_hello(sni_extension(name.encode())))
            assert s.recv(7)[0] == 0x15


measures_memory = pytest.mark.skipif(bool(PRELOAD), reason="a sanitizer keeps what is freed")


@measures_memory
@pytest.mark.req("A17")
def test_random_names_cost_no_memory(tmp_path, origin):
    world = World(tmp_path)
    world.settings({"demo": origin.address})
    world.site("site_1", ["one.example"])
    nginx = Nginx(world, workers=1).start()
    try:
        size = sum(f.stat().st_size for f in world.lmdb.iterdir())
        worker = nginx.workers()[0]
        flood(nginx, (f"r{i}.example" for i in range(1000)))
        before = anonymous_kb(worker)
        flood(nginx, (f"{random.getrandbits(64):x}.example" for _ in range(20000)))
        assert nginx.workers() == [worker]
        assert anonymous_kb(worker) - before < 512
        assert sum(f.stat().st_size for f in world.lmdb.iterdir()) == size
        assert nginx.tls("one.example").status == 200
    finally:
        nginx.stop()


@measures_memory
def test_cache_is_bounded_in_bytes(tmp_path, origin):
    world = World(tmp_path)
    world.settings({"demo": origin.address})
    leaves, records = {}, []
    for i in range(660):
        host = f"h{i}.example"
        ident, made, leaves[host] = world.certificate_records([host])
        records += made + [world.host_record(host, "site_1", certificate=ident)]
    world.put(*records)
    nginx = Nginx(world, workers=1, cache="300k").start()
    try:
        hosts = list(leaves)
        for host in hosts[:60]:
            assert nginx.serial(host) == leaves[host].serial_number
        before = anonymous_kb(nginx.workers()[0])
        for host in hosts[60:]:  # 5.6 MB if they were kept
            assert nginx.serial(host) == leaves[host].serial_number
        assert anonymous_kb(nginx.workers()[0]) - before < 1024
    finally:
        nginx.stop()
