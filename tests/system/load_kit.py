# SPDX-License-Identifier: Apache-2.0
"""Many orders, so many at once, and what the processes of the platform need for them.

It shares the machine with what it measures, so it does what a partner's program has to do anyway, and
no more: it keeps its connections, and takes the timeline in pages with a pause between them."""
import http.client
import json
import os
import pathlib
import ssl
import threading
import time
import urllib.parse

ZONE = "load.example"
TICKS = os.sysconf("SC_CLK_TCK")
STUCK_S = 120
ANSWER_S = 30
PAUSE_S, FEW = 0.05, 8  # between two pages of the timeline, while more than a few orders are under way


class Unchecked:
    """In place of the contract: to hold each answer against it takes more CPU than the answer."""

    def check(self, response):
        pass


class Caller:
    """The API with one token over one connection, which is kept: for one thread."""

    def __init__(self, api):
        url = urllib.parse.urlsplit(api.url)
        self.connection = http.client.HTTPSConnection(
            url.hostname, url.port, timeout=ANSWER_S,
            context=ssl.create_default_context(cafile=str(api.roots)))
        self.headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}

    def call(self, method, path, body=None, want=200):
        text = json.dumps(body) if body else None
        self.connection.request(method, path, text, self.headers)
        with self.connection.getresponse() as response:
            answer = response.read()
        assert response.status == want, f"{method} {path}: {response.status} {answer}"
        return json.loads(answer)


class Follower:
    """Which orders have not become live yet, by the platform's timeline."""

    def __init__(self, api):
        self.caller, self.under_way = Caller(api), set()
        self.changed = threading.Condition()
        self.is_over = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        cursor = ""
        while not self.is_over:
            page = self.caller.call("GET", f"/v1/events?limit=200&wait=5{cursor}")
            with self.changed:
                for event in page["items"]:
                    if event["kind"] == "issuance.proven":
                        self.under_way.discard(event["domain_id"])
                self.changed.notify_all()
            if page["next_cursor"]:
                cursor = "&cursor=" + page["next_cursor"]
            if not page["has_more"] and len(self.under_way) > FEW:
                time.sleep(PAUSE_S)

    def stop(self):
        self.is_over = True
        self.thread.join()

    def add(self, domain_id):
        """Before it is ordered."""
        with self.changed:
            self.under_way.add(domain_id)

    def wait(self, most):
        """Until at most so many are under way."""
        with self.changed:
            while len(self.under_way) > most:
                before = len(self.under_way)
                is_told = self.changed.wait_for(lambda: len(self.under_way) != before, STUCK_S)
                assert is_told, f"{before} orders do not become live"


class Load:
    """A partner with a wildcard zone, each name of which is right."""

    def __init__(self, platform):
        self.platform, self.made = platform, 0
        api = platform.tenant("Load")
        platform.lift_caps(api)
        self.site = platform.site(api)
        self.caller, self.follower = Caller(api), Follower(platform.operator)
        records = [f"*.{ZONE}. 1 IN A {a}" for a in platform.addresses(4)]
        records += [f"*.{ZONE}. 1 IN AAAA {a}" for a in platform.addresses(6)]
        platform.zone(ZONE, records)

    def domain(self):
        self.made += 1
        body = {"site_id": self.site["id"], "name": f"n{self.made}.{ZONE}"}
        return self.caller.call("POST", "/v1/domains", body, want=201)["id"]

    def order(self, domain, at_once):
        """Once less than `at_once` are under way."""
        self.follower.wait(at_once - 1)
        self.follower.add(domain)
        self.caller.call("POST", "/v1/orders", {"domain_id": domain}, want=202)

    def place(self, domains, at_once):
        """Keeps so many orders under way; returns the seconds until the last is live."""
        began = time.monotonic()
        for domain in domains:
            self.order(domain, at_once)
        self.follower.wait(0)
        return time.monotonic() - began

    def go(self, orders, at_once):
        """Keeps so many orders for new domains under way; returns the seconds."""
        return self.place([self.domain() for _ in range(orders)], at_once)


class Processes:
    """The processes that `latchkey run` has, children included; several may have one name."""

    def __init__(self, platform):
        self.names = {}
        for path in (platform.dir / "run").glob("*.pid"):
            self.names[int(path.read_text().split()[0])] = path.stem

    def members(self):
        """Each process under one of ours: pid -> name."""
        parents, found = {}, dict(self.names)
        for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                rest = stat.read_text().rsplit(") ", 1)[1].split()
            except OSError:
                continue
            parents[int(stat.parent.name)] = int(rest[1])
        for pid in parents:
            at = pid
            while at in parents and at not in self.names:
                at = parents[at]
            if at in self.names and self.names[at] != "run":
                found[pid] = self.names[at]
        return found

    def look(self):
        """name -> what all its processes have used and hold by now."""
        total = {}
        for pid, name in self.members().items():
            try:
                used = self._of(pid)
            except (OSError, KeyError):  # it has ended; a zombie has no memory
                continue
            known = total.setdefault(name, dict.fromkeys(used, 0))
            for key, value in used.items():
                known[key] += value
        return total

    @staticmethod
    def _of(pid):
        folder = pathlib.Path(f"/proc/{pid}")
        fields = (folder / "stat").read_text().rsplit(") ", 1)[1].split()
        kib = {line.split(":")[0]: int(line.split()[1])
               for line in (folder / "status").read_text().splitlines() if line.startswith("Rss")}
        return {"cpu_s": (int(fields[11]) + int(fields[12])) / TICKS,
                "anon_kib": kib["RssAnon"], "shared_kib": kib["RssShmem"],
                "descriptors": len(os.listdir(folder / "fd")), "threads": len(os.listdir(folder / "task"))}
