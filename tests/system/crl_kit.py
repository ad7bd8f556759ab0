# SPDX-License-Identifier: Apache-2.0
"""The CRLs of a sandbox CA, found and fetched as relying parties do, and revocation by an account."""
import http.client

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID as Access

from ca_client_kit import b64


def place_of(cert):
    """Where its CRL is."""
    point, = cert.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return point.full_name[0].value


def issuer_place_of(cert):
    access, = cert.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    assert access.access_method == Access.CA_ISSUERS
    return access.access_location.value


def fetch(ca, url):
    """By plain HTTP."""
    host = f"http://localhost:{ca.port}"
    assert url.startswith(f"{host}/"), url
    connection = http.client.HTTPConnection("127.0.0.1", ca.port, timeout=20)
    connection.request("GET", url.removeprefix(host), headers={"Host": f"localhost:{ca.port}"})
    reply = connection.getresponse()
    return reply.status, reply.headers["Content-Type"], reply.read()


def crl_of(ca, cert):
    status, kind, der = fetch(ca, place_of(cert))
    assert (status, kind) == (200, "application/pkix-crl"), der
    return x509.load_der_x509_crl(der)


def number_of(crl):
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def entry_of(crl, cert):
    """When and why (None: unspecified) it was revoked; None: it was not."""
    entry = crl.get_revoked_certificate_by_serial_number(cert.serial_number)
    if not entry:
        return None
    reasons = [e.value.reason.value for e in entry.extensions]
    return getattr(entry, "revocation_date_utc", None) or entry.revocation_date, *reasons


def revoke(signer, cert, reason=None):
    return signer.post(signer.url("revoke-cert"), {
        "certificate": b64(cert.public_bytes(Encoding.DER)),
        **({} if reason is None else {"reason": reason})})
