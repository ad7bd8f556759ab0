# SPDX-License-Identifier: Apache-2.0
"""Latchkey's own rows: worker, signer and store with Pebble; the whole platform with the sandbox CA;
worker and signer with many names and nothing to do."""
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import time

from clients import Client
from edge_kit import BUILD, wait_for
from load_kit import Load, Processes
from meter import cpu_s, own_kib, tree
from platform_kit import Platform

LATCHKEY, ISSUER, ANSWER = (BUILD / "src/bin/latchkey", BUILD / "bench/issuer",
                            BUILD / "bench/answer")
IDLE_S, SETTLE_S, SETTLED_S = 10, 60, 0.05  # SETTLED_S: CPU time in a second
PARTS = 5  # of an end-to-end run: whether the last one is as the first


class Keeper:
    """A folder with a configuration, keys and a signer."""

    def __init__(self, folder, ca, threads):
        self.folder, self.config = folder, folder / "latchkey.yaml"
        self.config.write_text(json.dumps({
            "mode": "sandbox", "ca": [ca], "store": {"url": "sqlite:latchkey.db"},
            "worker": {"threads": threads}, "dns": {"forwarder": "127.0.0.1@9", "trust_anchor": ""},
            "signer": {"socket": str(folder / "signer.sock")}, "log": {"level": "error"}}))
        subprocess.run([LATCHKEY, "signer", "init", "--config", self.config], check=True,
                       stdout=subprocess.DEVNULL)

    def start_signer(self, meter):
        signer = meter.start([LATCHKEY, "signer", "--config", self.config])
        wait_for((self.folder / "signer.sock").exists, what="the signer")
        return signer


class Issuer(Client):
    """The worker's own way from an admitted order to a stored certificate, with one key each."""
    name, has_webroot = "Latchkey, durable", False
    warm_up = 50

    @classmethod
    def is_there(cls):
        return True

    def prepare(self):
        pebble = self.world.pebble
        ca = {**pebble.as_ca(self.folder / "root.pem"), "is_default": True}
        self.keeper = Keeper(self.folder, ca, self.at_once)

    def run(self, meter, count):
        signer = self.keeper.start_signer(meter)
        issuer = meter.start([ISSUER, self.keeper.config, "orders", "pebble", self.warm_up, count],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        thumbprint = issuer.stdout.readline().strip()
        answer = subprocess.Popen([str(ANSWER), str(self.world.http_port), thumbprint])
        try:
            return self.measure(meter, signer, issuer)
        finally:
            answer.kill()
            answer.wait()

    def measure(self, meter, signer, issuer):
        def say():
            with contextlib.suppress(BrokenPipeError):  # it was ended, for Pebble hung
                issuer.stdin.write("\n")
                issuer.stdin.flush()

        say()
        if issuer.stdout.readline() != "warm\n":
            return 0, 0
        before, before_signer = self.world.pebble.requests(), cpu_s(signer.pid)
        say()
        result = json.loads(issuer.stdout.readline() or '{"done": 0, "seconds": 0, "cpu_s": 0}')
        used = {"worker": result["cpu_s"], "signer": cpu_s(signer.pid) - before_signer}
        self.requests = self.world.pebble.requests()
        self.requests.subtract(before)
        self.parts = {name: 1000 * value / max(result["done"], 1) for name, value in used.items()}
        say()
        meter.wait(issuer)
        meter.stop(signer)
        meter.cpu_s = sum(used.values())
        return result["done"], result["seconds"]


def end_to_end(orders, at_once, warm_up):
    """From an order over the API to https on every edge, everything on this machine."""
    count = orders // PARTS * PARTS
    with Platform({"sandbox_ca": {"retry_after_s": 0}}) as platform:
        load = Load(platform)
        load.go(warm_up, at_once)
        domains = [load.domain() for _ in range(count)]
        processes = Processes(platform)
        before, looks = processes.look(), []
        seconds = 0
        for part in range(PARTS):
            seconds += load.place(domains[part::PARTS], at_once)
            looks.append(processes.look())
        load.follower.stop()
    own = [{name: used["anon_kib"] + used["shared_kib"] for name, used in look.items()}
           for look in looks]
    return {"orders": count, "at_once": at_once, "per_s": count / seconds,
            "cpu_ms": {name: 1000 * (used["cpu_s"] - before[name]["cpu_s"]) / count
                       for name, used in sorted(looks[-1].items())},
            "memory_kib": {name: [look[name] for look in own] for name in ("worker", "signer")}}


def settle(pid):
    """At its start a worker puts up what the lists show."""
    for _ in range(SETTLE_S):
        before = cpu_s(pid)
        time.sleep(1)
        if cpu_s(pid) - before < SETTLED_S:
            return


def idle(folder, names, meter):
    """Memory of worker and signer after a while with so many secured names, and the CPU time that
    they take meanwhile."""
    ca = {"id": "idle", "name": "Idle", "kind": "private", "is_default": True,
          "directory": "https://127.0.0.1:9/dir"}
    keeper = Keeper(folder, ca, 8)
    subprocess.run([str(ISSUER), str(keeper.config), "idle", "idle", str(names)], check=True)
    signer = keeper.start_signer(meter)
    worker = meter.start([LATCHKEY, "serve", "--role", "worker", "--config", keeper.config])
    pids = {"worker": worker.pid, "signer": signer.pid}
    settle(worker.pid)
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    seen = {name: [] for name in pids}
    for _ in range(IDLE_S):
        time.sleep(1)
        for name, pid in pids.items():
            seen[name].append(sum(map(own_kib, tree(pid))))
    result = {"names": names, "store_kib": (folder / "latchkey.db").stat().st_size // 1024,
              "memory_kib": {name: statistics.median(kib) for name, kib in seen.items()},
              "cpu_ms_per_s": {name: 1000 * (cpu_s(pid) - before[name]) / IDLE_S
                               for name, pid in pids.items()}}
    meter.stop(worker)
    meter.stop(signer)
    return result
