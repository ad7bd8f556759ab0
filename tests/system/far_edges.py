# SPDX-License-Identifier: Apache-2.0
"""Edges in network namespaces of their own, joined to the platform's by a link that can be cut.

Each has its agent, its nginx and its LMDB. What it asks of the platform (the feed, the origin) goes
over the link, and so do visitors, proofs and validations.
"""
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import sys
import time

from platform_kit import IN_NAMESPACE, wait_for

RELAY = pathlib.Path(__file__).with_name("relay.py")
STATES = ("following", "stale", "down", "out")


def can_nest():
    """Whether a network namespace can be made inside of this one."""
    if not IN_NAMESPACE:
        return False
    return subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class FarEdge:
    """One edge, in rotation or not; `state` is one of STATES."""

    def __init__(self, platform, number, **environment):
        self.platform, self.name, self.environment = platform, f"far-{number}", environment
        self.address, self.near = f"203.0.113.{10 + number}", f"203.0.113.{100 + number}"
        self.link = f"lk{number}"
        self.dir = platform.dir / "edge" / self.name
        self.processes = {}
        self.state = "following"
        self._make_network()
        self._enrol()
        self._write_nginx()
        self.start_agent()
        wait_for((self.dir / "lmdb/data.mdb").exists)
        self.start_nginx()
        wait_for(self.is_listening)

    def is_listening(self):
        try:
            socket.create_connection((self.address, self.platform.http_port), timeout=1).close()
        except OSError:
            assert self.processes["nginx"].poll() is None, self.platform.log(f"{self.name}-nginx")
            return False
        return True

    def _make_network(self):
        self.holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        own = os.readlink("/proc/self/ns/net")
        wait_for(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != own)
        ip("link", "add", self.link, "type", "veth", "peer", "name", "far0")
        ip("link", "set", "far0", "netns", str(self.holder.pid))
        ip("address", "add", f"{self.near}/32", "peer", f"{self.address}/32", "dev", self.link)
        ip("link", "set", self.link, "up")
        self.inside("ip", "link", "set", "lo", "up").wait()
        self.inside("ip", "address", "add", f"{self.address}/32", "peer", f"{self.near}/32", "dev",
                    "far0").wait()
        self.inside("ip", "link", "set", "far0", "up").wait()
        ports = (self.platform.front_port, self.platform.origin_port)
        self._relay("near", [], [f"{self.near}:{p}=127.0.0.1:{p}" for p in ports])
        self._relay("far", self._enter(), [f"127.0.0.1:{p}={self.near}:{p}" for p in ports])

    def _relay(self, name, enter, words):
        process = subprocess.Popen([*enter, sys.executable, RELAY, *words], stdout=subprocess.PIPE,
                                   text=True)
        assert process.stdout.readline() == "listens\n"
        self.processes[name] = process

    def _enter(self):
        return ["nsenter", "-t", str(self.holder.pid), "-n"]

    def inside(self, *words, **more):
        return subprocess.Popen([*self._enter(), *words], **more)

    def _enrol(self):
        platform = self.platform
        edge = platform.operator.post("/v1/edges", {"name": self.name, "addresses": [self.address]})
        self.id = edge["id"]
        assert (edge["standing"], edge["counted"]) == ("catching_up", False)
        self.dir.mkdir(parents=True)
        token = self.dir / "token"
        token.write_text(edge["token"])
        token.chmod(0o600)

    def _write_nginx(self):
        """As `latchkey run` wrote it for its first edge, with our places."""
        old = self.platform.edges[0].name
        text = (self.platform.dir / f"edge/{old}/nginx.conf").read_text()
        text = text.replace(f"edge/{old}", f"edge/{self.name}").replace(f"/{old}.", f"/{self.name}.")
        text = re.sub(r"listen \S+:(\d+)\b", rf"listen {self.address}:\1", text)
        lines = []
        for line in text.splitlines():  # the first edge has more addresses than one
            if "listen " not in line or line not in lines:
                lines.append(line)
        (self.dir / "nginx.conf").write_text("\n".join(lines) + "\n")
        (self.platform.dir / f"run/{self.name}.tmp").mkdir(exist_ok=True)

    def _start(self, name, words, file_size=None, **environment):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

        log = open(self.platform.dir / f"log/{self.name}-{name}.log", "ab")
        with log:
            self.processes[name] = self.inside(
                *words, cwd=self.platform.dir / "run", stdout=log, stderr=log,
                preexec_fn=limit if file_size else None,
                env=dict(self.platform.environment, **environment))

    def start_agent(self, file_size=None):
        """With `file_size` it can write no file beyond so many octets, as on a full disk."""
        platform = self.platform
        self._start("agent", [platform.latchkey, "edge", "--config", platform.dir / "latchkey.yaml"],
                    file_size=file_size, LATCHKEY_EDGE_NAME=self.name, LATCHKEY_EDGE_LMDB_DIR=str(self.dir / "lmdb"),
                    LATCHKEY_EDGE_TOKEN_FILE=str(self.dir / "token"),
                    LATCHKEY_EDGE_FEED_URL=f"https://127.0.0.1:{platform.front_port}", **self.environment)

    def start_nginx(self):
        self._start("nginx", ["nginx", "-e", "stderr", "-p", self.platform.dir / "run", "-c",
                              self.dir / "nginx.conf"])

    def end(self, name, number=signal.SIGTERM):
        process = self.processes.pop(name, None)
        if process:
            process.send_signal(number)
            process.wait(20)

    # --- what it is ---

    def become(self, state):
        """Does to it what makes it so; seen() tells when it is."""
        self.set_rotation(state != "out")
        self.set_agent(state != "stale")
        self.set_link(state != "down")
        self.state = state

    def set_rotation(self, is_in):
        self.platform.operator.patch(f"/v1/edges/{self.id}", {"in_rotation": is_in})

    def set_agent(self, runs):
        if runs and ("agent" not in self.processes or self.processes["agent"].poll() is not None):
            self.start_agent()
        elif not runs:
            self.end("agent", signal.SIGKILL)

    def set_link(self, is_up):
        ip("link", "set", self.link, "up" if is_up else "down")

    def seen(self):
        """As GET /v1/edges shows it."""
        page = self.platform.operator.get("/v1/edges")
        return next(edge for edge in page["items"] if edge["id"] == self.id)

    def events(self):
        """The kinds of what happened to it, in order."""
        page = self.platform.operator.get(f"/v1/events?subject_id={self.id}&limit=200")
        return [event["kind"] for event in page["items"]]

    def remove(self):
        for name in list(self.processes):
            self.end(name)
        self.holder.kill()
        self.holder.wait()


class FarEdges:
    """Three of them, which alone are in rotation."""

    def __init__(self, platform, count=3):
        self.platform, self.items, self.canonical = platform, [], "www"
        self.api = platform.tenant(name="Nudge")
        self.site = platform.site(self.api)
        platform.domain(self.api, "nudge.example", site=self.site)
        try:
            for number in range(1, count + 1):
                self.items.append(FarEdge(platform, number))
            for edge in platform.operator.get("/v1/edges")["items"]:
                if not edge["name"].startswith("far-"):
                    platform.operator.patch(f"/v1/edges/{edge['id']}", {"in_rotation": False})
            self.heal()
        except BaseException:
            self.remove()
            raise

    def remove(self):
        for edge in self.items:
            edge.remove()

    def move_clock(self, seconds):
        path = self.platform.clock_file
        now = int(path.read_text())
        path.with_suffix(".new").write_text(str(now + int(seconds * 1000)))
        path.with_suffix(".new").rename(path)
        time.sleep(0.15)  # every process reads it ten times a second

    def nudge(self):
        """Something new in the feed: whoever follows asks again at once."""
        self.canonical = "apex" if self.canonical == "www" else "www"
        self.api.patch(f"/v1/sites/{self.site['id']}", {"canonical": self.canonical})

    def become(self, *states):
        """Brings each edge into its state, and waits until the platform has seen it."""
        for edge, state in zip(self.items, states):
            if edge.state != state:
                edge.become(state)
        if {"stale", "down"} & set(states):
            self.move_clock(16)  # nobody has polled for 15 s
            self.nudge()
        wanted = {"following": ("following", "counted"), "stale": ("stale", "lagging"),
                  "down": ("down", "down"), "out": (None, "out")}

        def is_seen():
            for edge, state in zip(self.items, states):
                seen, (condition, standing) = edge.seen(), wanted[state]
                if seen["standing"] != standing or condition not in (None, seen["condition"]):
                    return False
            return True
        try:
            wait_for(is_seen, 40, every=0.2)
        except AssertionError:
            raise AssertionError([(e.name, s, e.seen()) for e, s in zip(self.items, states)]) from None

    def heal(self):
        self.become(*["following"] * len(self.items))
