# SPDX-License-Identifier: Apache-2.0
"""`latchkey ca` alone: one command, in a folder of its own."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess

from ca_client_kit import Connection
from ca_fixtures import LATCHKEY
from edge_kit import free_port, wait_for


class Alone:
    """Runs in the folder `place`, where the client commands that it prints run too."""

    def __init__(self, place, *words, ports=None, prefix=(), **environment):
        place.mkdir(exist_ok=True)
        self.prefix = prefix  # of the command that serves
        self.place, self.folder = place, place / "sandbox-ca"
        self.ports = ports or {name: free_port() for name in ("port", "dns-port", "http-port",
                                                              "https-port")}
        self.words = [*(w for name, port in self.ports.items() for w in (f"--{name}", str(port))),
                      *words]
        self.environment = {**os.environ, **environment}
        self.port, self.http_port = self.ports["port"], self.ports["http-port"]
        self.url = f"https://localhost:{self.port}"
        self.directory = f"{self.url}/directory"
        self.root, self.roots = self.folder / "ca" / "root.pem", self.folder / "ca" / "roots.pem"
        self.process = None

    def start(self, *words):
        """Words in place of the ports and what __init__ was given."""
        out = open(self.place / "out.txt", "wb")
        self.process = subprocess.Popen([*self.prefix, LATCHKEY, "ca", *(words or self.words)], cwd=self.place,
                                        stdout=out, stderr=out, env=self.environment)
        wait_for(lambda: "Ctrl-C ends it." in self.out() or self.process.poll() is not None, 20,
                 "the CA")
        assert self.process.poll() is None, self.out()
        return self

    def out(self):
        return (self.place / "out.txt").read_text()

    def lines(self):
        """What it prints for copying: the commands of certbot, lego, Caddy."""
        return [line for line in self.out().split("as they stand:\n")[1].splitlines()
                if line and not line.startswith("Ctrl-C")]

    def run(self, *words, code=0):
        done = subprocess.run([LATCHKEY, "ca", *words], cwd=self.place, env=self.environment,
                              capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code else done.stdout

    def journal(self, *words):
        return [json.loads(line) for line in self.run("log", "--json", *words).splitlines()]

    def pid(self, name):
        """None while it does not run."""
        file = self.folder / "run" / f"{name}.pid"
        with contextlib.suppress(FileNotFoundError, IndexError):
            return int(file.read_text().split()[0])

    def children(self):
        """Every process that lives in its folder."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.readlink(entry / "cwd") == str(self.folder / "run"):
                    found.append(int(entry.name))
        return found

    def connect(self):
        return Connection(self.port, self.root)

    def answers(self):
        with contextlib.suppress(OSError):
            return self.connect().request("GET", "/directory")[0] == 200
        return False

    def stop(self, how=signal.SIGTERM):
        if not self.process:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(20)
