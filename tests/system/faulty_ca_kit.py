# SPDX-License-Identifier: Apache-2.0
"""The sandbox CA behind a front that answers wrongly: any of its calls, in any of four ways, as often as
it is told to. What the CA has done by then is done."""
import contextlib
import http.client
import http.server
import json
import os
import socket
import ssl
import threading
import time

from ca_fixtures import SandboxCa
from edge_kit import free_port
from pebble_kit import listener_certificate

# The calls of RFC 8555 and 9773, by their paths at the sandbox CA.
CALLS = {"directory": "/directory", "newNonce": "/acme/new-nonce", "newAccount": "/acme/new-acct",
         "newOrder": "/acme/new-order", "authorization": "/acme/authz/", "challenge": "/acme/chall/",
         "order": "/acme/order/", "finalize": "/acme/finalize/", "certificate": "/acme/cert/",
         "revokeCert": "/acme/revoke-cert", "renewalInfo": "/acme/renewal-info/"}
FAULTS = ("garbage", "cut", "large", "drip")
LARGE = 10 * 1024 * 1024


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path_of_socket = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(str(self.path_of_socket))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.take_fault(self.path)
        there = Unix(self.server.socket_path)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in ("connection",)}
        there.request(self.command, self.path, body or None, {**headers, "X-Real-IP": "127.0.0.1"})
        reply = there.getresponse()
        content = reply.read()
        there.close()
        with contextlib.suppress(OSError):
            if fault:
                self.close_connection = True
                getattr(self, f"send_{fault}")(reply, content)
            else:
                self.send_head(reply, len(content))
                if self.command != "HEAD":
                    self.wfile.write(content)

    do_GET = do_POST = do_HEAD = answer

    def send_head(self, reply, size, **changed):
        self.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("connection", "content-length", "transfer-encoding", "date",
                                    "server", *(c.lower().replace("_", "-") for c in changed)):
                self.send_header(name, value)
        for name, value in changed.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def send_garbage(self, reply, _):
        noise = os.urandom(512)
        self.send_head(reply, len(noise), Replay_Nonce="!*!")
        if self.command != "HEAD":
            self.wfile.write(noise)

    def send_cut(self, reply, content):
        if self.command != "HEAD":
            self.send_head(reply, len(content) + 1000)
            self.wfile.write(content[:len(content) // 2])
        self.wfile.flush()
        self.connection.close()

    def send_large(self, reply, _):
        if self.command == "HEAD":  # no body, so it is the head that does not end
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            for _ in range(LARGE // 1024):
                self.wfile.write(b"X-Large: " + b"a" * 1013 + b"\r\n")
            return
        self.send_head(reply, LARGE)
        for _ in range(LARGE // 65536):
            self.wfile.write(b" " * 65536)

    def send_drip(self, reply, content):
        octets = content
        if not content:  # then it is the head that comes so slowly
            octets = b"HTTP/1.1 200 OK\r\nReplay-Nonce: " + b"a" * 40 + b"\r\n\r\n"
        else:
            self.send_head(reply, len(content))
        for octet in octets:
            if self.server.is_ending:
                return
            self.wfile.write(bytes([octet]))
            self.wfile.flush()
            time.sleep(1)


class Front(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port, socket_path, certificate, key):
        super().__init__(("127.0.0.1", port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.context, self.socket_path = context, socket_path
        self.lock, self.faults, self.is_ending = threading.Lock(), {}, False
        self.asked = 0  # requests that came

    def finish_request(self, request, client_address):  # in the thread of the connection
        with self.context.wrap_socket(request, server_side=True) as tls:
            super().finish_request(tls, client_address)

    def handle_error(self, request, client_address):
        pass  # clients that hang up are what this is for

    def set_fault(self, call, fault, count=1000000):
        with self.lock:
            self.faults[CALLS[call]] = [fault, count]

    def clear(self):
        with self.lock:
            self.faults = {}

    def take_fault(self, path):
        with self.lock:
            self.asked += 1
            for start, one in self.faults.items():
                if path.startswith(start) and one[1] > 0:
                    one[1] -= 1
                    return one[0]
        return None


class FaultyCa(SandboxCa):
    """Its front is ours instead of nginx."""

    def _start_nginx(self):
        self.front = Front(self.port, self.folder / "ca.sock", self.folder / "ca/service.pem",
                           self.folder / "ca/service.key")
        threading.Thread(target=self.front.serve_forever, daemon=True).start()

    def _is_up(self):
        with contextlib.suppress(OSError):
            return self.connect().request("GET", "/directory")[0] == 200
        return False

    def stop(self):
        self.front.is_ending = True
        self.front.shutdown()
        self.front.server_close()
        super().stop()


@contextlib.contextmanager
def fronted(platform, folder):
    """The platform, started with its sandbox CA behind a front of ours, which is platform.front."""
    ca, certificate, key = listener_certificate(folder, days=400)
    front = platform.front = Front(free_port(), platform.dir / "run/ca.sock", certificate, key)
    url = f"https://localhost:{front.server_port}"
    path = platform.dir / "latchkey.yaml"
    config = json.loads(path.read_text())
    config["sandbox_ca"]["public_url"] = url
    config["ca"][0].update({"directory": f"{url}/directory", "tls_ca_file": str(ca)})
    path.write_text(json.dumps(config))
    threading.Thread(target=front.serve_forever, daemon=True).start()
    try:
        with platform:
            yield platform
    finally:
        front.is_ending = True
        front.shutdown()
        front.server_close()
