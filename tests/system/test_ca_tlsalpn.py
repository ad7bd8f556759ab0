# SPDX-License-Identifier: Apache-2.0
"""tls-alpn-01 by the rules of Let's Encrypt's validator (RFC 8737): each row a certificate on a real
server. No row depends on src/check."""
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ca_alpn_kit import PROTOCOL, Certificate, Tls
from ca_rules_kit import At, Full, Row, Say, ids_of, world_of

pytestmark = [pytest.mark.req("R45"), pytest.mark.filterwarnings("ignore")]

OTHER = "Error getting validation data"
WRONG = ("unauthorized: Incorrect validation certificate for tls-alpn-01 challenge. Requested {name} from "
         "{v4}:{https}. Received certificate ")
OWN = ("@ A {v4}",)
FAR = "2001:db8::11"
BOTH = ("@ A {v4}", f"@ AAAA {FAR}")


def shown(what, expect="", *, server=None, **how):
    return Row(what, expect, OWN, serve=Tls(Certificate(**how), **(server or {})))


def says(what, octets, expect, then="close"):
    return Row(what, expect, OWN, serve=Say(octets, then, port="https"), is_slow=then == "wait")


def alert(what, number, words):
    return says(what, bytes([0x15, 3, 3, 0, 2, 2, number]), "tls: {v4}: remote error: tls: " + words)


def failed(reason, address="{v4}"):
    return f"connection: {address}: {reason}"


NAMES = WRONG + "with unexpected identifiers (\"%s\"): \"%s\""
COUNT, MISMATCH = "wrong number of identifiers", "identifier does not match expected identifier"
BYTES = "SAN extension does not match expected bytes"
MISSING = WRONG + "with unexpected extensions: \"Required extension OID %s is not present\""
MALFORMED = WRONG + "with malformed acmeValidationV1 extension value."
UNSIGNED = WRONG + "which is not self-signed."

ROWS = [
    # --- the certificate
    shown("as it should be"),
    shown("with a key of RSA", key=lambda: rsa.generate_private_key(65537, 2048)),
    shown("with a key of Ed25519", key=ed25519.Ed25519PrivateKey.generate),
    shown("with a key of P-384", key=lambda: ec.generate_private_key(ec.SECP384R1())),
    shown("expired a month ago", days=-30),
    shown("with a subject", subject="anything"),
    shown("with further extensions", extra=(
        x509.BasicConstraints(True, None), x509.KeyUsage(*[True] + [False] * 8))),
    shown("without names", MISSING % "2.5.29.17", names=None, subject="{name}"),
    shown("with an empty list of names", NAMES % ("{name}", COUNT), names=(), subject="{name}"),
    shown("for another name", NAMES % ("www.{name}", MISMATCH), names=("www.{name}",)),
    shown("for the wildcard", NAMES % ("*.{name}", MISMATCH), names=("*.{name}",)),
    shown("in capitals", NAMES % ("{name}", BYTES), names=("{NAME}",)),
    shown("for two names", NAMES % ("{name}, www.{name}", COUNT), names=("{name}", "www.{name}")),
    shown("for the name twice", NAMES % ("{name}", COUNT), names=("{name}", "{name}")),
    shown("for an address too", NAMES % ("127.0.0.1, {name}", COUNT),
          others=(x509.IPAddress(ipaddress.ip_address("127.0.0.1")),)),
    shown("for an address of mail too", NAMES % ("a@b.test, {name}", BYTES),
          others=(x509.RFC822Name("a@b.test"),)),
    shown("for a URL too", NAMES % ("http://b.test/, {name}", BYTES),
          others=(x509.UniformResourceIdentifier("http://b.test/"),)),
    shown("without acmeIdentifier", MISSING % "1.3.6.1.5.5.7.1.31", value=None),
    shown("with neither", MISSING % "1.3.6.1.5.5.7.1.31", value=None, names=None),
    shown("acmeIdentifier not critical",
          WRONG + "with acmeValidationV1 extension that is not Critical.", critical=False),
    shown("another digest", WRONG + "with acmeValidationV1 extension value " + "ab" * 32
          + " but expected {hex}.", value="0420" + "ab" * 32),
    shown("a digest that is too short", MALFORMED, value="041f" + "ab" * 31),
    shown("a digest that is too long", MALFORMED, value="0421{hex}00"),
    shown("octets behind the digest", MALFORMED, value="0420{hex}00"),
    shown("a digest without its frame", MALFORMED, value="{hex}"),
    shown("a digest as a bit string", MALFORMED, value="0320{hex}"),
    shown("a digest with a long form of its length", MALFORMED, value="048120{hex}"),
    shown("no digest at all", MALFORMED, value=""),
    shown("of another issuer", UNSIGNED, subject="a", issuer="b"),
    shown("signed by another key", UNSIGNED, is_resigned=True),
    shown("signed with SHA-1", digest=hashes.SHA1()),

    # --- the handshake
    shown("by TLS 1.2 alone", server={"maximum_version": ssl.TLSVersion.TLSv1_2}),
    shown("by TLS 1.3 alone", server={"minimum_version": ssl.TLSVersion.TLSv1_3}),
    shown("by TLS 1.1 alone", "tls: {v4}: remote error: tls: protocol version not supported", server={
        "minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_1}),
    shown("the protocol among others", server={"protocols": ("h2", PROTOCOL, "http/1.1")}),
    shown("other protocols alone", "unauthorized: Cannot negotiate ALPN protocol \"acme-tls/1\" for "
          "tls-alpn-01 challenge", server={"protocols": ("h2", "http/1.1")}),
    shown("a server that knows no protocols", "unauthorized: Cannot negotiate ALPN protocol "
          "\"acme-tls/1\" for tls-alpn-01 challenge", server={"protocols": ()}),
    alert("a server that insists on other protocols", 120, "no application protocol"),
    alert("a server that does not know the name", 112, "unrecognized name"),
    alert("a server that finds no common ground", 40, "handshake failure"),
    alert("a server that fails", 80, "internal error"),
    alert("an alert that nobody knows", 200, "alert(200)"),
    says("http at that port", b"HTTP/1.1 400 Bad Request\r\n\r\n",
         "malformed: {v4}: Server only speaks HTTP, not TLS"),
    Row("http that is said before it is asked", "malformed: {v4}: Server only speaks HTTP, not TLS", OWN,
        serve=Say(b"HTTP/1.1 408 Request Timeout\r\n\r\n", is_first=True, port="https")),
    says("another protocol", b"SSH-2.0-OpenSSH_9.2\r\n", failed(OTHER)),
    says("nothing is said", b"", failed(OTHER)),
    says("the connection is reset", b"", failed("Connection reset by peer"), "reset"),
    says("no answer in time", b"",
         failed("Timeout after connect (your server may be slow or overloaded)"), "wait"),

    # --- addresses
    Row("refused", failed("Connection refused"), OWN, hosts=("@",), used=("{v4}",)),
    Row("what is sent is lost", failed("Timeout during connect (likely firewall problem)"), OWN,
        serve=Full("https"), is_slow=True),
    Row("by IPv6", records=(f"@ AAAA {FAR}",), serve=At(FAR, Tls(Certificate())), used=(FAR,)),
    Row("IPv6 before IPv4", records=BOTH, serve=At(FAR, Tls(Certificate())), used=(FAR,)),
    Row("IPv4 when IPv6 is refused", records=BOTH, serve=Tls(Certificate()), used=("{v4}",)),
    Row("IPv4 when there is no way to IPv6", records=("@ A {v4}", "@ AAAA fc00::1"),
        serve=Tls(Certificate()), used=("{v4}",)),
    Row("IPv4 when IPv6 speaks something else", failed("Connection refused"), BOTH,
        serve=At(FAR, Say(b"SSH-2.0-OpenSSH_9.2\r\n", port="https")), used=("{v4}",)),
    Row("no second try after a wrong certificate by IPv6",
        (MISSING % "1.3.6.1.5.5.7.1.31").replace("{v4}", f"[{FAR}]"), BOTH,
        serve=At(FAR, Tls(Certificate(value=None))), used=(FAR,)),
    Row("no second try after another protocol by IPv6", "unauthorized: Cannot negotiate ALPN protocol "
        "\"acme-tls/1\" for tls-alpn-01 challenge", BOTH,
        serve=At(FAR, Tls(Certificate(), protocols=())), used=(FAR,)),
    Row("IPv6 alone, refused", f"malformed: Unable to contact \"{{name}}\" at \"{FAR}\", no IPv4 addresses "
        "to try as fallback", (f"@ AAAA {FAR}",), used=(FAR,)),
    Row("one of several, and only one", failed("Connection refused", "{used}"),
        ("@ A 127.0.0.8", "@ A 127.0.0.9"), hosts=("@",)),
    Row("an alias", records=("@ CNAME there.@", "there.@ A {v4}"), serve=Tls(Certificate())),
    Row("no such name", "dns: DNS problem: NXDOMAIN looking up A for {name} - check that a DNS record "
        "exists for this domain; DNS problem: NXDOMAIN looking up AAAA for {name} - check that a DNS "
        "record exists for this domain", ()),
    Row("reserved addresses alone", "dns: no valid A records found for {name}; no valid AAAA records "
        "found for {name}", ("@ A 169.254.1.1",)),
]

world = world_of(ROWS, "tls-alpn-01")


@pytest.mark.parametrize("number", range(len(ROWS)), ids=ids_of(ROWS))
def test_row(world, number):
    world.check(number)


def test_what_is_recorded(world):
    """Boulder's members."""
    number = [row.what for row in ROWS].index("IPv4 when IPv6 is refused")
    attempt = world.attempt(number)
    said, record = attempt.begin().outcome()
    assert said == "" and record == [{
        "hostname": attempt.name, "port": str(attempt.ports["https"]),
        "addressesResolved": [FAR, attempt.v4], "addressUsed": attempt.v4, "addressesTried": [FAR]}]
