# SPDX-License-Identifier: Apache-2.0
"""An RDAP server (RFC 7480, 9083), for tests: there is none among the packages, so this is a fake at the border
of the process. It tells what it was asked.

What it says of a domain is a dictionary:
  status     words of "status" (RFC 8056); none: "active"
  expires    days from now to "expiration", or no such event
  registered false: 404
  http       another status instead, with `headers`
  body       other octets instead, as text
  via        a URL that it sends on to, from below its own
"""
import datetime
import http.server
import json
import ssl
import threading

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from edge_kit import Ca

TYPE = "application/rdap+json"


def day(days):
    """The date of an event so many days from now, as people are told it."""
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days)).strftime("%Y-%m-%d")


def answer_about(domain, says):
    """{…} as RFC 9083 section 5.3 has it."""
    events = [{"eventAction": "registration", "eventDate": "2001-02-03T04:05:06Z"}]
    if "expires" in says:
        events.append({"eventAction": "expiration", "eventDate": day(says["expires"]) + "T12:00:00.0+00:00"})
    return {"rdapConformance": ["rdap_level_0"], "objectClassName": "domain", "handle": "1-TEST",
            "ldhName": domain.upper(), "status": says.get("status", ["active"]), "events": events,
            "entities": [{"objectClassName": "entity", "roles": ["registrar"]}]}


class Registry:
    """At port 443 of an address; https, with a root of its own."""

    def __init__(self, address, host, folder, says):
        self.says, self.asked, self.url = says, [], f"https://{host}/rdap/"
        self.root, services = folder / "rdap-root.pem", folder / "services.json"
        # As IANA has it: https://data.iana.org/rdap/dns.json
        services.write_text(json.dumps({"version": "1.0", "services": [
            [["com", "net"], ["https://dead.nic.example/"]], [["example"], [self.url]]]}))
        self.named_by = {"RDAP": self.url, "RDAP_SERVICES": str(services)}
        self.server = http.server.ThreadingHTTPServer((address, 443), self._handler())
        self.server.daemon_threads = True
        self.server.socket = self._context(host, folder).wrap_socket(self.server.socket, server_side=True,
                                                                    do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def _context(self, host, folder):
        ca, key = Ca(), ec.generate_private_key(ec.SECP256R1())
        pem = serialization.Encoding.PEM
        (folder / "rdap.pem").write_bytes(
            ca.leaf([host], key).public_bytes(pem) + ca.cert.public_bytes(pem) + key.private_bytes(
                pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        self.root.write_text(ca.root_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "rdap.pem")
        return context

    def answer(self, path):
        """(status, headers, body)"""
        domain = path.rsplit("/", 1)[1]
        says = self.says.get(domain, {})
        if "via" in says and path.startswith("/rdap/"):
            return 302, {"Location": says["via"]}, b""
        if not says.get("registered", True):
            return 404, {}, json.dumps({"errorCode": 404, "title": "not found"}).encode()
        body = says.get("body", json.dumps(answer_about(domain, says)))
        return says.get("http", 200), says.get("headers", {}), body.encode()

    def _handler(registry):  # pylint: disable=no-self-argument
        class Handler(http.server.BaseHTTPRequestHandler):
            """GET …/domain/NAME"""

            def do_GET(self):
                registry.asked.append(self.path)
                status, headers, body = registry.answer(self.path)
                self.send_response(status)
                for name, value in {"Content-Type": TYPE, "Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        return Handler

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
