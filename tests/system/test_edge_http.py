# SPDX-License-Identifier: Apache-2.0
"""What the edge answers over http and https: whose host it is, challenges, the check path, redirects."""
import hmac
import subprocess

import pytest

import edge_records as er
from edge_fixtures import CHECK_TOKEN, TOKEN, _settings, edge, origin
from edge_kit import THUMBPRINT, Nginx, Origin


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
