# SPDX-License-Identifier: Apache-2.0
"""A small ACME client that can also do what no decent client does."""
import base64
import hashlib
import http.client
import json
import ssl
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


class Connection:
    """One TLS connection that stays open."""

    def __init__(self, port, root):
        context = ssl.create_default_context(cafile=str(root))
        self.http = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)

    def request(self, method, path, body=None, headers=None):
        self.http.request(method, path, body, headers or {})
        reply = self.http.getresponse()
        return reply.status, reply.headers, reply.read()


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, octets):
    return b64(value.to_bytes(octets, "big"))


class Key:
    """An account key: "ES256", "ES384" or "RS256"."""

    def __init__(self, alg="ES256", key=None):
        curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1()}
        self.alg = alg
        self.key = key or (rsa.generate_private_key(65537, 2048) if alg == "RS256"
                           else ec.generate_private_key(curves[alg]))
        numbers = self.key.public_key().public_numbers()
        if alg == "RS256":
            self.jwk = {"e": number(numbers.e, 3), "kty": "RSA",
                        "n": number(numbers.n, self.key.key_size // 8)}
        else:
            size = self.key.curve.key_size // 8
            self.jwk = {"crv": f"P-{self.key.curve.key_size}", "kty": "EC",
                        "x": number(numbers.x, size), "y": number(numbers.y, size)}
        text = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True)
        self.thumbprint = b64(hashlib.sha256(text.encode()).digest())

    def sign(self, data):
        if self.alg == "RS256":
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        digest = hashes.SHA256() if self.alg == "ES256" else hashes.SHA384()
        r, s = utils.decode_dss_signature(self.key.sign(data, ec.ECDSA(digest)))
        size = self.key.curve.key_size // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    def jws(self, header, payload):
        body = "" if payload is None else payload if isinstance(payload, str) else json.dumps(payload)
        protected, body = b64(json.dumps({"alg": self.alg, **header})), b64(body)
        return json.dumps({"protected": protected, "payload": body, "signature":
                           b64(self.sign(f"{protected}.{body}".encode()))})


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def problem(self):
        return (self.status, self.json["type"].removeprefix("urn:ietf:params:acme:error:"))


def make_csr(names, key=None, signer=None):
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    return key, builder.sign(signer or key, hashes.SHA256()).public_bytes(
        serialization.Encoding.DER)


class Client:
    """An account of the CA, on one connection."""

    def __init__(self, ca, key=None):
        self.ca, self.key, self.kid = ca, key or Key(), None
        self.connection, self.nonce = ca.connect(), None

    def fresh_nonce(self):
        _, headers, _ = self.connection.request("HEAD", "/acme/new-nonce")
        return headers["Replay-Nonce"]

    def post(self, url, payload=None, *, key=None, header=None, content_type="application/jose+json"):
        """A signed request; `header` changes the protected header, None removes a member."""
        key = key or self.key
        protected = {"nonce": self.nonce or self.fresh_nonce(), "url": url,
                     **({"kid": self.kid} if self.kid else {"jwk": key.jwk}), **(header or {})}
        protected = {name: value for name, value in protected.items() if value is not None}
        return self.send(url, key.jws(protected, payload), content_type)

    def send(self, url, body, content_type="application/jose+json"):
        headers = {"Content-Type": content_type} if content_type else {}
        reply = Reply(*self.connection.request("POST", url.removeprefix(self.ca.url), body, headers))
        self.nonce = reply.headers["Replay-Nonce"]
        return reply

    def url(self, path):
        return f"{self.ca.url}/acme/{path}"

    def register(self, **payload):
        reply = self.post(self.url("new-acct"), {"termsOfServiceAgreed": True, **payload})
        if reply.status in (200, 201):
            self.kid = reply.headers["Location"]
        return reply

    def order(self, *names, **members):
        return self.post(self.url("new-order"), {"identifiers": [
            {"type": "dns", "value": name} for name in names], **members})

    def poll(self, url, while_status, seconds=20):
        end = time.monotonic() + seconds
        while True:
            reply = self.post(url)
            if reply.json["status"] not in while_status:
                return reply
            assert time.monotonic() < end, reply.json
            time.sleep(0.02)

    def challenge(self, url, kind="http-01"):
        """This challenge of an authorization; the only one when it is decided."""
        challenges = {one["type"]: one for one in self.post(url).json["challenges"]}
        return challenges[kind]

    def validate(self, order, kind="http-01"):
        """Answers a challenge of each authorization of a new order; returns the order when it is
        decided."""
        for url in order.json["authorizations"]:
            reply = self.post(self.challenge(url, kind)["url"], {})
            assert reply.status == 200, reply.json
        return self.poll(order.headers["Location"], ["pending"])

    def finalize(self, order, csr):
        return self.post(order.json["finalize"], {"csr": b64(csr)})

    def issue(self, *names, key=None, **members):
        """The whole way; returns (order, PEM chain, private key)."""
        order = self.order(*names, **members)
        assert order.status == 201, order.json
        assert self.validate(order).json["status"] == "ready"
        return self.complete(order, names, key)

    def complete(self, order, names, key=None):
        """From a ready order on."""
        key, csr = make_csr(names, key)
        assert self.finalize(order, csr).json["status"] == "processing"
        done = self.poll(order.headers["Location"], ["processing"])
        assert done.json["status"] == "valid", done.json
        chain = self.post(done.json["certificate"])
        assert chain.status == 200, chain.json
        return done, chain.body.decode(), key
