# SPDX-License-Identifier: Apache-2.0
"""What the CA refuses of orders and of requests for certificates (RFC 8555 section 7.4 and 7.5), in Boulder's words."""
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from ca_client_kit import Client, make_csr
from ca_fixtures import Responder, SandboxCa, ca, client, knot, responder  # noqa: F401
from ca_refusals_kit import FINAL, ORDER, check, table

pytestmark = pytest.mark.req("R45")


# --- section 7.4: orders -------------------------------------------------------------------------

def new_order(*identifiers, **members):
    return lambda one: one.post(one.url("new-order"), {
        "identifiers": [{"type": "dns", "value": value} if isinstance(value, str) else value
                        for value in identifiers], **members})


NEW = "NewOrder request "
BAD = "Invalid identifiers requested :: Cannot issue for "


@table(
    ("no identifiers", lambda one: one.post(one.url("new-order"), {}), (400, "malformed"),
     NEW + "did not specify any identifiers"),
    ("empty list of identifiers", new_order(), (400, "malformed"),
     NEW + "did not specify any identifiers"),
    ("identifiers that are no list", lambda one: one.post(one.url("new-order"), {
        "identifiers": "a.example"}), (400, "malformed"), NEW + "did not specify any identifiers"),
    ("identifier without a type", new_order({"value": "a.example"}), (400, "malformed"),
     "Unable to unmarshal NewOrder request body"),
    ("identifier that is a text", lambda one: one.post(one.url("new-order"), {
        "identifiers": ["a.example"]}), (400, "malformed"),
     "Unable to unmarshal NewOrder request body"),
    ("IP address", new_order({"type": "ip", "value": "127.0.0.1"}), (400, "unsupportedIdentifier"),
     NEW + 'included unsupported identifier: type "ip", value "127.0.0.1"'),
    ("type that nobody knows", new_order({"type": "email", "value": "a@b.example"}),
     (400, "unsupportedIdentifier"),
     NEW + 'included unsupported identifier: type "email", value "a@b.example"'),
    ("empty identifier", new_order(""), (400, "malformed"), NEW + "included empty identifier"),
    ("name outside", new_order("shop.com"), (400, "rejectedIdentifier"), BAD + '"shop.com": '),
    ("name with an underscore", new_order("a_b.example"), (400, "rejectedIdentifier"),
     BAD + '"a_b.example": Domain name contains an invalid character'),
    ("begin", new_order("a.example", notBefore="2030-01-01T00:00:00Z"), (400, "malformed"),
     "NotBefore and NotAfter are not supported"),
    ("end", new_order("a.example", notAfter="2030-01-01T00:00:00Z"), (400, "malformed"),
     "NotBefore and NotAfter are not supported"),
    ("unknown profile", new_order("a.example", profile="gold"), (400, "invalidProfile"),
     'profile name "gold" not recognized'),
    ("profile that is no text", new_order("a.example", profile=1), (400, "malformed"),
     "Unable to unmarshal NewOrder request body"),
    ("101 names", new_order(*(f"n{i}.example" for i in range(101))), (400, "malformed"),
     ORDER + "Order cannot contain more than 100 identifiers"),
    ("26 names by tlsserver", new_order(*(f"n{i}.example" for i in range(26)), profile="tlsserver"),
     (400, "malformed"), ORDER + "Order cannot contain more than 25 identifiers"),
)
def test_orders(client, how, expected, detail):  # noqa: F811
    before = len(client.ca.journal("--kind", "order.created"))
    check(how(client), expected, detail)
    assert len(client.ca.journal("--kind", "order.created")) == before


def test_several_bad_names_are_named_each(client):  # noqa: F811
    reply = client.order("shop.com", "ok.example", "a_b.example")
    check(reply, (400, "rejectedIdentifier"), BAD + '"a_b.example": Domain name contains an invalid '
          'character (and 1 more problems. Refer to sub-problems for more information.)')
    assert [(sub["identifier"]["value"], sub["detail"][:34]) for sub in reply.json["subproblems"]] == [
        ("a_b.example", "Invalid identifiers requested :: D"),
        ("shop.com", "Invalid identifiers requested :: D")]


def not_there(path, payload=None):
    return lambda one: one.post(one.url(path), payload)


@table(
    ("order 999999", not_there("order/1/999999"), (404, "malformed"), "No order for ID 999999"),
    ("order x", not_there("order/1/x"), (404, "malformed"), "Invalid order ID"),
    ("order of account x", not_there("order/x/1"), (404, "malformed"), "Invalid account ID"),
    ("authorization 999999", not_there("authz/1/999999"), (404, "malformed"),
     "No such authorization"),
    ("authorization -1", not_there("authz/1/-1"), (404, "malformed"), "No such authorization"),
    ("challenge 1 of nobody", not_there("chall/999999/1/1", {}), (404, "malformed"),
     "No such challenge"),
    ("certificate 00", not_there("cert/00"), (404, "malformed"), "Certificate not found"),
    ("certificate zz", not_there("cert/zz"), (404, "malformed"), "Certificate not found"),
    ("finalize out of range", not_there("finalize/1/99999999999999999999", {"csr": ""}),
     (404, "malformed"), "Invalid order ID"),
    ("nothing", not_there("nothing"), (404, "malformed"), "Page not found"),
    ("newAuthz", not_there("new-authz", {"identifier": {"type": "dns", "value": "a.example"}}),
     (404, "malformed"), "Page not found"),
)
def test_what_is_not_there(client, how, expected, detail):  # noqa: F811
    check(how(client), expected, detail)


# --- section 7.4: what is asked to be signed -----------------------------------------------------

NAMES = ["csr.example", "www.csr.example"]


class ReadyOrder:
    """An order that no row may end, of an account that no row may lose."""

    def __init__(self, ca):  # noqa: F811
        self.responder = Responder(ca.http_port)
        self.client = Client(ca)
        assert self.client.register().status == 201
        self.responder.thumbprint = self.client.key.thumbprint
        self.order = self.client.order(*NAMES)
        assert self.client.validate(self.order).json["status"] == "ready"


@pytest.fixture(scope="module")
def ready(tmp_path_factory, knot):  # noqa: F811
    server = SandboxCa(tmp_path_factory.mktemp("ca") / "csr", knot.port).start()
    one = ReadyOrder(server)
    yield one
    one.responder.stop()
    server.stop()


def csr(names=None, *, key=None, common_name=None, extensions=(), digest=hashes.SHA256(), sans=()):
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else []
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(subject))
    san = [x509.DNSName(name) for name in (NAMES if names is None else names)] + list(sans)
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName(san), False)
    for extension in extensions:
        builder = builder.add_extension(extension, False)
    signed = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else digest)
    return signed.public_bytes(serialization.Encoding.DER)


def flipped(der):
    return der[:-1] + bytes([der[-1] ^ 1])


def pem_of(der):
    return x509.load_der_x509_csr(der).public_bytes(serialization.Encoding.PEM)


PUBLIC = FINAL + "invalid public key in CSR: "
ROWS = [
    ("no CSR", b"", (400, "malformed"), "Error parsing certificate request"),
    ("no ASN.1", b"hello", (400, "malformed"), "Error parsing certificate request"),
    ("PEM", pem_of(csr()), (400, "malformed"), "Error parsing certificate request"),
    ("octets behind it", csr() + b"\0", (400, "malformed"), "Error parsing certificate request"),
    ("cut", csr()[:-1], (400, "malformed"), "Error parsing certificate request"),
    ("bad signature", flipped(csr()), (400, "badCSR"), FINAL + "invalid signature on CSR"),
    ("SHA-1", csr(key=rsa.generate_private_key(65537, 2048), digest=hashes.SHA1()),
     (400, "badCSR"), FINAL + "signature algorithm not supported"),
    ("RSA of 1024 bits", csr(key=rsa.generate_private_key(65537, 1024)), (400, "badCSR"),
     PUBLIC + "key size not supported: 1024"),
    ("RSA of 2056 bits", csr(key=rsa.generate_private_key(65537, 2056)), (400, "badCSR"),
     PUBLIC + "key size not supported: 2056"),
    ("RSA with exponent 3", csr(key=rsa.generate_private_key(3, 2048)), (400, "badCSR"),
     PUBLIC + "key exponent must be 65537"),
    ("P-521", csr(key=ec.generate_private_key(ec.SECP521R1())), (400, "badCSR"),
     PUBLIC + "ECDSA curve P-521 not allowed"),
    ("P-224", csr(key=ec.generate_private_key(ec.SECP224R1())), (400, "badCSR"),
     PUBLIC + "ECDSA curve P-224 not allowed"),
    ("Ed25519", csr(key=ed25519.Ed25519PrivateKey.generate()), (400, "badCSR"),
     PUBLIC + "unsupported key type"),
    ("no names", csr([]), (400, "badCSR"), FINAL + "at least one identifier is required"),
    ("a name too few", csr(NAMES[:1]), (403, "unauthorized"),
     FINAL + "CSR does not specify same identifiers as Order"),
    ("a name too many", csr([*NAMES, "more.example"]), (403, "unauthorized"),
     FINAL + "CSR does not specify same identifiers as Order"),
    ("another common name", csr(common_name="more.example"), (403, "unauthorized"),
     FINAL + "CSR does not specify same identifiers as Order"),
    ("101 names", csr([f"n{i}.example" for i in range(101)]), (403, "unauthorized"),
     FINAL + "CSR identifier count is not at minimum 1 or at maximum 100"),
    ("mail address", csr(sans=[x509.RFC822Name("a@csr.example")]), (400, "badCSR"),
     FINAL + "CSR contains one or more email address fields"),
    ("URI", csr(sans=[x509.UniformResourceIdentifier("https://csr.example/")]), (400, "badCSR"),
     FINAL + "CSR contains one or more URI fields"),
    ("IP address", csr(sans=[x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
     (403, "unauthorized"), FINAL + "CSR does not specify same identifiers as Order"),
    ("IP address as common name", csr(common_name="127.0.0.1"), (400, "badCSR"),
     FINAL + "CSR contains IP address in Common Name"),
    ("must-staple", csr(extensions=[x509.TLSFeature([x509.TLSFeatureType.status_request])]),
     (403, "unauthorized"), FINAL + "OCSP must-staple extension is no longer available: see https://"),
]


@pytest.mark.parametrize("der,expected,detail", [row[1:] for row in ROWS],
                         ids=[row[0].replace(" ", "-") for row in ROWS])
def test_requests_for_certificates(ready, der, expected, detail):
    check(ready.client.finalize(ready.order, der), expected, detail)
    assert ready.client.post(ready.order.headers["Location"]).json["status"] == "ready"


@pytest.mark.parametrize("payload", [{}, {"csr": 1}, {"csr": "+/=="}, {"csr": None}])
def test_finalize_without_a_request(ready, payload):
    check(ready.client.post(ready.order.json["finalize"], payload), (400, "malformed"),
          "Error unmarshaling finalize order request")


def test_account_key_as_certificate_key(ready):
    check(ready.client.finalize(ready.order, csr(key=ready.client.key.key)), (400, "malformed"),
          FINAL + "certificate public key must be different than account key")


def test_finalized_too_early_and_twice(client):  # noqa: F811
    order = client.order("early.example")
    body = make_csr(["early.example"])[1]
    status = 'Order\'s status ("%s") is not acceptable for finalization'
    check(client.finalize(order, body), (403, "orderNotReady"), status % "pending")
    client.validate(order)
    client.complete(order, ["early.example"])
    check(client.finalize(order, body), (403, "orderNotReady"), status % "valid")


def test_what_belongs_to_another_account(client):  # noqa: F811
    done, _, _ = client.issue("mine.example")
    other = Client(client.ca)
    other.register()
    own, theirs = (one.kid.split("/")[-1] for one in (client, other))
    check(other.post(done.headers["Location"]), (404, "malformed"),
          f"No order found for account ID {own}")
    check(other.post(done.json["finalize"], {"csr": ""}), (404, "malformed"), "No order found for")
    authorization = done.json["authorizations"][0]
    challenge = client.challenge(authorization)["url"]
    check(other.post(authorization), (403, "unauthorized"),
          "Account ID doesn't match ID for authorization")
    check(other.post(authorization, {"status": "deactivated"}), (403, "unauthorized"),
          "Account ID doesn't match ID for authorization")
    check(other.post(challenge, {}), (403, "unauthorized"),
          "User account ID doesn't match account ID in authorization")
    check(other.post(done.json["certificate"]), (403, "unauthorized"),
          "Account in use did not issue specified certificate")
    # by its own account number in the path
    forged = done.headers["Location"].replace(f"/{own}/", f"/{theirs}/")
    check(other.post(forged), (404, "malformed"), f"No order found for account ID {theirs}")


def test_deactivation_of_authorizations(client):  # noqa: F811
    order = client.order("give-up.example")
    url = order.json["authorizations"][0]
    for payload in ({"status": "valid"}, {"status": 1}, {}):
        check(client.post(url, payload), (400, "malformed"), "Invalid status value")
    assert client.post(url, {"status": "deactivated"}).json["status"] == "deactivated"
    check(client.post(url, {"status": "deactivated"}), (400, "malformed"),
          "Error deactivating authorization :: ")
    challenge = client.challenge(url)["url"]
    check(client.post(challenge, {}), (400, "malformed"),
          "Unable to update challenge :: authorization must be pending")


def test_unknown_members_are_passed_over(client):  # noqa: F811
    assert client.order("unknown-member.example", notYet="2030-01-01T00:00:00Z").status == 201
