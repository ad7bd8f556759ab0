# SPDX-License-Identifier: Apache-2.0
"""Certificates and servers for tls-alpn-01 (RFC 8737), right and wrong ones."""
import datetime
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from ca_rules_kit import Listener, filled

PROTOCOL = "acme-tls/1"
ACME_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")


def name_of(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


class Certificate:
    """The one that is asked for, but for what `how` changes; "{name}" and the like are filled in."""

    def __init__(self, *, names=("{name}",), value="0420{hex}", critical=True, subject="", issuer=None,
                 key=None, days=30, extra=(), others=(), digest=hashes.SHA256(), is_resigned=False):
        self.__dict__.update({key: value for key, value in locals().items() if key != "self"})

    def _names(self, words):
        plain = [x509.DNSName(filled(name, words)) for name in self.names or ()]
        return x509.SubjectAlternativeName([*plain, *self.others])

    def make(self, words):
        key = (self.key or (lambda: ec.generate_private_key(ec.SECP256R1())))()
        now = datetime.datetime.utcnow()
        subject, issuer = (name_of(filled(text, words)) for text in (
            self.subject, self.subject if self.issuer is None else self.issuer))
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(
            key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(
            now - datetime.timedelta(days=60)).not_valid_after(
            now + datetime.timedelta(days=self.days))
        if self.names is not None:
            builder = builder.add_extension(self._names(words), False)
        if self.value is not None:
            octets = bytes.fromhex(filled(self.value, words))
            builder = builder.add_extension(
                x509.UnrecognizedExtension(ACME_IDENTIFIER, octets), self.critical)
        for extension in self.extra:
            builder = builder.add_extension(extension, False)
        signer = ec.generate_private_key(ec.SECP256R1()) if self.is_resigned else key
        digest = None if isinstance(signer, ed25519.Ed25519PrivateKey) else self.digest
        return builder.sign(signer, digest), key


class Tls:
    """A TLS server of OpenSSL at the port of https that shows a certificate."""

    def __init__(self, certificate, *, protocols=(PROTOCOL,), **how):
        self.certificate, self.protocols, self.how = certificate, protocols, how

    def start(self, attempt, address):
        return self.listen(attempt.world.ca.folder, attempt.ports["https"], address, attempt.words)

    def listen(self, folder, port, address, words):
        certificate, key = self.certificate.make(words)
        path = folder / f"{address}.pem"
        path.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_cert_chain(path)
        if self.protocols:
            context.set_alpn_protocols(list(self.protocols))
        for name, value in self.how.items():
            setattr(context, name, value)

        def talk(connection):
            with context.wrap_socket(connection, server_side=True) as stream:
                stream.recv(1)

        return Listener(address, port, talk)
