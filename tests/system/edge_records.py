# SPDX-License-Identifier: Apache-2.0
"""Edge records, written a second time: what src/edge says they are must be what this says."""
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOMBSTONE = 1
REDIRECT, HSTS = 1, 2
P256, PKCS8 = 1, 2
HEADER = ">BcHQQHI"
HEADER_SIZE = struct.calcsize(HEADER)


def len8(text):
    return bytes([len(text)]) + text.encode()


def len16(octets):
    return struct.pack(">H", len(octets)) + octets


def mac(feed_key, group, octets):
    prefix = b"latchkey-feed-1\0" + len8(group)
    return hmac.new(feed_key, prefix + octets, "sha256").digest()


def record(kind, key, body, rev, epoch=1, feed_key=bytes(32), group="default", kid=1, flags=None):
    """kind: one letter; body None: a deletion."""
    key = key.encode() if isinstance(key, str) else key
    if flags is None:
        flags = TOMBSTONE if body is None else 0
    head = struct.pack(HEADER, 1, kind.encode(), flags, epoch, rev, len(key), len(body or b""))
    octets = head + key + (body or b"") + bytes([kid])
    return octets + mac(feed_key, group, octets)


def split(octets):
    """Yields (kind, flags, epoch, rev, key, body) of each record."""
    at = 0
    while at < len(octets):
        _, kind, flags, epoch, rev, key_len, body_len = struct.unpack_from(HEADER, octets, at)
        at += HEADER_SIZE + key_len + body_len
        yield (kind.decode(), flags, epoch, rev, octets[at - body_len - key_len:at - body_len],
               octets[at - body_len:at])
        at += 33


def host_body(site, canonical, origin, certificate="", flags=0, hsts=0, issued_at=0):
    return (len8(site) + struct.pack(">II", flags, hsts) + len8(canonical) + len8(origin)
            + len8(certificate) + (struct.pack(">Q", issued_at) if issued_at else b""))


def read_host(body):
    """(site, certificate) of a host's body."""
    def text(at):
        return body[at + 1:at + 1 + body[at]].decode(), at + 1 + body[at]
    site, at = text(0)
    _, at = text(at + 8)
    _, at = text(at)
    return site, text(at)[0]


def seal(key, kid, kind, owner, secret):
    nonce = os.urandom(12)
    label = f"latchkey-seal-1|{kind}|{owner}|{kid}".encode()
    return bytes([1, kid]) + nonce + AESGCM(key).encrypt(nonce, secret, label)


def chain_hash(chain):
    return hashlib.sha256(b"".join(chain)).digest()


def chain_body(chain):
    return bytes([len(chain)]) + b"".join(len16(der) for der in chain)


def certificate_body(leaf, chain, sealed, key_type=P256, point=None):
    if point is None:
        point = 0
    return bytes([key_type]) + struct.pack(">H", point) + chain_hash(chain) + len16(sealed) + \
        len16(leaf)


def challenge_key(host, token):
    return host.encode() + b"\0" + token.encode()


def settings_body(check_key, origins):
    body = check_key + struct.pack(">H", len(origins))
    for name in sorted(origins):
        body += len8(name) + len8(origins[name])
    return body


def end_body(versions):
    """(db key, epoch, rev) of each live record."""
    digest = sum(int.from_bytes(hashlib.sha256(key + struct.pack(">QQ", epoch, rev)).digest(), "big")
                 for key, epoch, rev in versions) % 2**256
    return struct.pack(">Q", len(versions)) + digest.to_bytes(32, "big")
