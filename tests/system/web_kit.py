# SPDX-License-Identifier: Apache-2.0
"""`latchkey serve --role web` alone, over its Unix socket: a store, no worker, no nginx."""
import contextlib
import http.client
import json
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import types

from platform_kit import LATCHKEY, Contract, free_port, wait_for


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    """What Contract.check() and a test want to know of an answer."""

    def __init__(self, method, path, response):
        self.url = "http://localhost" + path
        self.request = types.SimpleNamespace(method=method)
        self.status_code = response.status
        self.headers = {k.title(): v for k, v in response.getheaders()}
        self.content = response.read()

    def json(self):
        return json.loads(self.content)


class Client:
    """Requests with one token, each answer held against the contract."""

    contract = Contract()

    def __init__(self, web, token=None):
        self.web, self.token = web, token

    def call(self, method, path, body=None, want=None, headers=None, raw=None):
        connection = UnixConnection(self.web.socket)
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            raw = json.dumps(body).encode()
        if raw is not None:
            headers.setdefault("Content-Type", "application/json")
        with contextlib.closing(connection):
            connection.request(method, path, body=raw, headers=headers)
            answer = Answer(method, path, connection.getresponse())
        self.contract.check(answer)
        if want is not None:
            assert answer.status_code == want, \
                f"{method} {path}: {answer.status_code} {answer.content[:500]}"
        return answer

    def get(self, path, want=200):
        return self.call("GET", path, want=want).json()

    def post(self, path, body, want=201, **more):
        return self.call("POST", path, body, want=want, **more).json()

    def patch(self, path, body, want=200):
        return self.call("PATCH", path, body, want=want).json()


class Web:
    """A store with an operator's token, and the API over it."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="latchkey-web-"))
        self.socket = self.dir / "run/web.sock"
        self.config = self.dir / "latchkey.yaml"
        (self.dir / "run").mkdir()
        self.config.write_text(json.dumps({
            "mode": "sandbox",
            "ca": [{"id": "sandbox", "name": "Sandbox CA", "kind": "sandbox",
                    "directory": "https://localhost:1/directory"}],
            "origins": [{"id": "one", "address": "127.0.0.1:8090"},
                        {"id": "two", "address": "127.0.0.1:8091"}],
            "dns": {"forwarder": f"127.0.0.1@{free_port()}", "timeout_ms": 300},
            "web": {"public_url": "https://admin.platform.example"},
            "names": {"reserved": ["platform.example"]},
            "edge": {"ipv4": ["127.0.0.1"], "http_port": 8080, "https_port": 8443},
        }))
        self.run("migrate")
        self.operator = Client(self, self.run("token", "create", "test").stdout.strip())
        self.process = None

    def run(self, *command, want=0):
        done = subprocess.run([LATCHKEY, *command, "--config", self.config], capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == want, f"{command}: {done.returncode} {done.stderr}"
        return done

    def start(self):
        self.log = open(self.dir / "web.log", "ab")
        self.process = subprocess.Popen([LATCHKEY, "serve", "--role", "web", "--config", self.config],
                                        stderr=self.log)
        wait_for(self.is_up)
        return self

    def is_up(self):
        assert self.process.poll() is None, (self.dir / "web.log").read_text()
        with contextlib.suppress(OSError):
            return Client(self).call("GET", "/healthz").status_code == 200
        return False

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.log.close()
        return code

    def lines(self, event="http.request"):
        return [line for line in (self.dir / "web.log").read_text().splitlines()
                if f" event={event} " in line]

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        if self.process.poll() is None:
            assert self.stop() == 0
        if kind is None:
            shutil.rmtree(self.dir)

    def sql(self, *statements):
        """In one transaction, as another process would."""
        with contextlib.closing(sqlite3.connect(self.dir / "latchkey.db", timeout=10)) as db, db:
            return [db.execute(*s).fetchall() for s in statements]

    # --- tenants ---

    def partner(self, name="Partner"):
        partner = self.operator.post("/v1/partners", {"name": name})
        made = self.operator.post("/v1/tokens", {"name": name, "partner_id": partner["id"]})
        client = Client(self, made["token"])
        client.partner = partner
        client.account = client.post("/v1/accounts", {"name": f"{name}'s", "email": "o@mail.example"})
        return client

    def account(self, partner):
        made = partner.post("/v1/tokens", {"name": "a", "account_id": partner.account["id"]})
        client = Client(self, made["token"])
        client.account = partner.account
        return client

    def domain(self, client, name, want=201):
        site = client.post("/v1/sites", {"account_id": client.account["id"],
                                         "name": name[:200]})
        return client.post("/v1/domains", {"site_id": site["id"], "name": name}, want=want)

    def edge(self, name="edge-1", group="default"):
        made = self.operator.post("/v1/edges", {"name": name, "addresses": ["127.0.0.1"],
                                                "group": group})
        client = Client(self, made["token"])
        client.edge = made
        return client


class Later:
    """A call in a thread; result() waits for it and says how long it took."""

    def __init__(self, what, *arguments, **more):
        def run():
            begin = time.monotonic()
            self.answer = what(*arguments, **more)
            self.took = time.monotonic() - begin
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()

    def result(self, seconds=30):
        self.thread.join(seconds)
        assert not self.thread.is_alive(), f"no answer within {seconds} s"
        return self.answer, self.took
