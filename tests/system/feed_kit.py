# SPDX-License-Identifier: Apache-2.0
"""A feed to play the control plane, honest or not, and the agent under test."""
import base64
import http.server
import os
import pathlib
import re
import resource
import signal
import ssl
import subprocess
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import edge_records as er
from edge_kit import BUILD, EDGE_FILL, Ca, wait_for

LATCHKEY = BUILD / "src" / "bin" / "latchkey"
TOKEN = "edge-token-0123456789"


class Feed:
    """Records by key, newest only, in the order of their last change; over https."""

    def __init__(self, folder, epoch=1000, group="default", key=None):
        self.folder = pathlib.Path(folder)
        self.group, self.epoch, self.key, self.kid = group, epoch, key or os.urandom(32), 1
        self.seq, self.rev = 0, 0
        self.rows = {}  # db key -> (seq, record)
        self.floor = 0  # cursors below it get 410
        self.page_size = 3
        self.tamper = None  # function(path, status, headers, body) -> the same three
        self.more = {}  # path -> function(query, body) -> status, headers, body
        self.requests = []  # (path, query) in order
        self.trouble = None  # what the agent last said of itself
        self.kept = None  # and of hosts that it keeps
        self.had = None  # and where it was before its snapshot
        self.changed = threading.Condition()
        self.is_closing = False
        self.nudges = 0
        self._serve()

    def _serve(self):
        self.ca = Ca()
        key = ec.generate_private_key(ec.SECP256R1())
        pem = self.folder / "feed.pem"
        pem.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption())
            + self.ca.leaf(["127.0.0.1"], key).public_bytes(serialization.Encoding.PEM)
            + self.ca.cert.public_bytes(serialization.Encoding.PEM))
        self.ca_file = self.folder / "feed-ca.pem"
        self.ca_file.write_text(self.ca.root_pem)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(pem)
        self.port = 0
        self.open()

    def open(self):
        feed = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                feed.handle(self)

            do_POST = do_GET

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            allow_reuse_address = True
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.is_closing = False
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_port
        self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        with self.changed:
            self.is_closing = True
            self.changed.notify_all()
        self.server.shutdown()
        self.server.server_close()

    # what the worker does

    def make(self, kind, key, body, **kind_of):
        self.rev += 1
        fields = {"rev": self.rev, "epoch": self.epoch, "feed_key": self.key,
                  "group": self.group, "kid": self.kid}
        return er.record(kind, key, body, **{**fields, **kind_of})

    def publish(self, *records):
        with self.changed:
            for record in records:
                _, _, _, _, key, _ = next(er.split(record))
                self.seq += 1
                self.rows[record[1:2] + key] = (self.seq, record)
            self.changed.notify_all()

    def put(self, kind, key, body, **kind_of):
        record = self.make(kind, key, body, **kind_of)
        self.publish(record)
        return record

    def host(self, name, site="site_1", origin="demo", **kind_of):
        return self.put("h", name, er.host_body(site, name, origin), **kind_of)

    def settings(self, **origins):
        return self.put("S", "settings", er.settings_body(bytes(32), origins))

    def forget(self, kind, key):
        """Deleted, and its tombstone too: who has missed it needs a snapshot."""
        with self.changed:
            self.rows.pop(kind.encode() + (key.encode() if isinstance(key, str) else key))
            self.seq += 1
            self.floor = self.seq
            self.changed.notify_all()

    def live(self):
        return [key for key, _, _ in self.versions()]

    def versions(self):
        found = ((k, next(er.split(r))) for k, (_, r) in self.rows.items() if k[:1] != b"e")
        return sorted((k, epoch, rev) for k, (_, flags, epoch, rev, _, _) in found if flags == 0)

    def end(self, **kind_of):
        return self.put("e", "end", er.end_body(self.versions()), **kind_of)

    # what the relay does

    def handle(self, request):
        url = urllib.parse.urlsplit(request.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if self.is_closing:  # a connection from before
            request.close_connection = True
            return
        self.requests.append((url.path, query))
        self.trouble = request.headers.get("Latchkey-Trouble")
        self.kept = request.headers.get("Latchkey-Kept")
        if url.path == "/v1/edge/snapshot":
            self.had = request.headers.get("Latchkey-Had")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            status, headers, body = 401, {}, b""
        elif url.path in self.more:
            octets = request.rfile.read(int(request.headers.get("Content-Length", 0)))
            status, headers, body = self.more[url.path](query, octets)
        elif url.path == "/v1/edge/feed":
            status, headers, body = self.page(query)
        else:
            status, headers, body = self.snapshot(query)
        if self.tamper:
            status, headers, body = self.tamper(url.path, status, headers, body)
        request.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def page(self, query):
        epoch, seq = (int(n) for n in query["cursor"].split("-"))
        end = time.monotonic() + min(float(query["wait"]), 10)
        with self.changed:
            if epoch != self.epoch or seq < self.floor or seq > self.seq:
                return 410, {}, b""
            nudges = self.nudges
            while not self.is_closing and self.seq <= seq and self.nudges == nudges \
                    and time.monotonic() < end:
                self.changed.wait(0.5)
            if epoch != self.epoch:
                return 410, {}, b""
            rows = sorted(row for row in self.rows.values() if row[0] > seq)[:self.page_size]
            last = rows[-1][0] if rows else self.seq
            return (200, {"Latchkey-Cursor": f"{self.epoch}-{last}"},
                    b"".join(record for _, record in rows))

    def snapshot(self, query):
        after = query.get("after", "")
        after = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4))
        with self.changed:
            keys = sorted(k for k in self.rows if k > after)
            page = keys[:self.page_size]
            headers = {"Latchkey-Cursor": query.get("head") or f"{self.epoch}-{self.seq}"}
            if len(keys) > len(page):
                headers["Latchkey-After"] = \
                    base64.urlsafe_b64encode(page[-1]).decode().rstrip("=")
            return 200, headers, b"".join(self.rows[k][1] for k in page)

    def nudge(self):
        """Lets polls that wait return, so that `tamper` has its way with them."""
        with self.changed:
            self.nudges += 1
            self.changed.notify_all()

    def begin_epoch(self, *records):
        """What a restored control plane does, which has only what make() made of these."""
        with self.changed:
            self.epoch += 1000
            self.rev, self.seq, self.floor = 0, 0, 0
            self.rows.clear()
        self.publish(*(self.make(*record) for record in records))
        self.nudge()

    def acked(self):
        cursors = [q["cursor"] for path, q in self.requests if path == "/v1/edge/feed"]
        return cursors[-1] if cursors else None

    def snapshots(self):
        return sum(1 for path, q in self.requests
                   if path == "/v1/edge/snapshot" and "after" not in q)


class Agent:
    def __init__(self, folder, feed, group="default"):
        self.folder = pathlib.Path(folder)
        self.feed = feed
        self.lmdb = self.folder / "lmdb"
        self.keys = self.folder / "agent-keys"
        self.keys.mkdir(mode=0o700, exist_ok=True)
        self.write_key(feed.kid, feed.key, group)
        self.token = self.folder / "token"
        self.token.write_text(TOKEN + "\n")
        self.token.chmod(0o600)
        self.log = self.folder / "agent.log"
        self.env = {
            "PATH": os.environ["PATH"], "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""),
            "LATCHKEY_EDGE_NAME": "edge-1", "LATCHKEY_EDGE_GROUP": group,
            "LATCHKEY_EDGE_LMDB_DIR": str(self.lmdb),
            "LATCHKEY_EDGE_FEED_URL": f"https://127.0.0.1:{feed.port}",
            "LATCHKEY_EDGE_FEED_CA_FILE": str(feed.ca_file),
            "LATCHKEY_EDGE_TOKEN_FILE": str(self.token),
            "LATCHKEY_SIGNER_KEYS_DIR": str(self.keys),
        }
        self.process = None

    def write_key(self, kid, key, group="default"):
        path = self.keys / f"feed-{group}-{kid}"
        path.write_bytes(key)
        path.chmod(0o400)

    def start(self, file_size=None):
        def limit():
            if file_size:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

        with self.log.open("ab") as log:
            self.process = subprocess.Popen([LATCHKEY, "edge"], env=self.env, cwd=self.folder,
                                            stderr=log, stdout=log, preexec_fn=limit)
        return self

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def log_text(self):
        return self.log.read_text() if self.log.exists() else ""

    def logged(self, pattern, since=0):
        return re.search(pattern, self.log_text()[since:])

    def wait_log(self, pattern, seconds=10, since=0):
        wait_for(lambda: self.logged(pattern, since), seconds, f"log line {pattern}")

    def octets(self):
        if not (self.lmdb / "data.mdb").exists():
            return b""
        return subprocess.run([EDGE_FILL, "get", self.lmdb], capture_output=True,
                              check=True).stdout

    def records(self):
        """db key -> (epoch, rev, body), tombstones as None."""
        return {kind.encode() + key: (epoch, rev, None if flags else body)
                for kind, flags, epoch, rev, key, body in er.split(self.octets())}

    def live(self):
        return sorted(k for k, v in self.records().items() if v[2] is not None and k[:1] != b"e")

    def wait_acked(self, seconds=10):
        """Until the agent's cursor is the head of the feed: then all of it is on disk."""
        wait_for(lambda: self.feed.acked() == f"{self.feed.epoch}-{self.feed.seq}", seconds,
                 "acknowledgement")
