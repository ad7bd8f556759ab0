# SPDX-License-Identifier: Apache-2.0
"""A whole Latchkey in a folder of its own: `latchkey run` with its real parts.

Inside a network namespace (tests/system/in-namespace) the edges are on the documentation's addresses
and the real ports 80 and 443; elsewhere on loopback and high ports.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import time

import jsonschema
import requests
import yaml

import post_mortem
from edge_kit import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("LATCHKEY_BUILD", ROOT / "build"))
LATCHKEY = BUILD / "src/bin/latchkey"
IN_NAMESPACE = os.environ.get("LATCHKEY_NETNS") == "1"
DELEGATION_ZONE = "proof.example"
START_S = 60
WAIT_S = 30
SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:")


def wait_for(what, seconds=WAIT_S, every=0.02):
    """Calls `what` until it returns something true, which is returned."""
    end = time.monotonic() + seconds
    while True:
        got = what()
        if got:
            return got
        assert time.monotonic() < end, f"{what} did not come true in {seconds} s"
        time.sleep(every)


class Contract:
    """docs/openapi.yaml: every answer of the API is held against it."""

    def __init__(self):
        with open(ROOT / "docs/openapi.yaml", encoding="utf-8") as f:
            self.document = yaml.safe_load(f)
        self.paths = [(re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), path, item)
                      for path, item in self.document["paths"].items()]

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def operation(self, method, path):
        for pattern, _, item in sorted(self.paths, key=lambda row: row[1].count("{")):
            if pattern.match(path) and method.lower() in item:
                return item[method.lower()]
        return None

    def check(self, response):
        path = requests.utils.urlparse(response.url).path
        operation = self.operation(response.request.method, path)
        if operation is None:
            return
        responses = operation["responses"]
        answer = responses.get(str(response.status_code), responses.get("default"))
        assert answer, f"{response.request.method} {path}: {response.status_code} is not in the contract"
        content = self.resolve(answer).get("content", {})
        kind = response.headers.get("Content-Type", "").split(";")[0]
        if not response.content:
            return
        assert kind in content, f"{response.request.method} {path}: {kind} is not in the contract"
        if kind.endswith("json"):
            schema = {**content[kind]["schema"], "components": self.document["components"]}
            jsonschema.Draft202012Validator(schema).validate(response.json())


class Api:
    """The API with one token. Every answer is checked against the contract."""

    contract = None

    def __init__(self, url, token, roots):
        Api.contract = Api.contract or Contract()
        self.url, self.token, self.roots = url, token, roots
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(roots)
        if token:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method, path, body=None, want=None, **more):
        if body is not None:
            more["json"] = body
        answer = self.session.request(method, self.url + path, timeout=WAIT_S, **more)
        self.contract.check(answer)
        if want is not None:
            assert answer.status_code == want, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def get(self, path, want=200):
        return self.call("GET", path, want=want).json()

    def post(self, path, body, want=201):
        return self.call("POST", path, body, want=want).json()

    def patch(self, path, body, want=200):
        return self.call("PATCH", path, body, want=want).json()


class Edge:
    def __init__(self, name, addresses):
        self.name, self.addresses = name, addresses


def documented_events():
    """Kinds of events as the documents have them; those of issuances by the drawn table."""
    partner, operator, table = (ROOT.joinpath("docs", name).read_text(encoding="utf-8") for name in
                                ("partner.md", "operator.md", "architecture.md"))
    drawn = table.split("<!-- states: issuance -->")[1].split("<!-- /states -->")[0]
    steps = re.findall(r"--> \w+: (\w+)$", drawn, re.M)
    rows = "\n".join(text.split("\n## Events\n")[1].split("\n## ")[0] for text in (partner, operator))
    return {f"issuance.{step}" for step in steps} | set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", rows))


class Platform:
    """`latchkey run`, ready: its demo order is live. stop() or `with` ends it."""

    def __init__(self, config=None, clock=False, build=None):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="latchkey-"))
        self.latchkey = (pathlib.Path(build) if build else BUILD) / "src/bin/latchkey"
        post_mortem.platforms.add(self)
        self.process = None
        self.zone_serial = int(time.time())
        self.environment = dict(os.environ)
        if clock:
            self.clock_file = self.dir / "clock"
            self.clock_file.write_text("0")
            self.environment["LATCHKEY_CLOCK_FILE"] = str(self.clock_file)
        self._choose_places()
        self.configure(config or {})

    def _choose_places(self):
        if IN_NAMESPACE:
            self.edges = [Edge("edge-1", ["192.0.2.1", "2001:db8::1"]), Edge("edge-2", ["192.0.2.2"])]
            self.http_port, self.https_port = 80, 443
        else:
            self.edges = [Edge("edge-1", ["127.0.0.1", "::1"]), Edge("edge-2", ["127.0.0.2"])]
            self.http_port, self.https_port = free_port(), free_port()
        self.front_port, self.ca_port, self.dns_port, self.origin_port = (
            free_port() for _ in range(4))
        self.url = f"https://localhost:{self.front_port}"
        self.ca_url = f"https://localhost:{self.ca_port}"

    def addresses(self, version=None):
        every = [a for edge in self.edges for a in edge.addresses]
        return [a for a in every if version is None or (":" in a) == (version == 6)]

    def configure(self, changes):
        """Writes the configuration, with these sections changed (lists are added to)."""
        dns = f"127.0.0.1@{self.dns_port}"
        config = {
            "mode": "sandbox",
            "net": {"own_prefixes": ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
                                     "2001:db8::/32"]},
            "ca": [{"id": "sandbox", "name": "Sandbox CA", "kind": "sandbox",
                    "directory": f"{self.ca_url}/directory", "tls_ca_file": "ca/roots.pem",
                    "roots": ["ca/roots.pem"], "is_default": True}],
            "origins": [{"id": "demo", "address": f"127.0.0.1:{self.origin_port}"}],
            "dns": {"forwarder": dns, "trust_anchor": "", "port": self.dns_port,
                    "update": [{"zone": DELEGATION_ZONE, "servers": [dns], "tsig_key": "latchkey-proof",
                                "tsig_file": "dns/proof.key"}]},
            "store": {"url": "sqlite:latchkey.db"},
            "web": {"public_url": self.url},
            "sandbox_ca": {"public_url": self.ca_url, "resolver": dns, "http_port": self.http_port,
                           "https_port": self.https_port, "validate_private": True},
            "edge": {"feed_ca_file": "ca/roots.pem", "http_port": self.http_port,
                     "https_port": self.https_port, "ipv4": self.addresses(4),
                     "ipv6": self.addresses(6)},
            "check": {"retry_min_ms": 200, "retry_max_ms": 1000},
            "run": {"edges": [{"name": e.name, "addresses": e.addresses} for e in self.edges],
                    "front_port": self.front_port, "ca_port": self.ca_port,
                    "dns_port": self.dns_port, "origin_port": self.origin_port},
        }
        for section, values in changes.items():
            if isinstance(values, dict):
                config.setdefault(section, {}).update(values)
            else:
                config[section] = config.get(section, []) + values
        (self.dir / "latchkey.yaml").write_text(json.dumps(config))

    def spawn(self, *options):
        """`latchkey run`, which is not ready yet; returns its process."""
        self.output = open(self.dir / "output.log", "ab", buffering=0)
        self.process = subprocess.Popen(
            [self.latchkey, "run", "--once", "--keep", "--dir", self.dir, *options],
            stdout=subprocess.PIPE, stderr=self.output, env=self.environment, text=True)
        return self.process

    def start(self, *options):
        self.spawn(*options)
        end = time.monotonic() + START_S
        for line in self.process.stdout:
            self.output.write(line.encode())
            if line.startswith("{"):
                self.summary = json.loads(line)
                break
            assert time.monotonic() < end, \
                f"latchkey run is not ready:\n{self.log('output')}\n{self.log('worker')}"
        else:
            raise AssertionError(f"latchkey run ended:\n{self.log('output')}")
        assert self.summary["live"], self.summary
        self.operator = Api(self.url, (self.dir / "operator.token").read_text().strip(), self.roots)
        return self

    @property
    def roots(self):
        return self.dir / "ca/roots.pem"

    def log(self, name):
        path = self.dir / "output.log" if name == "output" else self.dir / f"log/{name}.log"
        return path.read_text(errors="replace")[-20000:] if path.exists() else ""

    def rows(self, query, *words):
        """Rows of the platform's store, as dicts."""
        with contextlib.closing(sqlite3.connect(f"file:{self.dir}/latchkey.db?mode=ro", uri=True, timeout=30)) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, words).fetchall()]

    def pid(self, name):
        """The process that `latchkey run` calls `name` (worker, web, edge-1, ...)."""
        return int((self.dir / f"run/{name}.pid").read_text().split()[0])

    def kill(self, name, number=signal.SIGKILL):
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process:
            self.end()

    def end(self):
        """After the end of the process; returns its status."""
        status = self.process.wait(30)
        self.process.stdout.close()
        self.output.close()
        return status

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, kind, value, trace):
        self.stop()
        if kind is None:
            self.check_sanitizers()
            self.check_events()
            self.remove()

    def check_sanitizers(self):
        """That no part of a sanitizers' build has complained."""
        for path in [self.dir / "output.log", *self.dir.glob("log/*.log")]:
            bad = [line for line in path.read_text(errors="replace").splitlines()
                   if SANITIZER.search(line)]
            assert not bad, (path.name, bad[:5])

    def check_events(self):
        """That the documents have every kind of event that was told."""
        store = self.dir / "latchkey.db"
        if not store.exists():
            return
        with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as db:
            told = {kind for kind, in db.execute("SELECT DISTINCT kind FROM event")}
        assert told <= documented_events(), told - documented_events()

    # --- names ---

    def zone(self, domain, records, ns="ns.invalid."):
        """Serves `domain` with these lines (relative to it), and waits until they are served."""
        path = self.dir / f"dns/zones/{domain}.zone"
        self.zone_serial += 1  # two changes of one moment must differ
        serial = self.zone_serial
        text = (f"@ 1 IN SOA ns.invalid. hostmaster.invalid. {serial} 3600 600 86400 1\n"
                f"@ 1 IN NS {ns}\n" + "".join(line + "\n" for line in records))
        path.with_suffix(".tmp").write_text(text)
        path.with_suffix(".tmp").rename(path)
        wait_for(lambda: self.dig(domain, "SOA").split()[2:3] == [str(serial)])

    def dig(self, name, kind):
        return subprocess.run(["kdig", "+short", f"@127.0.0.1", "-p", str(self.dns_port), name, kind],
                              capture_output=True, text=True, check=False).stdout.strip()

    def right_records(self, www="CNAME"):
        records = [f"@ 1 IN A {a}" for a in self.addresses(4)]
        records += [f"@ 1 IN AAAA {a}" for a in self.addresses(6)]
        if www == "CNAME":
            records.append("www 1 IN CNAME @")
        return records

    def delegate(self, api, domain, more=()):
        """Serves what a wildcard is of, with the record that the partner is told to set; returns
        where it leads."""
        told, = api.get(f"/v1/domains/{domain['id']}")["delegations"]
        base = domain["name"].removeprefix("*.")
        assert told["type"] == "CNAME" and told["name"] == f"_acme-challenge.{base}"
        assert re.fullmatch("[0-9a-f]{32}." + DELEGATION_ZONE, told["value"])
        self.zone(base, [*self.right_records(), *more,
                         f"_acme-challenge 1 IN CNAME {told['value']}."])
        return told["value"]

    # --- tenants ---

    def tenant(self, name="Partner", brand="Brand"):
        """A partner with an account; returns its Api, with .partner and .account."""
        partner = self.operator.post("/v1/partners", {"name": name, "brand": brand})
        token = self.operator.post("/v1/tokens", {"name": name, "partner_id": partner["id"]})
        api = Api(self.url, token["token"], self.roots)
        api.partner = partner
        api.account = api.post("/v1/accounts", {"name": f"{name}'s customer",
                                                "email": "owner@example.com", "country": "DE",
                                                "state": "DE-BE"})
        return api

    def lift_caps(self, api):
        """For a load: its partner may ask as often as it can."""
        self.operator.patch(f"/v1/partners/{api.partner['id']}/share", {"requests_per_min": 0})

    def site(self, api, **more):
        return api.post("/v1/sites", {"account_id": api.account["id"], "name": "Site", **more})

    def domain(self, api, name, want=201, site=None):
        site = site or self.site(api)
        return api.post("/v1/domains", {"site_id": site["id"], "name": name}, want=want)

    def order(self, api, domain, want=202, **more):
        return api.post("/v1/orders", {"domain_id": domain["id"], **more}, want=want)

    def status(self, api, domain):
        return api.get(f"/v1/domains/{domain['id']}/status")

    def wait_live(self, api, domain, seconds=WAIT_S):
        def is_live():
            status = self.status(api, domain)
            return status if status["issuance"]["state"] == "live" else None
        return wait_for(is_live, seconds)

    def ordered(self, api, name, records=None, seconds=WAIT_S):
        """A domain with right DNS, ordered and live; returns (site, domain, status)."""
        self.zone(name, self.right_records() if records is None else records)
        site = self.site(api)
        domain = self.domain(api, name, site=site)
        self.order(api, domain)
        return site, domain, self.wait_live(api, domain, seconds)

    # --- on the wire ---

    def http(self, address, host, path="/", method="GET", port=None, headers=None):
        """One request over plain http to this address; returns (status, headers, body)."""
        with socket.create_connection((address, port or self.http_port), timeout=10) as s:
            return talk(s, host, path, method, headers)

    def https(self, address, sni, path="/", method="GET", host=None, headers=None):
        """One request over https, the chain verified; returns (status, headers, body)."""
        with self.tls(address, sni) as s:
            return talk(s, host or sni, path, method, headers)

    def https_fails(self, sni):
        """Whether no edge has a certificate for it."""
        for address in self.addresses():
            try:
                self.tls(address, sni).close()
                return False
            except ssl.SSLError:
                pass
        return True

    def tls(self, address, sni, context=None):
        context = context or ssl.create_default_context(cafile=str(self.roots))
        raw = socket.create_connection((address, self.https_port), timeout=10)
        try:
            return context.wrap_socket(raw, server_hostname=sni)
        except BaseException:
            raw.close()
            raise

    def serial(self, address, sni):
        with self.tls(address, sni) as s:
            return s.getpeercert()["serialNumber"].lower()

    def location(self, host, path):
        port = "" if self.https_port == 443 else f":{self.https_port}"
        return f"https://{host}{port}{path}"

    def run(self, *command, api=None, **more):
        """`latchkey COMMAND` as a user would call it; returns the completed process."""
        environment = dict(self.environment, LATCHKEY_URL=self.url,
                           LATCHKEY_CA_FILE=str(self.roots))
        if api:
            environment["LATCHKEY_TOKEN"] = api.token
        return subprocess.run([self.latchkey, *command], capture_output=True, text=True,
                              env=environment, timeout=60, check=False, **more)


def talk(s, host, path, method, headers):
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    s.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    data = b""
    with contextlib.suppress(ssl.SSLEOFError, ConnectionResetError):
        while chunk := s.recv(65536):
            data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    return int(first.split()[1]), {k.lower(): v for k, v in (r.split(": ", 1) for r in rest)}, body
