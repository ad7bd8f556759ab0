# SPDX-License-Identifier: Apache-2.0
"""A small world for the edge: a CA, an LMDB to fill, an origin that tells what it was asked, and a
real nginx with the module."""
import contextlib
import datetime
import http.server
import ipaddress
import json
import os
import pathlib
import random
import signal
import socket
import ssl
import subprocess
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

import edge_records as er

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LATCHKEY_BUILD", ROOT / "build"))
MODULE = pathlib.Path(os.environ.get("LATCHKEY_NGINX_MODULE",
                                     BUILD / "nginx" / "ngx_http_latchkey_module.so"))
PRELOAD = os.environ.get("LATCHKEY_NGINX_PRELOAD", "")
EDGE_FILL = BUILD / "tests" / "tools" / "edge_fill"
THUMBPRINT = "0123456789012345678901234567890123456789abc"
NGINX = "/usr/sbin/nginx"


# Below those that connections are given: whoever tries, again and again, a port that nobody listens at
# yet may be given just that one, is connected with itself, and holds the port.
PORTS = range(12000, 30000)
given_ports = set()


def free_port(address="127.0.0.1"):
    """One that nobody listens at, and that was not given before."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if port not in given_ports:
                s.bind((address, port))
                given_ports.add(port)
                return port


def wait_for(condition, seconds=10, what="condition", every=0.02):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(every)
    raise AssertionError(f"{what} did not come within {seconds} s")


class Ca:
    """A root and an intermediate, and leaves of realistic size below it."""

    def __init__(self):
        self.root_key = ec.generate_private_key(ec.SECP256R1())
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._ca("Test Root", self.root_key.public_key(), "Test Root", self.root_key)
        self.cert = self._ca("Test E1", self.key.public_key(), "Test Root", self.root_key)
        self.chain = [self.cert.public_bytes(serialization.Encoding.DER)]
        self.root_pem = self.root.public_bytes(serialization.Encoding.PEM).decode()

    @staticmethod
    def _name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def _builder(self, subject, public_key, issuer):
        now = datetime.datetime.utcnow()
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
                .public_key(public_key).serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1))
                .not_valid_after(now + datetime.timedelta(days=90)))

    def _ca(self, name, public_key, issuer, issuer_key):
        return (self._builder(self._name(name), public_key, self._name(issuer))
                .add_extension(x509.BasicConstraints(True, None), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), False)
                .sign(issuer_key, hashes.SHA256()))

    def leaf(self, names, key):
        """A name that begins with a digit is an IPv4 address."""
        builder = self._builder(x509.Name([]), key.public_key(), self.cert.subject)
        names = x509.SubjectAlternativeName(
            [x509.IPAddress(ipaddress.ip_address(n)) if n[:3].isdigit() else x509.DNSName(n)
             for n in names])
        return (builder.add_extension(names, critical=True)
                .add_extension(x509.BasicConstraints(False, None), critical=True)
                .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self.key.public_key()), False)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
                .sign(self.key, hashes.SHA256()))


def der_element(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


class World:
    """The LMDB of one edge. Each call commits at once, as the agent would."""

    def __init__(self, folder, name="lmdb"):
        self.folder = pathlib.Path(folder)
        self.lmdb = self.folder / name
        self.keys = self.folder / "keys"
        self.keys.mkdir(exist_ok=True)
        self.edge_key = os.urandom(32)
        self._write_key("edge-1", self.edge_key)
        self.check_key = os.urandom(32)
        self.ca = Ca()
        self.rev = 0
        self.count = 0

    def _write_key(self, name, key):
        path = self.keys / name
        path.write_bytes(key)
        path.chmod(0o400)

    def next_rev(self):
        self.rev += 1
        return self.rev

    def put(self, *records):
        subprocess.run([EDGE_FILL, "put", self.lmdb], input=b"".join(records), check=True)

    def raw(self, kind, key, value):
        subprocess.run([EDGE_FILL, "raw", self.lmdb, kind, key], input=value, check=True)

    def readers(self):
        out = subprocess.run([EDGE_FILL, "readers", self.lmdb], capture_output=True, check=True)
        return int(out.stdout)

    def settings(self, origins):
        body = er.settings_body(self.check_key, origins)
        self.put(er.record("S", "settings", body, self.next_rev()))

    def certificate_records(self, names, key=None, owner=None, der=None):
        """(id, records, leaf); `der` makes other octets of the leaf."""
        self.count += 1
        ident = f"crt_{self.count:026d}"
        key = key or ec.generate_private_key(ec.SECP256R1())
        leaf = self.ca.leaf(names, key)
        der = der(leaf) if der else leaf.public_bytes(serialization.Encoding.DER)
        point = 0
        if isinstance(key, rsa.RSAPrivateKey):
            secret = key.private_bytes(serialization.Encoding.DER,
                                       serialization.PrivateFormat.PKCS8,
                                       serialization.NoEncryption())
            key_type = er.PKCS8
        else:
            secret = key.private_numbers().private_value.to_bytes(32, "big")
            key_type = er.P256
            point = der.index(key.public_key().public_bytes(
                serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint))
        sealed = er.seal(self.edge_key, 1, "certificate-key", owner or ident, secret)
        body = er.certificate_body(der, self.ca.chain, sealed, key_type, point)
        chain = er.record("i", er.chain_hash(self.ca.chain), er.chain_body(self.ca.chain),
                          self.next_rev())
        return ident, [chain, er.record("c", ident, body, self.next_rev())], leaf

    def host_record(self, host, site, canonical=None, origin="demo", certificate="", flags=0,
                    hsts=0):
        body = er.host_body(site, canonical or host, origin, certificate, flags, hsts)
        return er.record("h", host, body, self.next_rev())

    def site(self, site, hosts, canonical=None, key=None, flags=0, hsts=0, origin="demo"):
        """A certificate over all hosts, and the hosts. Returns the leaf."""
        ident, records, leaf = self.certificate_records(hosts, key)
        for host in hosts:
            records.append(self.host_record(host, site, canonical or hosts[-1], origin, ident,
                                            flags, hsts))
        self.put(*records)
        return leaf

    def remove(self, kind, key):
        self.put(er.record(kind, key, None, self.next_rev()))

    def challenge(self, host, token):
        self.put(er.record("t", er.challenge_key(host, token),
                           f"{token}.{THUMBPRINT}".encode(), self.next_rev()))


    def oddly_encoded(self, leaf):
        """The same certificate with a length that is longer than need be (BER), signed as it is."""
        content = leaf.tbs_certificate_bytes[4:]
        assert content.startswith(b"\xa0\x03")
        tbs = der_element(0x30, b"\xa0\x81\x03" + content[2:])
        signature = self.ca.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
        ecdsa_with_sha256 = bytes.fromhex("300a06082a8648ce3d040302")
        return der_element(0x30, tbs + ecdsa_with_sha256
                           + der_element(0x03, b"\0" + signature))


class Origin:
    """Answers with what it was asked, as JSON."""

    def __init__(self, name="origin", headers=()):
        origin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.dumps({
                    "origin": name, "method": self.command, "path": self.path,
                    "host": self.headers.get("Host"), "site": self.headers.get("X-Site"),
                    "body": self.rfile.read(length).decode()}).encode()
                origin.requests += 1
                self.send_response(200)
                for key, value in headers:
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_POST = do_HEAD = do_PUT = answer

            def log_message(self, *_):
                pass

        self.requests = 0
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


CONF = """
load_module {module};
{user}
daemon off;
worker_processes {workers};
pid {dir}/nginx.pid;
error_log {dir}/error.log info;
worker_shutdown_timeout 1s;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {dir}/tmp-body;
    proxy_temp_path {dir}/tmp-proxy;
    fastcgi_temp_path {dir}/tmp-fastcgi;
    uwsgi_temp_path {dir}/tmp-uwsgi;
    scgi_temp_path {dir}/tmp-scgi;
    latchkey_lmdb {lmdb};
    latchkey_keys {keys};
    latchkey_cache_size {cache};
    {port_line}
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{https} ssl http2;
        server_name _;
        ssl_reject_handshake on;
        ssl_protocols TLSv1.2 TLSv1.3;
        {ssl}
        latchkey_tls on;
        latchkey_http on;
        location / {{
            proxy_pass http://$latchkey_origin;
            proxy_http_version 1.1;
            proxy_set_header Host $host;
            proxy_set_header X-Site $latchkey_site;
        }}
        {more}
    }}
}}
"""


class Nginx:
    def __init__(self, world, folder=None, workers=2, cache="64m", ssl_lines="", more="",
                 port_line=None, https_port=None):
        self.world = world
        self.dir = pathlib.Path(folder or world.folder / "nginx")
        self.dir.mkdir(exist_ok=True)
        self.http = free_port()
        self.https = https_port or free_port()
        self.log = self.dir / "error.log"
        port_line = f"latchkey_https_port {self.https};" if port_line is None else port_line
        self.conf = self.dir / "nginx.conf"
        self.conf.write_text(CONF.format(
            module=MODULE, user="user root;" if os.geteuid() == 0 else "", workers=workers,
            dir=self.dir, lmdb=world.lmdb, keys=world.keys, cache=cache, http=self.http,
            https=self.https, ssl=ssl_lines, more=more, port_line=port_line))
        self.process = None

    def command(self):
        return [NGINX, "-p", str(self.dir), "-c", str(self.conf), "-e", str(self.log)]

    @staticmethod
    def environment():
        env = dict(os.environ)
        if PRELOAD:
            env["LD_PRELOAD"] = PRELOAD
            env.setdefault("ASAN_OPTIONS", "detect_leaks=0:abort_on_error=1")
        return env

    def start(self):
        self.process = subprocess.Popen(self.command(), env=self.environment(), stdout=subprocess.DEVNULL,
                                        stderr=(self.dir / "stderr").open("ab"))
        wait_for(self.answers, 10, "nginx")
        return self

    def answers(self):
        assert self.process.poll() is None, self.log.read_text() + \
            (self.dir / "stderr").read_text()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.http), 1).close()
            return bool(self.workers())
        return False

    def test_config(self):
        done = subprocess.run(self.command() + ["-t"], env=self.environment(),
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stderr + self.log.read_text()

    def workers(self):
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def stop(self):
        if self.process and self.process.poll() is None:
            workers = self.workers()
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                for pid in workers + [self.process.pid]:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                self.process.wait(5)
        self.process = None

    def log_text(self):
        return self.log.read_text() + (self.dir / "stderr").read_text()

    # requests

    def plain(self, host, path="/", method="GET", headers=(), body=b""):
        with socket.create_connection(("127.0.0.1", self.http), 5) as s:
            return exchange(s, host, path, method, headers, body)

    def tls(self, host, path="/", method="GET", sni=None, headers=(), body=b"", **kind):
        with self.connect(sni or host.split(":")[0], **kind) as s:
            return exchange(s, host, path, method, headers, body)

    def context(self, version=None, verify=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.world.ca.root_pem)
        if not verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if version:
            context.minimum_version = context.maximum_version = version
        return context

    def connect(self, sni, context=None, version=None, session=None, verify=True):
        context = context or self.context(version, verify)
        s = socket.create_connection(("127.0.0.1", self.https), 5)
        try:
            return context.wrap_socket(s, server_hostname=sni, session=session)
        except BaseException:
            s.close()
            raise

    def serial(self, host, **kind):
        """Of the certificate that a full handshake shows."""
        with self.connect(host, **kind) as s:
            return x509.load_der_x509_certificate(s.getpeercert(True)).serial_number


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def exchange(s, host, path="/", method="GET", headers=(), body=b""):
    lines = [f"{method} {path} HTTP/1.1"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += ["Connection: close"] + [f"{k}: {v}" for k, v in headers]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    s.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    s.settimeout(10)
    raw = b""
    while True:
        try:
            part = s.recv(65536)
        except (ssl.SSLEOFError, ConnectionResetError):
            break
        if not part:
            break
        raw += part
    head, _, rest = raw.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {}
    for line in lines[1:]:
        key, _, value = line.partition(": ")
        headers.setdefault(key.lower(), []).append(value)
    return Reply(int(lines[0].split()[1]), headers, rest)
