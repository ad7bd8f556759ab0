# SPDX-License-Identifier: Apache-2.0
"""bench/ca/acme_load against a CA: orders by the hundred, and whether every promise was kept.

usage: ca_load_kit.py flight SECONDS | kill COUNT SEED (tests/soak/ca, tests/crash/ca-orders)"""
import contextlib
import json
import os
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from edge_kit import BUILD, wait_for

ACME_LOAD = BUILD / "bench" / "acme_load"
ZONE = ["*.load.example. A 127.0.0.1"]
IN_FLIGHT = 256
AT_ONCE = 500  # orders, when the CA is killed
# What the CA itself opens, its idle look-ups included: CA_DESCRIPTORS_OWN of src/ca/descriptors.h.
OWN_DESCRIPTORS = 640
# In whole, of a build without sanitizers; how much of it each order may add, for good, is nothing.
MEMORY_MIB = 160


def cpu_ms(*pids):
    """Of all threads of these processes, each a pid or a list of some."""
    flat = [pid for item in pids for pid in (item if isinstance(item, list) else [item])]
    return sum(int(path.read_text().split()[0]) for pid in flat
               for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e6


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory_mib(pid):
    """What is the process's own, without pages of files."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no RssAnon")


def at_socket(ca):
    """A SandboxCa, over its Unix socket."""
    return {"directory": ca.directory, "socket": ca.folder / "ca.sock", "answer": ca.http_port}


def at_port(ca, ca_file, http_port):
    """A SandboxCa behind its nginx, or a Pebble."""
    return {"directory": ca.directory, "port": ca.port, "ca_file": ca_file, "answer": http_port}


class Load:
    """One run of the loader; what acme_load has options for, by the same names."""

    def __init__(self, directory, *, preexec=None, **options):
        words = [ACME_LOAD, directory]
        for name, value in options.items():
            words.append("--" + name.replace("_", "-"))
            if value is not True:
                words.append(value)
        self.process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE,
                                        preexec_fn=preexec)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def result(self, seconds=600):
        """What it printed; it has ended."""
        out, _ = self.process.communicate(timeout=seconds)
        return json.loads(out)


# --- the database, seen from outside -------------------------------------------------------------

def ask(ca, sql):
    """The first column of the first row."""
    path = ca.folder / "ca" / "ca.db"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(sql).fetchone()[0]


def rows(ca, table, where="1"):
    return ask(ca, f"SELECT count(*) FROM {table} WHERE {where}")


# Each counts what is there in part.
HALF_MADE = {
    "orders that need no authorization":
        "SELECT count(*) FROM acme_order WHERE id NOT IN (SELECT order_id FROM order_authorization)",
    "authorizations without a challenge":
        "SELECT count(*) FROM acme_authorization"
        " WHERE id NOT IN (SELECT authorization_id FROM challenge)",
    "authorizations that no order needs":
        "SELECT count(*) FROM acme_authorization"
        " WHERE id NOT IN (SELECT authorization_id FROM order_authorization)",
    "valid authorizations without a valid challenge":
        "SELECT count(*) FROM acme_authorization a WHERE status = 'valid' AND NOT EXISTS"
        " (SELECT 1 FROM challenge c WHERE c.authorization_id = a.id AND c.status = 'valid')",
    "orders that are further than their authorizations":
        "SELECT count(*) FROM acme_order o JOIN order_authorization n ON n.order_id = o.id"
        " JOIN acme_authorization a ON a.id = n.authorization_id"
        " WHERE o.status IN ('ready', 'processing', 'valid') AND a.status <> 'valid'",
    "orders in processing without a CSR":
        "SELECT count(*) FROM acme_order WHERE status = 'processing' AND csr IS NULL",
    "valid orders without their certificate":
        "SELECT count(*) FROM acme_order o WHERE status = 'valid' AND NOT EXISTS"
        " (SELECT 1 FROM certificate c WHERE c.order_id = o.id AND c.serial = o.serial)",
    "certificates of orders that are not valid":
        "SELECT count(*) FROM certificate c WHERE NOT EXISTS"
        " (SELECT 1 FROM acme_order o WHERE o.id = c.order_id AND o.status = 'valid')",
}


def half_made(ca):
    """{what: how many}; what SQLite itself finds wrong is there as well."""
    found = {what: ask(ca, sql) for what, sql in HALF_MADE.items()}
    found["damaged"] = ask(ca, "PRAGMA integrity_check") != "ok"
    found["references to nothing"] = ask(ca, "SELECT count(*) FROM pragma_foreign_key_check")
    return {what: count for what, count in found.items() if count}


def entries(ca, kind):
    return rows(ca, "journal", f"kind = '{kind}'")


# --- killed with -9 ------------------------------------------------------------------------------

def kill_among_orders(ca, orders, kills, *, seed=0, accounts=50):
    """Orders, AT_ONCE in flight, while the CA is killed and started again so many times, spread over
    them; what the loader says in the end."""
    chance = random.Random(seed)
    with Load(**at_socket(ca), orders=orders, in_flight=min(AT_ONCE, orders), accounts=accounts,
              patience=60, verify=True) as load:
        for number in range(kills):
            begun = orders * number // kills
            wait_for(lambda least=begun: rows(ca, "acme_order") > least, 120, "orders")
            time.sleep(chance.random() / 2)
            ca.kill()
            ca.start_ca()
        return load.result()


def kept_promises(ca, result, orders, accounts=50):
    """What is not as it should be, after kill_among_orders()."""
    wrong = {name: result[name] for name in ("failed", "broken", "lost") if result[name]}
    wrong.update(half_made(ca))
    for name, got, wanted in (
            ("done", result["done"], orders), ("kept", result["kept"], orders),
            ("cut", result["cut"] > 0, True), ("accounts", rows(ca, "account"), accounts),
            ("valid orders", rows(ca, "acme_order", "status = 'valid'"), orders),
            ("orders", rows(ca, "acme_order"), orders),
            ("certificates", rows(ca, "certificate"), orders),
            *((kind, entries(ca, kind), orders) for kind in (
                "order.created", "challenge.started", "challenge.valid", "order.finalized",
                "certificate.issued"))):
        if got != wanted:
            wrong[name] = got
    if wrong:
        wrong["said"] = [result["failure"], result["fault"]]
    return wrong


# --- many in flight ------------------------------------------------------------------------------

class Watch:
    """The most descriptors, and the memory a quarter of the way and at the end."""

    def __init__(self, pid, seconds):
        self.pid, self.seconds = pid, seconds
        self.descriptors, self.memory = 0, []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self):
        while not self._end.wait(max(self.seconds / 100, 0.05)):
            self.descriptors = max(self.descriptors, descriptors(self.pid))
            self.memory.append(memory_mib(self.pid))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def fly(ca, place, seconds):
    """IN_FLIGHT requests at any time for so long; what the loader says, and the Watch."""
    with Watch(ca.process.pid, seconds) as watch, \
            Load(**place, orders=1000000, in_flight=IN_FLIGHT, seconds=seconds,
                 accounts=16) as load:
        return load.result(seconds + 120), watch


def flaws(result, watch):
    """What is not as it should be, after fly()."""
    wrong = {name: result[name] for name in ("failed", "broken", "lost", "cut", "refused")
             if result[name]}
    if result["done"] < IN_FLIGHT:
        wrong["done"] = result["done"]
    if watch.descriptors > OWN_DESCRIPTORS + IN_FLIGHT:
        wrong["descriptors"] = watch.descriptors
    if watch.memory[-1] > MEMORY_MIB:
        wrong["memory"] = watch.memory[-1]
    if wrong:
        wrong["said"] = [result["failure"], result["fault"]]
    return wrong


# --- the long forms ------------------------------------------------------------------------------

def main_flight(ca, seconds):
    failed = False
    for name, place in (("socket", at_socket(ca)), ("nginx", at_port(ca, ca.root, ca.http_port))):
        result, watch = fly(ca, place, seconds)
        quarter = watch.memory[len(watch.memory) // 4]
        print(f"{name}: {IN_FLIGHT} in flight for {seconds} s: {result['done']} orders, "
              f"{result['requests']} requests, {result['per_s']:.0f} orders/s; at most "
              f"{watch.descriptors} descriptors; memory {quarter:.1f} MiB after a quarter, "
              f"{watch.memory[-1]:.1f} MiB at the end; wrong: {flaws(result, watch) or 'nothing'}",
              flush=True)
        failed = failed or flaws(result, watch)
    return failed


def main_kill(ca, count, seed):
    orders = 300 * count
    result = kill_among_orders(ca, orders, count, seed=seed)
    wrong = kept_promises(ca, result, orders)
    print(f"{count} kills among {orders} orders, {AT_ONCE} at once, seed {seed}: "
          f"{result['cut']} requests cut off, {result['kept']} orders with all that belongs to them "
          f"there at the end; wrong: {wrong or 'nothing'}")
    return wrong


def main():
    from ca_fixtures import Knot, SandboxCa  # pylint: disable=import-outside-toplevel

    kind, *numbers = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        knot = Knot(folder / "knot", ZONE)
        ca = SandboxCa(folder / "ca", knot.port, retry_after_s=0).start()
        try:
            run = {"flight": main_flight, "kill": main_kill}[kind]
            return 1 if run(ca, *(int(number) for number in numbers)) else 0
        finally:
            ca.stop()
            knot.stop()


if __name__ == "__main__":
    sys.exit(main())
