# SPDX-License-Identifier: Apache-2.0
"""http-01 by the rules of Let's Encrypt's validator: each row a real server and real records."""
import ssl

import pytest

from ca_fixtures import Client, Knot, RawServer, Responder, SandboxCa
from edge_kit import free_port

pytestmark = pytest.mark.req("R45")

RECORDS = """
ok.test. A 127.0.0.1
other.test. A 127.0.0.1
v6.test. AAAA ::1
both.test. A 127.0.0.1
both.test. AAAA ::1
dead6.test. A 127.0.0.1
dead6.test. AAAA fc00::1
wrong6.test. A 127.0.0.1
wrong6.test. AAAA ::1
dead.test. A 127.0.0.9
alias.test. CNAME ok.test.
far-alias.test. CNAME nowhere.test.
nodata.test. TXT here
reserved.test. A 169.254.1.1
reserved.test. AAAA fe80::1
mixed.test. A 169.254.1.1
mixed.test. A 127.0.0.1
loop1.test. CNAME loop2.test.
loop2.test. CNAME loop1.test.
hang.test. A 127.0.0.3
silent.test. A 127.0.0.4
garbage.test. A 127.0.0.5
long-body.test. A 127.0.0.1
""".split("\n")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("validator")
    knot = Knot(folder / "knot", RECORDS)
    ca = SandboxCa(folder / "ca", knot.port).start()
    v4, v6 = Responder(ca.http_port), Responder(ca.http_port, "::1")
    raw = [RawServer("127.0.0.4", ca.http_port, b""),
           RawServer("127.0.0.5", ca.http_port, b"SSH-2.0-OpenSSH_9.2\r\n")]
    yield ca, v4, v6
    for server in (v4, v6, *raw, ca, knot):
        server.stop()


class Walk:
    """One challenge: `reply(...)` says what the servers answer before it is taken up."""

    def __init__(self, world, name):
        self.ca, self.v4, self.v6 = world
        self.client = Client(self.ca)  # of its own: an open order for the name would come back
        self.client.register()
        self.v4.thumbprint = self.v6.thumbprint = self.client.key.thumbprint
        self.order = self.client.order(name)
        self.url = self.order.json["authorizations"][0]
        self.challenge = self.client.challenge(self.url)
        self.name = name
        self.path = "/.well-known/acme-challenge/" + self.challenge["token"]
        self.fetched = f"http://{name}{self.path}"
        self.good = f"{self.challenge['token']}.{self.client.key.thumbprint}"

    def at(self, path, status=200, headers=None, body=b"", server=None):
        (server or self.v4).answers[path] = (status, headers or {}, body)
        return self

    def redirect(self, target, status=301, path=None):
        return self.at(path or self.path, status, {"Location": target})

    def go(self):
        """The authorization when it is decided."""
        self.client.post(self.challenge["url"], {})
        self.client.poll(self.order.headers["Location"], ["pending"], 60)
        return self.client.post(self.url).json

    def valid(self):
        done = self.go()
        assert done["status"] == "valid", done["challenges"][0].get("error")
        return done["challenges"][0]["validationRecord"]

    def invalid(self, kind, detail):
        challenge = self.go()["challenges"][0]
        assert challenge["status"] == "invalid", challenge
        error = challenge["error"]
        assert (error["type"].rsplit(":", 1)[1], error["detail"]) == (kind, detail), error
        return challenge.get("validationRecord", [])


# --- what counts as an answer --------------------------------------------------------------------

@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n", b" \t\r\n\n"])
def test_white_space_at_the_end(world, tail):
    walk = Walk(world, "ok.test")
    walk.at(walk.path, body=walk.good.encode() + tail).valid()


@pytest.mark.parametrize("make", [
    lambda walk: b"", lambda walk: b" " + walk.good.encode(), lambda walk: walk.good.encode()[:-1],
    lambda walk: walk.challenge["token"].encode(), lambda walk: b"<html>not found</html>"])
def test_another_body(world, make):
    walk = Walk(world, "ok.test")
    body = make(walk)
    walk.at(walk.path, body=body).invalid("unauthorized", (
        "The key authorization file from the server did not match this challenge. Expected "
        f"\"{walk.good}\" (got \"{body.decode()}\")"))


@pytest.mark.parametrize("length,is_valid", [(127, True), (128, False), (129, False), (9999, False)])
def test_body_limit(world, length, is_valid):
    walk = Walk(world, "long-body.test")
    body = walk.good.encode().ljust(length, b" ")
    walk.at(walk.path, body=body)
    if is_valid:
        walk.valid()
    else:
        walk.invalid("unauthorized", f"127.0.0.1: Invalid response from {walk.fetched}: "
                                     f"\"{body[:128].decode()}\"")


@pytest.mark.parametrize("status", [201, 204, 206, 303, 304, 400, 403, 404, 500, 503])
def test_other_statuses(world, status):
    walk = Walk(world, "ok.test")
    body = b"" if status in (204, 304) else walk.good.encode()
    walk.at(walk.path, status, {"Location": "http://ok.test/x"} if status == 303 else {}, body)
    walk.invalid("unauthorized", f"127.0.0.1: Invalid response from {walk.fetched}: {status}")


def test_octets_that_are_no_text(world):
    walk = Walk(world, "ok.test")
    walk.at(walk.path, body=b"\xff\x00\x1b[2J")
    walk.invalid("unauthorized", (
        "The key authorization file from the server did not match this challenge. Expected "
        f"\"{walk.good}\" (got \"?\")"))


# --- addresses -----------------------------------------------------------------------------------

def test_record_names_the_request(world):
    walk = Walk(world, "ok.test")
    port = str(walk.ca.http_port)
    assert walk.valid() == [{"url": walk.fetched, "hostname": "ok.test", "port": port,
                             "addressesResolved": ["127.0.0.1"], "addressUsed": "127.0.0.1"}]
    assert ("ok.test", walk.path) in walk.v4.seen  # the Host header is the bare name


def test_ipv6_alone(world):
    walk = Walk(world, "v6.test")
    assert [hop["addressUsed"] for hop in walk.valid()] == ["::1"]


def test_ipv6_first(world):
    walk = Walk(world, "both.test")
    assert [hop["addressUsed"] for hop in walk.valid()] == ["::1"]
    assert ("both.test", walk.path) not in walk.v4.seen


def test_ipv4_when_ipv6_cannot_be_dialled(world):
    walk = Walk(world, "dead6.test")
    assert [hop["addressUsed"] for hop in walk.valid()] == ["fc00::1", "127.0.0.1"]


def test_no_fallback_when_ipv6_answers_wrongly(world):
    walk = Walk(world, "wrong6.test")
    walk.at(walk.path, 404, server=walk.v6).at(walk.path, body=walk.good.encode())
    walk.invalid("unauthorized", f"::1: Invalid response from {walk.fetched}: 404")
    assert ("wrong6.test", walk.path) not in walk.v4.seen


def test_reserved_addresses_are_left_out(world):
    walk = Walk(world, "mixed.test")
    assert [hop["addressesResolved"] for hop in walk.valid()] == [["127.0.0.1"]]
    Walk(world, "reserved.test").invalid("dns", (
        "no valid A records found for reserved.test; no valid AAAA records found for "
        "reserved.test"))


def test_cname(world):
    Walk(world, "alias.test").valid()


@pytest.mark.parametrize("name,detail", [
    ("nowhere.test", "DNS problem: NXDOMAIN looking up A for nowhere.test - check that a DNS record "
                     "exists for this domain; DNS problem: NXDOMAIN looking up AAAA for "
                     "nowhere.test - check that a DNS record exists for this domain"),
    ("far-alias.test", "DNS problem: NXDOMAIN looking up A for far-alias.test - check that a DNS "
                       "record exists for this domain; DNS problem: NXDOMAIN looking up AAAA for "
                       "far-alias.test - check that a DNS record exists for this domain"),
    ("nodata.test", "no valid A records found for nodata.test; no valid AAAA records found for "
                    "nodata.test"),
    ("loop1.test", "DNS problem: SERVFAIL looking up A for loop1.test - the domain's nameservers "
                   "may be malfunctioning; DNS problem: SERVFAIL looking up AAAA for loop1.test - "
                   "the domain's nameservers may be malfunctioning"),
])
def test_names_without_addresses(world, name, detail):
    assert Walk(world, name).invalid("dns", detail) == []


@pytest.mark.parametrize("name,address,reason", [
    ("dead.test", "127.0.0.9", "Connection refused"),
    ("silent.test", "127.0.0.4", "Server closed the connection without an answer"),
    ("garbage.test", "127.0.0.5", "Error getting validation data"),
])
def test_servers_that_do_not_answer(world, name, address, reason):
    walk = Walk(world, name)
    walk.invalid("connection", f"{address}: Fetching {walk.fetched}: {reason}")


def test_a_server_that_hangs(world):
    server = RawServer("127.0.0.3", world[0].http_port, None)
    try:
        walk = Walk(world, "hang.test")
        walk.invalid("connection", f"127.0.0.3: Fetching {walk.fetched}: Timeout after connect "
                                   "(your server may be slow or overloaded)")
    finally:
        server.stop()


# --- redirects -----------------------------------------------------------------------------------

@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_statuses(world, status):
    walk = Walk(world, "ok.test")
    walk.redirect("http://other.test/elsewhere?x=1", status)
    walk.at("/elsewhere?x=1", body=walk.good.encode())
    record = walk.valid()
    assert [hop["hostname"] for hop in record] == ["ok.test", "other.test"]


def test_relative_redirect(world):
    walk = Walk(world, "ok.test")
    walk.redirect("/moved").at("/moved", body=walk.good.encode()).valid()


@pytest.mark.parametrize("hops,is_valid", [(9, True), (10, True), (11, False)])
def test_number_of_redirects(world, hops, is_valid):
    walk = Walk(world, "ok.test")
    walk.redirect(f"http://ok.test/hop/1/{hops}")
    for i in range(1, hops):
        walk.redirect(f"http://ok.test/hop/{i + 1}/{hops}", path=f"/hop/{i}/{hops}")
    walk.at(f"/hop/{hops}/{hops}", body=walk.good.encode())
    if is_valid:
        assert len(walk.valid()) == hops + 1
    else:
        walk.invalid("connection",
                     f"127.0.0.1: Fetching http://ok.test/hop/11/{hops}: Too many redirects")


@pytest.mark.parametrize("target,reason", [
    ("ftp://ok.test/x", "Invalid protocol scheme in redirect target. Only \"http\" and \"https\" "
                        "protocol schemes are supported, not \"ftp\""),
    ("http://127.0.0.1/x", "Invalid host in redirect target \"127.0.0.1\". Only domain names are "
                           "supported, not IP addresses"),
    ("http://[::1]/x", "Invalid host in redirect target \"[::1]\". Only domain names are "
                       "supported, not IP addresses"),
    ("http://ok.test.well-known/x", "Invalid host in redirect target \"ok.test.well-known\". Check "
                                    "webserver config for missing '/' in redirect target."),
    ("http://localhost/x", "Invalid hostname in redirect target, must end in IANA registered TLD"),
    ("http://ok.test/" + "x" * 2000, "Redirect target too long"),
])
def test_redirects_that_are_not_followed(world, target, reason):
    walk = Walk(world, "ok.test")
    walk.redirect(target).invalid("connection", f"127.0.0.1: Fetching {target}: {reason}"[:1023])


def test_redirect_path_limit(world):
    walk = Walk(world, "ok.test")
    path = "/" + "x" * 1999
    walk.redirect("http://ok.test" + path).at(path, body=walk.good.encode()).valid()


def test_redirect_ports(world):
    ca = world[0]
    walk = Walk(world, "ok.test")
    walk.redirect(f"http://ok.test:{ca.http_port}/port").at("/port", body=walk.good.encode()).valid()
    walk = Walk(world, "ok.test")
    port = free_port()
    target = f"http://ok.test:{port}/x"
    walk.redirect(target).invalid("connection", (
        f"127.0.0.1: Fetching {target}: Invalid port in redirect target. Only ports "
        f"{ca.http_port} and {ca.https_port} are supported, not {port}"))


def test_redirect_loop(world):
    walk = Walk(world, "ok.test")
    walk.redirect("http://ok.test/a").redirect("http://ok.test/b", path="/a")
    walk.redirect("http://ok.test/a", path="/b")
    walk.invalid("connection", "127.0.0.1: Fetching http://ok.test/a: Redirect loop detected")


def test_redirect_without_a_target(world):
    walk = Walk(world, "ok.test")
    walk.at(walk.path, 301).invalid(
        "connection",
        f"127.0.0.1: Fetching {walk.fetched}: Invalid or missing redirect target")


def test_redirect_to_a_name_that_is_not_there(world):
    walk = Walk(world, "ok.test")
    walk.redirect("http://nowhere.test/x").invalid("dns", (
        "DNS problem: NXDOMAIN looking up A for nowhere.test - check that a DNS record exists for "
        "this domain; DNS problem: NXDOMAIN looking up AAAA for nowhere.test - check that a DNS "
        "record exists for this domain"))


def test_redirect_to_https_needs_no_good_certificate(world):
    """A site that is about to get its first certificate has a wrong one, or an expired one."""
    ca = world[0]
    tls = Responder(ca.https_port)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca.folder / "ca" / "service.pem", ca.folder / "ca" / "service.key")
    tls.server.socket = context.wrap_socket(tls.server.socket, server_side=True)
    try:
        walk = Walk(world, "ok.test")
        walk.redirect(f"https://ok.test{walk.path}")
        walk.at(walk.path, body=walk.good.encode(), server=tls)
        assert [hop["url"].split(":")[0] for hop in walk.valid()] == ["http", "https"]
    finally:
        tls.stop()
