# SPDX-License-Identifier: Apache-2.0
"""http-01 by the rules of Let's Encrypt's validator. No row depends on src/check."""
import gzip
import ssl
import zlib

import pytest

from ca_rules_kit import At, BROKEN, Full, Gzip, Listener, Row, Say, ids_of, world_of

pytestmark = [pytest.mark.req("R45"), pytest.mark.filterwarnings("ignore::DeprecationWarning")]

OTHER = "Error getting validation data"
LATE = "Timeout after connect (your server may be slow or overloaded)"
MISMATCH = ("unauthorized: The key authorization file from the server did not match this challenge. "
            "Expected \"{good}\" (got \"%s\")")
STATUS = "unauthorized: 127.0.0.1: Invalid response from {url}: %d"
DEFLATED = r"x\x9c\xab\x00\x00\x00y\x00y"  # an "x", as zlib has it
OWN = ("@ A {v4}",)  # a server that only this row has
BOTH = ("@ A 127.0.0.1", "@ AAAA ::1")
NOWHERE = ("DNS problem: NXDOMAIN looking up A for %s - check that a DNS record exists for this domain; "
           "DNS problem: NXDOMAIN looking up AAAA for %s - check that a DNS record exists for this "
           "domain")
SERVFAIL = ("DNS problem: SERVFAIL looking up A for %s - the domain's nameservers may be "
            "malfunctioning; DNS problem: SERVFAIL looking up AAAA for %s - the domain's nameservers "
            "may be malfunctioning")
NO_ADDRESS = "no valid A records found for %s; no valid AAAA records found for %s"


def said(what, body, expect=""):
    return Row(what, expect, answers={"": (200, {}, body)})


def other_body(what, body, shown):
    return said(what, body, MISMATCH % shown)


def status(number, location=None):
    headers = {"Location": location} if location else {}
    body = "" if number in (204, 304) else "{good}"
    return Row(f"status {number}" + (", with a place to go to" if location else ""), STATUS % number,
               answers={"": (number, headers, body)})


def raw(what, octets, expect="", **how):
    return Row(what, expect, OWN, serve=Say(octets, **how),
               is_slow=how.get("then") == "wait" or "pause" in how)


def failed(reason, url="{url}", address="{v4}"):
    return f"connection: {address}: Fetching {url}: {reason}"


def http(head, body=b""):
    return b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body


def goes(what, location, *, status=301, then="{good}", **more):
    """A redirect to where the answer is: `then` is the path there."""
    return Row(what, answers={"": (status, {"Location": location}, "gone"),
                              **({then: (200, {}, "{good}")} if then != "{good}" else {})}, **more)


def refused(what, location, reason, *, status=301, shown=None, **more):
    url = location if shown is None else shown
    return Row(what, failed(reason, url, "127.0.0.1"),
               answers={"": (status, {"Location": location}, "")}, **more)


def chain(count):
    """So many redirects, one to the next, and the answer."""
    steps = {f"/hop/{i}/{{token}}": (302, {"Location": f"/hop/{i + 1}/{{token}}"}, "")
             for i in range(1, count)}
    return {"": (302, {"Location": "/hop/1/{token}"}, ""), **steps,
            f"/hop/{count}/{{token}}": (200, {}, "{good}")}


class Tls:
    """A TLS server of OpenSSL at the port of https, with any certificate, which then says an answer of
    HTTP."""

    def __init__(self, **how):
        self.how = how

    def start(self, attempt, address):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        folder = attempt.world.ca.folder / "ca"
        context.load_cert_chain(folder / "service.pem", folder / "service.key")
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        for key, value in self.how.items():
            setattr(context, key, value)
        answer = http(b"Connection: close", attempt.good.encode())

        def talk(connection):
            with context.wrap_socket(connection, server_side=True) as stream:
                stream.recv(65536)
                stream.sendall(answer)
                stream.unwrap()

        return Listener(address, attempt.ports["https"], talk)


def by_https(what, serve, expect=""):
    """A redirect from http, where all are, to https at a host of the row's own."""
    return Row(what, expect, ("@ A 127.0.0.1", "www.@ A {v4}"), serve=serve,
               answers={"": (301, {"Location": "https://www.{own}/x"}, "")})


ROWS = [
    # --- what counts as an answer
    said("the key authorization alone", "{good}"),
    said("a line end behind it", "{good}\n"),
    said("a line end of DOS behind it", "{good}\r\n"),
    said("much white space behind it", "{good} \t\v\f\r\n\n"),
    said("a space that does not break behind it", "{good}\u00a0"),
    said("an ideographic space behind it", "{good}\u3000\n"),
    other_body("a space in front", " {good}", " {good}"),
    other_body("a byte order mark in front", b"\xef\xbb\xbfx", r"\ufeffx"),
    other_body("text of two octets a character", b"\xff\xfea\0b\0", r"\xff\xfea\x00b\x00"),
    other_body("letters and pictures", "\u00e9\U0001f600".encode() + b"\xe9", r"\u00e9\U0001f600\xe9"),
    other_body("nothing", "", ""),
    other_body("the token alone", "{token}", "{token}"),
    other_body("another account's", "{token}.AAAA", "{token}.AAAA"),
    other_body("a page", "<p class=\"x\">\n\\o/", r"<p class=\"x\">\n\\o/"),
    other_body("octets that are no text", b"\xff\x00\x1b[2J\x7f", r"\xff\x00\x1b[2J\x7f"),
    said("127 octets", b"x" * 127, MISMATCH % ("x" * 127)),
    said("128 octets", b"x" * 128,
         "unauthorized: 127.0.0.1: Invalid response from {url}: \"" + "x" * 128 + "\""),
    said("10000 octets", b"y\n" + b"x" * 9998,
         r'unauthorized: 127.0.0.1: Invalid response from {url}: "y\n' + "x" * 126 + '"'),
    *[status(number) for number in (201, 204, 206, 300, 301, 304, 400, 401, 403, 404, 410, 500, 503)],
    status(300, "/x"),
    status(305, "/x"),

    # --- HTTP
    raw("HTTP/1.0, ended by the connection", b"HTTP/1.0 200 OK\r\n\r\n{good}"),
    raw("an answer in chunks", http(b"Transfer-Encoding: chunked",
                                    b"57\r\n{good}\r\n0\r\nX-Trailer: yes\r\n\r\n")),
    raw("a chunk that is none", http(b"Transfer-Encoding: chunked", b"zz\r\n{good}\r\n"),
        "unauthorized: {v4}: Error reading HTTP response body: invalid byte in chunk length"),
    raw("chunks that end too early", http(b"Transfer-Encoding: chunked", b"60\r\n{good}"),
        "unauthorized: {v4}: Error reading HTTP response body: unexpected EOF"),
    raw("a body that ends too early", http(b"Content-Length: 100", b"{good}"),
        "unauthorized: {v4}: Error reading HTTP response body: unexpected EOF"),
    raw("a body longer than it is said to be", http(b"Content-Length: 87", b"{good} and more")),
    raw("a length that is no number", http(b"Content-Length: many", b"{good}"), failed(OTHER)),
    raw("a status that ends too early is a status all the same",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nx",
        "unauthorized: {v4}: Invalid response from {url}: 404"),
    raw("early hints, and then the answer",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + http(b"A: b", b"{good}")),
    raw("an encoding that nobody knows is passed over", http(b"Content-Encoding: utf-8", b"{good}")),
    raw("an encoding that was not asked for is not undone",
        http(b"Content-Encoding: deflate", zlib.compress(b"x")), MISMATCH % DEFLATED),
    Row("gzip", records=OWN, serve=Gzip()),
    raw("no gzip though it is said to be", http(b"Content-Encoding: gzip", b"{good}"),
        "unauthorized: {v4}: Error reading HTTP response body: gzip: invalid header"),
    raw("gzip that ends too early", http(b"Content-Encoding: gzip", gzip.compress(b"x")[:15]),
        "unauthorized: {v4}: Error reading HTTP response body: unexpected EOF"),
    raw("gzip of too much", http(b"Content-Encoding: gzip", gzip.compress(b"x" * 100000)),
        "unauthorized: {v4}: Invalid response from {url}: \"" + "x" * 128 + "\""),
    raw("gzip of something else", http(b"Content-Encoding: GZip", gzip.compress(b"other")),
        MISMATCH % "other"),
    raw("a header of 60000 octets", http(b"X: " + b"x" * 60000, b"{good}")),
    raw("headers of more than a megabyte", http(b"\r\n".join([b"X: " + b"x" * 60000] * 20), b"{good}"),
        failed(OTHER)),
    raw("a status line without a number", b"HTTP/1.1 OK\r\n\r\n{good}", failed(OTHER)),
    raw("a body without a head", b"{good}", failed(OTHER)),
    raw("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n", failed(OTHER), is_first=True),
    raw("TLS at the port of http", b"\x15\x03\x01\x00\x02\x02\x46", failed(OTHER)),
    raw("HTTP/2 at the port of http", b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0\x80\0\4\0\1\0\0\0\5\0\xff\xff\xff",
        failed("Server is speaking HTTP/2 over HTTP"), is_first=True),
    raw("nothing is said", b"", failed(OTHER)),
    raw("the connection is reset", b"", failed("Connection reset by peer"), then="reset"),
    raw("no answer in time", b"", failed(LATE), then="wait"),
    raw("half a head in time", b"HTTP/1.1 200 OK\r\n", failed(LATE), then="wait"),
    raw("half a body in time", http(b"Content-Length: 87", b"x"),
        "unauthorized: {v4}: Error reading HTTP response body: context deadline exceeded",
        then="wait"),
    raw("an octet a second", http(b"Connection: close", b"{good}"), failed(LATE), pause=1.0),

    # --- addresses
    Row("IPv4 alone", hosts=("@",), used=("127.0.0.1",)),
    Row("IPv6 alone", records=("@ AAAA ::1",), used=("::1",)),
    Row("IPv6 before IPv4", records=BOTH, used=("::1",)),
    Row("IPv4 when there is no way to IPv6", records=("@ A 127.0.0.1", "@ AAAA fc00::1"),
        used=("fc00::1", "127.0.0.1")),
    Row("IPv4 when IPv6 is refused", records=("@ A 127.0.0.1", "@ AAAA 2001:db8::7"),
        used=("2001:db8::7", "127.0.0.1")),
    Row("no way to IPv6, and nothing else", failed("Network unreachable", address="fc00::1"),
        ("@ AAAA fc00::1",)),
    Row("neither", failed("Connection refused", address="127.0.0.9"),
        ("@ AAAA 2001:db8::7", "@ A 127.0.0.9"), used=("2001:db8::7", "127.0.0.9")),
    Row("no second try after an answer by IPv6", "unauthorized: ::1: Invalid response from {url}: 404",
        BOTH, answers={"": (404, {}, "")}, used=("::1",)),
    Row("no second try after a reset by IPv6",
        failed("Connection reset by peer", address="2001:db8::8"),
        ("@ A 127.0.0.1", "@ AAAA 2001:db8::8"), serve=At("2001:db8::8", Say(then="reset")),
        used=("2001:db8::8",)),
    Row("one of several, and only one", failed("Connection refused", address="{used}"),
        ("@ A 127.0.0.8", "@ A 127.0.0.9"), hosts=("@",)),
    Row("one of several by IPv6, and then one by IPv4", records=(
        "@ AAAA 2001:db8::7", "@ AAAA 2001:db8::9", "@ A 127.0.0.1"), hosts=("@", "@")),
    Row("refused", failed("Connection refused", address="127.0.0.9"), ("@ A 127.0.0.9",)),
    Row("what is sent is lost", failed("Timeout during connect (likely firewall problem)"), OWN,
        serve=Full(), is_slow=True),
    Row("IPv4 when what is sent by IPv6 is lost", records=("@ A 127.0.0.1", "@ AAAA 2001:db8::10"),
        serve=At("2001:db8::10", Full()), used=("2001:db8::10", "127.0.0.1"), is_slow=True),
    Row("reserved addresses alone", "dns: " + NO_ADDRESS % ("{name}", "{name}"),
        ("@ A 169.254.1.1", "@ AAAA fe80::1")),
    Row("reserved addresses are passed over", records=("@ A 127.0.0.1", "@ A 0.0.0.1", "@ AAAA fe80::1"),
        used=("127.0.0.1",)),

    # --- names
    Row("an alias", records=("@ CNAME there.@", "there.@ A 127.0.0.1"), hosts=("@",)),
    Row("an alias of an alias", records=("@ CNAME a.@", "a.@ CNAME b.@", "b.@ A 127.0.0.1")),
    Row("a name that only a wildcard has", records=("*.@ A 127.0.0.1",), name="any.@"),
    Row("no such name", "dns: " + NOWHERE % ("{name}", "{name}"), ()),
    Row("an alias of a name that is not there", "dns: " + NOWHERE % ("{name}", "{name}"),
        ("@ CNAME nowhere.@",)),
    Row("no addresses", "dns: " + NO_ADDRESS % ("{name}", "{name}"), ("@ TXT here",)),
    Row("aliases without an end", "dns: " + SERVFAIL % ("{name}", "{name}"),
        ("@ CNAME a.@", "a.@ CNAME @")),
    Row("a server that fails", "dns: " + SERVFAIL % ("{name}", "{name}"), (), name=BROKEN),

    # --- redirects
    *[goes(f"by {number}", "http://www.{own}/{token}?x=1", status=number, then="/{token}?x=1",
           records=("@ A 127.0.0.1", "www.@ A 127.0.0.1"), hosts=("@", "www.@"))
      for number in (301, 302, 307, 308)],
    refused("by 303", "http://{name}/x", "received disallowed redirect status code", status=303),
    goes("to a path", "/moved/{token}", then="/moved/{token}"),
    goes("to a path beside", "moved-{token}",
         then="/.well-known/acme-challenge/moved-{token}"),
    goes("to a query", "?moved={token}", then="{path}?moved={token}"),
    goes("to a host without a scheme", "//{name}/{token}", then="/{token}"),
    goes("to a host in capitals", "http://ROW.{own}/{token}", then="/{token}",
         records=("@ A 127.0.0.1", "row.@ A 127.0.0.1"), hosts=("@", "row.@")),
    goes("with a fragment", "/{token}#part", then="/{token}"),
    goes("with a user", "http://user:secret@{name}/{token}", then="/{token}"),
    goes("to the port of http by its number", "http://{name}:{http}/{token}", then="/{token}"),
    Row("11 of them", answers=chain(11), hosts=("@",) * 12),
    Row("12 of them", failed("Too many redirects", "/hop/12/{token}", "127.0.0.1"), answers=chain(12)),
    refused("back to the beginning", "{url}", "Redirect loop detected"),
    Row("back to the second", failed("Redirect loop detected", "/a/{token}", "127.0.0.1"),
        answers={"": (301, {"Location": "/a/{token}"}, ""),
                 "/a/{token}": (301, {"Location": "/b/{token}"}, ""),
                 "/b/{token}": (301, {"Location": "/a/{token}"}, "")}),
    Row("to the same with another query", answers={
        "": (301, {"Location": "{url}?again"}, ""), "{path}?again": (200, {}, "{good}")}),
    refused("to ftp", "ftp://{name}/x", "Invalid protocol scheme in redirect target. Only \"http\" and "
            "\"https\" protocol schemes are supported, not \"ftp\""),
    refused("to another port", "http://{name}:8080/x", "Invalid port in redirect target. Only ports "
            "{http} and {https} are supported, not 8080"),
    refused("to a host without a dot", "http://localhost/x",
            "Invalid host in redirect target, must end in IANA registered TLD"),
    refused("to a host with a final dot", "http://{name}./x",
            "Invalid host in redirect target, must end in IANA registered TLD"),
    refused("with the slash behind the host forgotten", "http://{name}.well-known/acme-challenge/x",
            "Invalid host in redirect target \"{name}.well-known\". Check webserver config for missing "
            "'/' in redirect target."),
    refused("to no host", "http:///x", "Invalid empty host in redirect target"),
    refused("with a slash too few", "http:/{name}/x", "Invalid empty host in redirect target"),
    refused("to an address of mail", "mailto:a@{name}", "Invalid protocol scheme in redirect target. Only "
            "\"http\" and \"https\" protocol schemes are supported, not \"mailto\""),
    refused("to what is no URL", "http://[x/", OTHER, shown="{url}"),
    goes("to an address", "http://127.0.0.1/{token}", then="/{token}", hosts=("@", "127.0.0.1")),
    goes("to an address of IPv6", "http://[::1]/{token}", then="/{token}", hosts=("@", "::1")),
    refused("to a reserved address", "http://169.254.1.1/x", "Invalid host in redirect target: IP address "
            "is in a reserved address block: link-local"),
    refused("to an address with a zone", "http://[fe80::1%25lo]/x",
            "Invalid host in redirect target: contains scope zone"),
    goes("a path of 2000 octets", "/{token}" + "x" * 1956, then="/{token}" + "x" * 1956),
    refused("a path of 2001 octets", "/{token}" + "x" * 1957, "Redirect target too long"),
    goes("a query of 3000 octets", "/{token}?" + "x" * 3000, then="/{token}?" + "x" * 3000),
    Row("to a name that is not there",
        "dns: 127.0.0.1: Fetching http://nowhere.{own}/x: " + NOWHERE % ("nowhere.{own}", "nowhere.{own}"),
        answers={"": (301, {"Location": "http://nowhere.{own}/x"}, "")}, hosts=("@",)),
    Row("to a name with reserved addresses alone",
        "dns: 127.0.0.1: Fetching http://www.{own}/x: " + NO_ADDRESS % ("www.{own}", "www.{own}"),
        ("@ A 127.0.0.1", "www.@ A 169.254.1.1"),
        answers={"": (301, {"Location": "http://www.{own}/x"}, "")}),
    Row("to a host that refuses",
        failed("Connection refused", "http://www.{own}/x", "127.0.0.9"),
        ("@ A 127.0.0.1", "www.@ A 127.0.0.9"), used=("127.0.0.1", "127.0.0.9"),
        answers={"": (301, {"Location": "http://www.{own}/x"}, "")}),
    Row("no second try by IPv4 behind a redirect",
        failed("Network unreachable", "http://www.{own}/x", "fc00::1"),
        ("@ A 127.0.0.1", "www.@ A 127.0.0.1", "www.@ AAAA fc00::1"), used=("127.0.0.1", "fc00::1"),
        answers={"": (301, {"Location": "http://www.{own}/x"}, "")}),
    Row("but one from the beginning, which meets the same redirect",
        failed("Redirect loop detected", "http://www.{own}/x", "127.0.0.1"),
        (*BOTH, "www.@ A 127.0.0.1", "www.@ AAAA fc00::1"), used=("::1", "fc00::1", "127.0.0.1"),
        answers={"": (301, {"Location": "http://www.{own}/x"}, "")}),
    Row("to what is another status", "unauthorized: 127.0.0.1: Invalid response from "
        "http://{name}/gone/{token}: 410",
        answers={"": (301, {"Location": "/gone/{token}"}, ""), "/gone/{token}": (410, {}, "")}),

    # --- https
    by_https("to https with a certificate of another name", Tls()),
    by_https("to https by TLS 1.2 alone", Tls(maximum_version=ssl.TLSVersion.TLSv1_2)),
    by_https("to https by TLS 1.1 alone", Tls(minimum_version=ssl.TLSVersion.TLSv1,
                                              maximum_version=ssl.TLSVersion.TLSv1_1),
             "tls: {v4}: Fetching https://www.{own}/x: remote error: tls: protocol version not "
             "supported"),
    by_https("to https where a certificate of the client is needed",
             Say(b"\x15\x03\x03\x00\x02\x02\x28", port="https"),
             "tls: {v4}: Fetching https://www.{own}/x: remote error: tls: handshake failure"),
    by_https("to https where http is spoken",
             Say(b"HTTP/1.1 400 Bad Request\r\n\r\n", port="https"),
             failed(OTHER, "https://www.{own}/x")),
    by_https("to https where nothing is said", Say(b"", port="https"),
             failed(OTHER, "https://www.{own}/x")),
    by_https("to https where the connection is reset", Say(b"", "reset", port="https"),
             failed("Connection reset by peer", "https://www.{own}/x")),
    by_https("to https where nobody is", None,
             failed("Connection refused", "https://www.{own}/x")),
]

world = world_of(ROWS, "http-01")


@pytest.mark.parametrize("number", range(len(ROWS)), ids=ids_of(ROWS))
def test_row(world, number):
    world.check(number)


def test_what_is_asked(world):
    """The Host header is the bare name; the record has Boulder's members."""
    number = [row.what for row in ROWS].index("IPv4 alone")
    attempt = world.attempt(number)
    said, record = attempt.begin().outcome()
    assert said == "" and record == [{
        "url": attempt.words["url"], "hostname": attempt.name, "port": str(attempt.ports["http"]),
        "addressesResolved": ["127.0.0.1"], "addressUsed": "127.0.0.1"}]
    assert (attempt.name, attempt.path) in world.responders[0].seen
