# SPDX-License-Identifier: Apache-2.0
"""Servers of websites that are not ours, or not as they should be: small stand-ins."""
import dataclasses
import re
import socket
import ssl
import subprocess
import tempfile

from ca_rules_kit import Full, Listener


def server_context():
    """TLS with a certificate that nobody trusts."""
    with tempfile.TemporaryDirectory() as folder:
        key, cert = f"{folder}/key", f"{folder}/cert"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=proxy", "-keyout", key,
                        "-out", cert], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
    return context


class Say:
    """Answers each request with these octets; None: with nothing, and waits."""

    def __init__(self, address, port, octets, is_tls=False):
        self.octets = octets
        self.context = server_context() if is_tls else None
        self.listener = Listener(address, port, self._talk)

    def _talk(self, connection):
        if self.context:
            connection = self.context.wrap_socket(connection, server_side=True)
        request = connection.recv(65536)
        if self.octets is None:
            connection.recv(65536)
            return
        head = request.decode("latin-1").split("\r\n")
        host = next((line[6:] for line in head if line.lower().startswith("host: ")), "")
        path = head[0].split(" ")[1] if head[0].count(" ") == 2 else ""
        connection.sendall(self.octets.replace(b"{host}", host.encode())
                           .replace(b"{path}", path.encode()))

    def stop(self):
        self.listener.stop()


class Proxy:
    """A CDN that speaks http and https to visitors, and plain http to the edge: "Flexible"."""

    def __init__(self, address, edge, headers, page):
        self.edge, self.headers, self.page = edge, headers, page
        context = server_context()
        self.listeners = [Listener(address, 80, self._talk),
                          Listener(address, 443, lambda one: self._talk(
                              context.wrap_socket(one, server_side=True)))]

    def _talk(self, connection):
        request = connection.recv(65536)
        if not request:
            return
        path = request.split(b" ")[1].decode()
        if self.page and not path.startswith("/.well-known/"):
            reply = self.page.replace("{host}", re.search(rb"(?i)host: (\S+)", request)[1].decode())
            connection.sendall(reply.encode())
        else:
            with socket.create_connection((self.edge, 80), 5) as edge:
                edge.sendall(re.sub(rb"(?i)connection: [^\r]*", b"Connection: close", request)
                             if b"onnection:" in request else
                             request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                reply = b""
                while part := edge.recv(65536):
                    reply += part
            extra = "".join(f"\r\n{name}: {value}" for name, value in self.headers.items())
            reply = re.sub(rb"\r\nServer: [^\r]*", b"", reply)
            connection.sendall(reply.replace(b"\r\n", extra.encode() + b"\r\n", 1))
        if isinstance(connection, ssl.SSLSocket):
            connection.unwrap()

    def stop(self):
        for listener in self.listeners:
            listener.stop()


def http_octets(server):
    body = server.get("body", "").encode()
    headers = {"Content-Length": str(len(body)), "Connection": "close", **server.get("headers", {})}
    head = [f"HTTP/1.1 {server.get('status', 200)} X"] + [f"{k}: {v}" for k, v in headers.items()]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def start_server(server, address, edge):
    """A row of `servers` (doctor-cases/README.md) at an address; `edge` is where a proxy passes on to."""
    port = server.get("port", 80)
    kind = server.get("kind", "http")
    if kind == "full":
        attempt = dataclasses.make_dataclass("Attempt", ["ports"])({"http": port})
        return Full().start(attempt, address)
    if kind == "proxy":
        return Proxy(address, edge, server.get("headers", {}), server.get("says", ""))
    if kind == "tls":
        return Say(address, port, http_octets(server), is_tls=True)
    octets = {"silent": None, "cut": b"", "raw": server.get("raw", "").encode("latin-1")}
    return Say(address, port, octets[kind] if kind in octets else http_octets(server))
