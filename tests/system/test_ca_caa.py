# SPDX-License-Identifier: Apache-2.0
"""CAA as the sandbox CA's validator reads it (RFC 8659, RFC 8657): each row is records in real zones
of a real server, and an order for a name. No row depends on src/check."""
import contextlib
import hashlib
import json

import pytest

from ca_alpn_kit import Certificate, Tls
from ca_client_kit import Client
from ca_fixtures import Knot, Responder, SandboxCa
from ca_rules_kit import digest_of, ids_of_names
from edge_kit import free_port

pytestmark = pytest.mark.req("R45")

OURS, METHODS = "sandbox-ca.example", "validationmethods"
WILD, DNS = "*.@", "dns-01"
BROKEN = "broken.example"  # a zone without a file: its server says SERVFAIL


def issue(value, tag="issue", flags=0, at="@"):
    return f'{at} CAA {flags} {tag} "{value}"'


def issuewild(value, **more):
    return issue(value, tag="issuewild", **more)


def methods(value, **more):
    return issue(f"{OURS}; {METHODS}={value}", **more)


# What it is about, the records ("@" is a name of the row's own below .example), the name that is
# ordered, where the records are that forbid it, or "dns: ..." (empty: it is issued), and the challenge
# that is taken up, if not http-01, or dns-01 for a wildcard.
ROWS = [
    ("no records", [], "@", ""),
    ("this CA", [issue(OURS)], "@", ""),
    ("another CA", [issue("other.example")], "@", "@"),
    ("nobody", [issue(";")], "@", "@"),
    ("nothing is nobody", [issue("")], "@", "@"),
    ("one of two", [issue("other.example"), issue(OURS)], "@", ""),
    ("in capitals it is another", [issue(OURS.upper())], "@", "@"),
    ("with a final dot it is another", [issue(OURS + ".")], "@", "@"),
    ("tags in capitals", [issue(";", tag="ISSUE")], "@", "@"),
    ("blanks around", [issue(f"  {OURS}  ")], "@", ""),

    ("the parent forbids", [issue(";")], "www.@", "@"),
    ("the parent permits", [issue(OURS)], "www.@", ""),
    ("five labels up", [issue(";")], "a.b.c.d.e.@", "@"),
    ("own records hide the parent's", [issue(OURS, at="www.@"), issue(";")], "www.@", ""),
    ("own records that say nothing hide it too",
     [issue("mailto:a@b.example", tag="iodef", at="www.@"), issue(";")], "www.@", ""),
    ("own records forbid, the parent's permit", [issue(";", at="www.@"), issue(OURS)], "www.@",
     "www.@"),
    ("the top-level domain forbids", [], "shop.invalid", "invalid"),
    ("below a top-level domain that forbids", [issue(OURS, at="mine.invalid.")], "mine.invalid",
     ""),
    ("a sibling does not matter", [issue(";", at="other.@")], "www.@", ""),
    ("a child does not matter", [issue(";", at="www.@")], "@", ""),

    ("an alias of a name that forbids", ["@ CNAME deny.test."], "@", "@"),
    ("an alias of a name that permits", ["@ CNAME allow.test."], "@", ""),
    ("aliases of aliases", ["@ CNAME hop.@", "hop.@ CNAME deny.test."], "@", "@"),
    ("parents of the target do not count", ["@ CNAME www.deny.test."], "@", ""),
    ("own parents do, of an alias without records",
     [issue(";"), "www.@ CNAME plain.test."], "www.@", "@"),
    ("the parent is an alias", ["@ CNAME deny.test."], "www.@", "@"),
    ("the parent's alias has no end", ["@ CNAME hop.@", "hop.@ CNAME @"], "www.@", "dns: "),

    ("issuewild alone says nothing of other names", [issue(";", tag="issuewild")], "@", ""),
    ("issuewild does not forbid what issue permits", [issue(OURS), issue(";", tag="issuewild")],
     "@", ""),
    ("issuewild does not permit what issue forbids", [issue(";"), issue(OURS, tag="issuewild")],
     "@", "@"),

    ("unknown, critical", [issue("x", tag="later", flags=128)], "@", "@"),
    ("unknown, critical, beside a permission", [issue(OURS), issue("x", tag="later", flags=128)],
     "@", "@"),
    ("unknown, critical as some wrote it", [issue("x", tag="later", flags=1)], "@", "@"),
    ("unknown, not critical", [issue("x", tag="later")], "@", ""),
    ("unknown, other flags", [issue("x", tag="later", flags=126)], "@", ""),
    ("issue, critical", [issue(OURS, flags=128)], "@", ""),
    ("iodef, critical", [issue("mailto:a@b.example", tag="iodef", flags=128)], "@", ""),
    ("issuemail, critical", [issue(";", tag="issuemail", flags=128)], "@", ""),
    ("issuevmc, critical", [issue(";", tag="issuevmc", flags=128)], "@", ""),

    ("this account", [issue(OURS + "; accounturi={account}")], "@", ""),
    ("another account", [issue(OURS + "; accounturi={account}7")], "@", "@"),
    ("two accounts", [issue(OURS + "; accounturi={account}; accounturi={account}")], "@", "@"),
    ("another account, and this in another record",
     [issue(OURS + "; accounturi={account}7"), issue(OURS + "; accounturi={account}")], "@", ""),
    ("another CA's account", [issue("other.example; accounturi={account}")], "@", "@"),

    ("this method", [issue(f"{OURS}; {METHODS}=http-01")], "@", ""),
    ("another method", [issue(f"{OURS}; {METHODS}=dns-01")], "@", "@"),
    ("several methods", [issue(f"{OURS}; {METHODS}=dns-01,http-01,tls-alpn-01")], "@", ""),
    ("no method", [issue(f"{OURS}; {METHODS}=")], "@", "@"),
    ("a method that is none", [issue(f"{OURS}; {METHODS}=x_y,http-01")], "@", "@"),
    ("a method that is none, behind this one", [issue(f"{OURS}; {METHODS}=http-01,x_y")], "@", ""),
    ("methods twice", [issue(f"{OURS}; {METHODS}=http-01; {METHODS}=http-01")], "@", "@"),
    ("methods with a blank", [issue(f"{OURS}; {METHODS}=dns-01, http-01")], "@", "@"),
    ("account and method", [issue(f"{OURS};accounturi={{account}} ; {METHODS}=http-01")], "@", ""),
    ("account, and another method", [issue(f"{OURS}; accounturi={{account}}; {METHODS}=dns-01")],
     "@", "@"),

    ("a parameter that nobody knows", [issue(f"{OURS}; policy=ev")], "@", ""),
    ("a parameter without a value", [issue(f"{OURS}; policy")], "@", "@"),
    ("a parameter without a tag", [issue(f"{OURS}; =ev")], "@", ""),
    ("a tag with a hyphen", [issue(f"{OURS}; my-policy=ev")], "@", "@"),
    ("a semicolon at the end", [issue(f"{OURS};")], "@", ""),
    ("a semicolon behind a parameter", [issue(f"{OURS}; policy=ev;")], "@", "@"),

    ("the parent's server fails", [], f"ok.{BROKEN}",
     f"dns: DNS problem: SERVFAIL looking up CAA for {BROKEN} - "),
    ("own records below a server that fails", [], f"own.{BROKEN}", ""),
    ("more than fits into a datagram", [issue(f"ca{i}.example") for i in range(50)] + [issue(OURS)],
     "@", ""),
    ("more than are read", [issue(f"ca{i}.example") for i in range(100)] + [issue(OURS)], "@",
     "dns: too many CAA records at @"),

    ("a wildcard without records", [], WILD, ""),
    ("a wildcard by issue", [issue(OURS)], WILD, ""),
    ("a wildcard by issuewild", [issuewild(OURS)], WILD, ""),
    ("a wildcard by issuewild of two", [issuewild("other.example"), issuewild(OURS)], WILD, ""),
    ("a wildcard that issue gives to another CA", [issue("other.example")], WILD, "@"),
    ("a wildcard that issuewild gives to another CA", [issue(OURS), issuewild("other.example")], WILD,
     "@"),
    ("a wildcard for nobody", [issue(OURS), issuewild(";")], WILD, "@"),
    ("a wildcard by issuewild, all else for nobody", [issue(";"), issuewild(OURS)], WILD, ""),
    ("a wildcard where records say nothing",
     [issue("mailto:a@b.example", tag="iodef")], WILD, ""),
    ("a wildcard below a parent for nobody", [issuewild(";")], "*.www.@", "@"),
    ("a wildcard below a parent by issuewild", [issue(";"), issuewild(OURS)], "*.www.@", ""),
    ("a wildcard of an alias", ["www.@ CNAME deny.test."], "*.www.@", "www.@"),
    ("records at the wildcard itself are of names that it stands for", [issue(";", at="*.@")], WILD, ""),
    ("a wildcard, unknown and critical", [issuewild(OURS), issue("x", tag="later", flags=128)], WILD,
     "@"),
    ("a wildcard by its method", [issuewild(f"{OURS}; {METHODS}=dns-01")], WILD, ""),
    ("a wildcard by another method", [issuewild(f"{OURS}; {METHODS}=http-01")], WILD, "@"),
    ("a wildcard for another account", [issuewild(OURS + "; accounturi={account}7")], WILD, "@"),

    ("dns-01 where it is named", [methods("http-01,dns-01")], "@", "", DNS),
    ("dns-01 where it is not", [methods("http-01,tls-alpn-01")], "@", "@", DNS),
    ("tls-alpn-01 where it is named", [methods("tls-alpn-01")], "@", "", "tls-alpn-01"),
    ("tls-alpn-01 where it is not", [methods("http-01,dns-01")], "@", "@", "tls-alpn-01"),
    ("a method in capitals is another", [methods("DNS-01")], "@", "@", DNS),
    ("a method that begins like it is another", [methods("dns-01-account")], "@", "@", DNS),
    ("one record a method", [methods("http-01"), methods("dns-01")], "@", "", DNS),
]


def zone_lines(number, row, account):
    own = f"row{number}.example"
    lines = [line.replace("{account}", account) for line in row[1]]
    lines = [line.replace("@", own + ".") if "mailto" not in line else
             line.replace("www.@ ", f"www.{own}. ").replace("@ CAA", f"{own}. CAA")
             for line in lines]
    aliases = {line.split()[0] for line in lines if " CNAME " in line}
    names = {row[2].replace("@", own) + ".", own + "."} - aliases
    return lines + [f"{name} A 127.0.0.1" for name in names
                    if not name.endswith(BROKEN + ".") and not name.startswith("*.")]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    port = free_port()
    ca = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", port)
    account = f"{ca.url}/acme/acct/1"
    records = ["*.test. A 127.0.0.1", 'invalid. CAA 0 issue ";"', 'deny.test. CAA 0 issue ";"',
               "deny.test. A 127.0.0.1", "www.deny.test. A 127.0.0.1",
               f'allow.test. CAA 0 issue "{OURS}"', "allow.test. A 127.0.0.1"]
    for number, row in enumerate(ROWS):
        records += zone_lines(number, row, account)
    knot = Knot(tmp_path_factory.mktemp("dns") / "knot", records, port=port, zones={
        BROKEN: None, f"ok.{BROKEN}": ["@ A 127.0.0.1"],
        f"own.{BROKEN}": ["@ A 127.0.0.1", f'@ CAA 0 issue "{OURS}"']})
    ca.start()
    client, responder = Client(ca), Responder(ca.http_port)
    client.register()
    assert client.kid == account
    responder.thumbprint = client.key.thumbprint
    client.answers, client.knot = responder.answers, knot
    yield client
    for one in (responder, ca, knot):
        one.stop()


@contextlib.contextmanager
def shown(client, url, kind):
    """Control of the name of an authorization, by anything but http-01."""
    authorization = client.post(url).json
    name, token = authorization["identifier"]["value"], authorization["challenges"][0]["token"]
    good = f"{token}.{client.key.thumbprint}"
    if kind == DNS:
        client.knot.set(f"_acme-challenge.{name}", "TXT", digest_of(good))
    server = None
    if kind == "tls-alpn-01":
        words = {"name": name, "hex": hashlib.sha256(good.encode()).hexdigest()}
        server = Tls(Certificate()).listen(client.ca.folder, client.ca.https_port, "127.0.0.1", words)
    yield
    if server:
        server.stop()


def outcome(client, name, kind):
    """"" when a certificate could be had, else the challenge's problem: (type, status, detail)."""
    order = client.order(name)
    assert order.status == 201, order.json
    url, = order.json["authorizations"]
    with shown(client, url, kind):
        if client.validate(order, kind).json["status"] == "ready":
            return ""
    error = client.post(url).json["challenges"][0]["error"]
    return error["type"].rsplit(":", 1)[1], error["status"], error["detail"]


@pytest.mark.parametrize("number", range(len(ROWS)), ids=ids_of_names([row[0] for row in ROWS]))
def test_row(world, number):
    own = f"row{number}.example"
    name, wanted = (text.replace("@", own) for text in ROWS[number][2:4])
    kind = (*ROWS[number][4:], DNS if name.startswith("*.") else "http-01")[0]
    got = outcome(world, name, kind)
    if not wanted:
        assert got == ""
    elif wanted.startswith("dns: "):
        error, status, detail = got
        assert (error, status) == ("dns", 400)
        assert detail.startswith(f"While processing CAA for {name}: {wanted[5:]}"), detail
    else:
        assert got == ("caa", 403, f"While processing CAA for {name}: CAA record for {wanted} "
                                   "prevents issuance")


def test_the_directory_names_the_issuer(world):
    _, _, body = world.ca.connect().request("GET", "/directory")
    assert json.loads(body)["meta"]["caaIdentities"] == [OURS]


def test_control_is_looked_at_first(world):
    """A name that is not controlled is told so, whatever its CAA records say."""
    number = [row[0] for row in ROWS].index("nobody")
    order = world.order(f"row{number}.example")
    challenge = world.challenge(order.json["authorizations"][0])
    path = f"/.well-known/acme-challenge/{challenge['token']}"
    world.answers[path] = (200, {}, b"wrong")
    world.validate(order)
    error = world.post(order.json["authorizations"][0]).json["challenges"][0]["error"]
    assert error["type"].endswith(":unauthorized")
