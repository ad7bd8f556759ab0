# SPDX-License-Identifier: Apache-2.0
"""A relay between the agent and the feed that has every octet and the TLS key that `web` has, and
means harm. It has neither the store nor the feed key."""
import contextlib
import dataclasses
import http.client
import http.server
import ssl
import threading
import urllib.parse

import edge_records as er


def octets_of(body):
    """The records of a page, each as it is."""
    at = 0
    for _, _, _, _, key, value in er.split(body):
        size = er.HEADER_SIZE + len(key) + len(value) + 33
        yield body[at:at + size]
        at += size


@dataclasses.dataclass
class Reply:
    """What the honest side answers, for an attack to change. `send` replaces how it is sent: a
    function of (connection's handler, reply)."""
    path: str
    query: dict
    status: int
    headers: dict
    body: bytes
    send: object = None

    @property
    def is_feed(self):
        return self.path.endswith("/feed")

    @property
    def records(self):
        return list(octets_of(self.body))

    def cursor(self, epoch=0, seq=0):
        """Moves the cursor by so much."""
        was = [int(n) for n in self.headers["Latchkey-Cursor"].split("-")]
        self.headers["Latchkey-Cursor"] = f"{was[0] + epoch}-{was[1] + seq}"


class Relay:
    def __init__(self, port, certificate, ca_file):
        """In front of https://127.0.0.1:port, with the certificate and key of what is there."""
        self.upstream, self.ca_file = port, ca_file
        self.attack = None  # function(reply); None: honest
        self.hits = 0  # replies under attack
        self.seen = []  # every record that ever passed
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate)
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                with contextlib.suppress(OSError, ssl.SSLError):
                    relay.handle(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.attack = None
        self.server.shutdown()
        self.server.server_close()

    def ask(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        asked = {**query, "wait": "0"} if self.attack and "wait" in query else query
        upstream = http.client.HTTPSConnection(
            "127.0.0.1", self.upstream, timeout=30,
            context=ssl.create_default_context(cafile=str(self.ca_file)))
        with contextlib.closing(upstream):
            upstream.request("GET", f"{url.path}?{urllib.parse.urlencode(asked)}", headers={
                name: value for name, value in request.headers.items() if name != "Host"})
            answer = upstream.getresponse()
            headers = {name: value for name, value in answer.getheaders()
                       if name.startswith("Latchkey-")}
            return Reply(url.path, query, answer.status, headers, answer.read())

    def handle(self, request):
        reply = self.ask(request)
        if reply.status == 200:
            self.seen += [r for r in reply.records if r not in self.seen]
        if self.attack:
            self.attack(reply)
            self.hits += 1
        (reply.send or send)(request, reply)

    def old(self, key, which=0):
        """The first (second, ...) record of this LMDB key that passed."""
        return [r for r in self.seen for kind, _, _, _, k, _ in er.split(r)
                if kind.encode() + k == key][which]


def send(request, reply, length=None):
    request.send_response(reply.status)
    size = len(reply.body) if length is None else length
    for name, value in {"Content-Length": str(size), **reply.headers}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(reply.body)
