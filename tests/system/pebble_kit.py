# SPDX-License-Identifier: Apache-2.0
"""pebble and pebble-challtestsrv on loopback, Debian's and (where tools/install could build it) the
newest, and what pebble's log says it was asked."""
import collections
import datetime
import ipaddress
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.request
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge_kit import free_port, wait_for

NEWEST = pathlib.Path(__file__).resolve().parents[2] / "build-go"
# Where the programs are, what challtestsrv calls its DNS listener, and what it is not to listen for.
VERSIONS = {"debian": (pathlib.Path("/usr/bin"), "-dns01", [])}
if (NEWEST / "pebble").exists():
    VERSIONS["newest"] = (NEWEST, "-dnsserver", ["-doh", ""])
REQUEST = re.compile(r"(GET|HEAD|POST) (\S+) -> calling handler\(\)")
KINDS = {"/dir": "directory", "/nonce-plz": "newNonce", "/sign-me-up": "newAccount",
         "/order-plz": "newOrder", "/authZ/": "authorization", "/chalZ/": "challenge",
         "/my-order/": "order", "/finalize-order/": "finalize", "/certZ/": "certificate",
         "/revoke-cert": "revokeCert", "/my-account/": "account"}


def listener_certificate(folder, days=30):
    """A CA of its own for pebble's https; returns the paths of CA, certificate and key."""
    now = datetime.datetime.utcnow()

    def build(subject, key, issuer, signer, extensions):
        builder = (x509.CertificateBuilder()
                   .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
                   .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
                   .public_key(key.public_key()).serial_number(x509.random_serial_number())
                   .not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=days)))
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, hashes.SHA256())

    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca = build("Pebble listener CA", ca_key, "Pebble listener CA", ca_key,
               [(x509.BasicConstraints(True, None), True)])
    leaf = build("localhost", key, "Pebble listener CA", ca_key, [(x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)])
    paths = [folder / name for name in ("ca.pem", "server.pem", "server.key")]
    paths[0].write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    paths[2].write_bytes(key.private_bytes(serialization.Encoding.PEM,
                                           serialization.PrivateFormat.PKCS8,
                                           serialization.NoEncryption()))
    return paths


def stop_all(processes):
    for process in reversed(processes):
        process.send_signal(signal.SIGTERM)
    for process in reversed(processes):
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Pebble:
    """One CA. http_port is where it looks for http-01 answers, on 127.0.0.1, for every name; with
    `dns` (address:port) it asks that server instead of a challtestsrv of its own. `config` adds to
    pebble.json."""

    def __init__(self, folder, http_port, *, version="debian", dns=None, dns_port=None, address="127.0.0.1", tls_port=None, nonce_reject=0,
                 config=None, **environment):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.dns, self.http_port, self.version = folder, dns, http_port, version
        self.dns_port = dns_port  # of its challtestsrv; None: any
        self.address = address    # of every name
        self.programs, self.dns_flag, self.silent = VERSIONS[version]
        self.challtestsrv = None  # URL of its management
        self.port, self.management_port = free_port(), free_port()
        self.directory = f"https://127.0.0.1:{self.port}/dir"
        self.ca_file, certificate, key = listener_certificate(folder)
        (folder / "pebble.json").write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{self.port}",
            "managementListenAddress": f"127.0.0.1:{self.management_port}",
            "certificate": str(certificate), "privateKey": str(key),
            "httpPort": http_port, "tlsPort": tls_port or free_port(), "ocspResponderURL": "",
            "externalAccountBindingRequired": False, **(config or {})}}))
        self.environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0",
                            "PEBBLE_WFE_NONCEREJECT": str(nonce_reject), **environment}
        self.log_path = folder / "pebble.log"
        self.processes = []

    def start(self):
        if not self.dns:
            self.start_challtestsrv()
        self.start_pebble()
        return self

    def start_challtestsrv(self):
        management = f"127.0.0.1:{free_port()}"
        self.dns, self.challtestsrv = f"127.0.0.1:{self.dns_port or free_port()}", f"http://{management}"
        self._run(self.folder / "challtestsrv.log", self.programs / "pebble-challtestsrv",
                  "-defaultIPv4", self.address, "-defaultIPv6", "", self.dns_flag, self.dns,
                  "-http01", "", "-https01", "", "-tlsalpn01", "", *self.silent,
                  "-management", management)

    def start_pebble(self):
        self._run(self.log_path, self.programs / "pebble", "-config",
                  str(self.folder / "pebble.json"), "-dnsserver", self.dns)
        wait_for(self._is_up, 20, "pebble")

    def kill_pebble(self):
        """With all that it knows."""
        process = self.processes.pop()
        process.kill()
        process.wait()

    def _run(self, log_path, *command):
        with open(log_path, "ab") as log:
            self.processes.append(subprocess.Popen(command, stdout=log, stderr=log,
                                                   env=self.environment, cwd=self.folder))

    def _is_up(self):
        for process in self.processes:
            assert process.poll() is None, self.log_path.read_text()[-2000:]
        try:
            return self.fetch(self.directory)
        except OSError:
            return None

    def fetch(self, url):
        context = ssl.create_default_context(cafile=str(self.ca_file))
        with urllib.request.urlopen(url, timeout=5, context=context) as reply:
            return reply.read()

    def management(self, path):
        return self.fetch(f"https://127.0.0.1:{self.management_port}{path}")

    def root(self):
        return self.management("/roots/0").decode()

    def as_ca(self, root):
        """The row of a configuration; its root is written to this path."""
        root.write_text(self.root())
        return {"id": "pebble", "name": "Pebble", "kind": "private", "is_default": False,
                "directory": self.directory, "tls_ca_file": str(self.ca_file), "roots": [str(root)]}

    def requests(self):
        """How often each kind of request was made, from the log."""
        counts = collections.Counter()
        for _, path in REQUEST.findall(self.log_path.read_text(errors="replace")):
            kind = next((kind for start, kind in KINDS.items()
                         if path == start or (start.endswith("/") and path.startswith(start))), path)
            counts[kind] += 1
        return counts

    def stop(self):
        stop_all(self.processes)
        self.processes = []
