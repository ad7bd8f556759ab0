# SPDX-License-Identifier: Apache-2.0
"""The sandbox CA as a program behind an nginx with TLS, and Knot for its names."""
import contextlib
import datetime
import http.client
import http.server
import json
import os
import resource
import signal
import socket
import subprocess
import threading
import time

import dns.query
import dns.update
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from ca_client_kit import Client, Connection, b64
from edge_kit import BUILD, NGINX, free_port, wait_for

LATCHKEY = BUILD / "src" / "bin" / "latchkey"
KNOTD = "/usr/sbin/knotd"
# Profiles beside Let's Encrypt's.
OWN = [{"name": "minutes", "lifetime_s": 600}, {"name": "hours", "lifetime_s": 7200}]


def takes_connections(path):
    """A socket's file is there before anybody listens."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def stop_process(process, how=signal.SIGTERM):
    process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Knot:
    """The zone "." with these records, on a free port, and further zones: {name: records, or None for
    a zone that cannot be loaded}."""

    def __init__(self, folder, records, *, port=None, zones=None):
        folder.mkdir()
        self.folder, self.port = folder, port or free_port()
        (folder / "root.zone").write_text(
            "$ORIGIN .\n$TTL 0\n. SOA ns.invalid. admin.invalid. 1 60 60 600 0\n. NS ns.invalid.\n"
            "ns.invalid. A 127.0.0.1\n" + "\n".join(records) + "\n")
        (folder / "knot.conf").write_text(f"""
server:
    rundir: {folder}
    listen: 127.0.0.1@{self.port}
    tcp-workers: 1
    udp-workers: 1
    background-workers: 1
database:
    storage: {folder}
log:
  - target: stderr
    any: warning
acl:
  - id: here
    address: 127.0.0.1
    action: update
template:
  - id: default
    storage: {folder}
    acl: here
    zonefile-sync: -1
zone:
  - domain: .
    file: root.zone
""" + "".join(f"  - domain: {name}\n    file: {name}.zone\n" for name in zones or {}))
        for name, lines in (zones or {}).items():
            if lines is not None:
                (folder / f"{name}.zone").write_text("\n".join([
                    f"$ORIGIN {name}.", "$TTL 0", "@ SOA ns.invalid. admin.invalid. 1 60 60 600 0",
                    "@ NS ns.invalid.", *lines, ""]))
        with open(folder / "knot.log", "wb") as log:
            self.process = subprocess.Popen([KNOTD, "-c", folder / "knot.conf"], stdout=log,
                                            stderr=log)
        wait_for(self._answers, 10, "knot")

    def _answers(self):
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def set(self, name, kind, *values):
        """From now on the name has these records of this type, and no other (RFC 2136)."""
        update = dns.update.UpdateMessage(".")
        update.delete(name + ".", kind)
        for value in values:
            update.add(name + ".", 0, kind, value)
        assert dns.query.tcp(update, "127.0.0.1", 10, self.port).rcode() == 0, (name, values)

    def stop(self):
        stop_process(self.process)


class SandboxCa:
    """`latchkey ca` on a socket and nginx in front of it."""

    def __init__(self, folder, dns_port, *, http_port=None, https_port=None, **options):
        folder.mkdir()
        self.folder = folder
        self.port, self.http_port = free_port(), http_port or free_port()
        self.https_port = https_port or free_port()
        self.url = f"https://localhost:{self.port}"
        self.directory = f"{self.url}/directory"
        settings = {"socket": "ca.sock", "dir": "ca", "public_url": self.url,
                    "resolver": f"127.0.0.1@{dns_port}", "http_port": self.http_port,
                    "https_port": self.https_port, "validate_private": True, **options}
        self.config = folder / "latchkey.yaml"
        self.config.write_text(json.dumps({"sandbox_ca": settings}))
        self.root, self.roots = folder / "ca" / "root.pem", folder / "ca" / "roots.pem"
        self.environment = dict(os.environ)
        self.process = self.nginx = None
        self.limit = None  # of open files

    def command(self, *words):
        return [str(LATCHKEY), "ca", "--config", str(self.config), *words]

    def run(self, *words):
        return subprocess.run(self.command(*words), env=self.environment, check=True,
                              capture_output=True, text=True, timeout=30).stdout

    def start(self):
        self.run("init")
        self.start_ca()
        self._start_nginx()
        wait_for(self._is_up, 10, "the CA")
        return self

    def start_ca(self):
        socket_path = self.folder / "ca.sock"
        with contextlib.suppress(FileNotFoundError):
            socket_path.unlink()
        with open(self.folder / "ca.log", "ab") as log:
            self.process = subprocess.Popen(self.command("serve"), stderr=log, env=self.environment,
                                            preexec_fn=self._set_limit)
        wait_for(lambda: takes_connections(socket_path) or self.process.poll() is not None, 10, "the socket")
        assert self.process.poll() is None, self.log()

    def _set_limit(self):
        if self.limit:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.limit, self.limit))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        return (self.folder / "ca.log").read_text()

    def journal(self, *words):
        return [json.loads(line) for line in self.run("log", "--json", *words).splitlines()]

    def _start_nginx(self):
        conf = self.folder / "nginx.conf"
        user = "user root;" if os.getuid() == 0 else ""
        conf.write_text(f"""
{user} daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.log;
worker_processes 1;
events {{ worker_connections 2048; }}
http {{
    access_log off; client_body_temp_path {self.folder}/t1; proxy_temp_path {self.folder}/t2;
    fastcgi_temp_path {self.folder}/t3; uwsgi_temp_path {self.folder}/t4;
    scgi_temp_path {self.folder}/t5;
    upstream ca {{ server unix:{self.folder}/ca.sock; keepalive 32; }}
    map $uri $plain {{ ~^/(crl|issuer)/ /.plain$uri; default /.refused; }}
    server {{
        listen 127.0.0.1:{self.port} ssl;
        ssl_certificate {self.folder}/ca/service.pem;
        ssl_certificate_key {self.folder}/ca/service.key;
        keepalive_requests 100000;
        error_page 497 = $plain;
        location = /.refused {{ internal; return 400; }}
        location /.plain/ {{ internal; proxy_pass http://ca/; }}
        location / {{
            proxy_pass http://ca; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr;
        }}
    }}
}}
""")
        self.nginx = subprocess.Popen([NGINX, "-c", conf, "-e", self.folder / "nginx.log"])

    def _is_up(self):
        assert self.nginx.poll() is None, (self.folder / "nginx.log").read_text()
        with contextlib.suppress(OSError):
            return self.connect().request("GET", "/directory")[0] == 200
        return False

    def connect(self):
        return Connection(self.port, self.root)

    def stop(self):
        for process in (self.nginx, self.process):
            if process and process.poll() is None:
                stop_process(process)


class Management(http.client.HTTPConnection):
    """The management socket of a CA."""

    def __init__(self, ca):
        super().__init__("localhost", timeout=20)
        self.path = ca.folder / "ca" / "manage.sock"

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))

    def ask(self, method, path, body=None):
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        self.request(method, path, text, {"Content-Type": "application/json"} if text else {})
        reply = self.getresponse()
        return reply.status, json.loads(reply.read())


class Responder:
    """Answers http-01 on a port of one address: `answers` is {path: (status, headers, body)};
    without an entry the key authorization for `thumbprint` is given."""

    def __init__(self, port, address="127.0.0.1"):
        self.answers, self.thumbprint, self.seen = {}, "", []
        responder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                responder.seen.append((self.headers["Host"], self.path))
                token = self.path.rsplit("/", 1)[-1]
                status, headers, body = responder.answers.get(
                    self.path, (200, {}, f"{token}.{responder.thumbprint}\n".encode()))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
            request_queue_size = 256
            daemon_threads = True

        self.server = Server((address, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class RawServer:
    """Says these octets to whoever connects, and closes; None: says nothing and waits."""

    def __init__(self, address, port, octets):
        self.octets, self.open = octets, []
        self.socket = socket.create_server((address, port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.open.append(connection)
                if self.octets is not None:
                    connection.recv(4096)
                    connection.sendall(self.octets)
                    connection.shutdown(socket.SHUT_RDWR)
                    connection.close()

    def stop(self):
        self.socket.close()
        for connection in self.open:
            connection.close()


def leaf_of(pem):
    return x509.load_pem_x509_certificate(pem.encode())


def names_of(pem):
    return leaf_of(pem).extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)


def common_name(pem):
    found = leaf_of(pem).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return found[0].value if found else None


def openssl_verify(folder, root, pem):
    """What `openssl verify` says of a chain, leaf first."""
    end = pem.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----\n")
    (folder / "leaf.pem").write_text(pem[:end])
    (folder / "rest.pem").write_text(pem[end:])
    done = subprocess.run(["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile",
                           root, "-untrusted", folder / "rest.pem", folder / "leaf.pem"],
                          capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout + done.stderr


def id_of(pem):
    """What renewalInfo is asked by (RFC 9773 section 4.1)."""
    leaf = leaf_of(pem)
    key = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    serial = leaf.serial_number
    return (b64(key.key_identifier) + "." +
            b64(serial.to_bytes(serial.bit_length() // 8 + 1, "big")))


def serial_of(pem):
    return f"{leaf_of(pem).serial_number:x}".zfill(34)


def get(ca, path):
    status, headers, body = ca.connect().request("GET", path)
    return status, headers, json.loads(body)


def renewal_info(ca, identifier):
    """Window as two instants in seconds, Retry-After, explanationURL."""
    status, headers, body = get(ca, f"/acme/renewal-info/{identifier}")
    assert status == 200, body
    window = [datetime.datetime.fromisoformat(body["suggestedWindow"][end].replace("Z", "+00:00"))
              .timestamp() for end in ("start", "end")]
    return window, int(headers["Retry-After"]), body.get("explanationURL")


def validity(cert):
    """Begin and end, with every version of the library."""
    return [getattr(cert, f"not_valid_{word}_utc", None) or getattr(cert, f"not_valid_{word}")
            for word in ("before", "after")]


# --- fixtures, for `from ca_fixtures import ...` -------------------------------------------------

@pytest.fixture(scope="module")
def knot(tmp_path_factory):
    server = Knot(tmp_path_factory.mktemp("dns") / "knot",
                  ["*.example. A 127.0.0.1", "*.test. A 127.0.0.1"])
    yield server
    server.stop()


@pytest.fixture(scope="module")
def ca(tmp_path_factory, knot):
    server = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", knot.port).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def responder(ca):
    """Answers for whatever account asked last (see client)."""
    server = Responder(ca.http_port)
    yield server
    server.stop()


@pytest.fixture
def client(ca, responder):
    one = Client(ca)
    assert one.register().status == 201
    responder.thumbprint = one.key.thumbprint
    return one


@pytest.fixture
def moved(tmp_path, knot):
    """A CA of its own on a clock that `moved.to(seconds)` moves."""
    clock = tmp_path / "clock"
    clock.write_text("0")
    server = SandboxCa(tmp_path / "ca", knot.port, profiles=OWN)
    server.environment["LATCHKEY_CLOCK_FILE"] = str(clock)
    server.start()
    answers = Responder(server.http_port)

    def to(seconds):
        clock.write_text(str(seconds * 1000))
        time.sleep(0.3)

    server.client = Client(server)
    server.client.register()
    answers.thumbprint = server.client.key.thumbprint
    server.to, server.answers = to, answers
    yield server
    answers.stop()
    server.stop()
