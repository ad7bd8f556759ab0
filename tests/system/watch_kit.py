# SPDX-License-Identifier: Apache-2.0
"""Domains with name servers of their own, which are asked by their address, and a resolver (BIND) that
remembers what it was told: the worker asks that one, the CA does not. In a namespace (tests/system/in-namespace).
"""
import contextlib
import json
import sqlite3
import time

from ca_fixtures import stop_process
from dns_kit import Bind, dig
from doctor_kit import Knot
from platform_kit import wait_for
from renewal_kit import ca_rows

NAME_SERVER, RESOLVER = "198.51.100.19", "198.51.100.18"
REMEMBERED_S = 300
ELSEWHERE = ["@ A 203.0.113.9", "www CNAME @"]


@contextlib.contextmanager
def watched(platform, folder, *domains, signed=None):
    """The platform, started and stopped, with name servers for these domains and a resolver between. `signed`: one of
    the domains, of which the resolver gets what the name servers have signed; its key is the worker's trust anchor."""
    platform.path = platform.dir / "latchkey.yaml"
    config = json.loads(platform.path.read_text())
    config["dns"]["forwarder"] = f"{RESOLVER}@53"
    platform.path.write_text(json.dumps(config))
    servers = Knot(folder / "servers", [NAME_SERVER], {f"{d}.": text(d, ELSEWHERE, 1) for d in domains},
                   [f"{signed}."] if signed else [])
    try:
        if signed:
            anchor = platform.dir / "anchor.key"
            anchor.write_text("\n".join([*servers.ds_of(f"{signed}."), ""]))
            config["dns"]["trust_anchor"] = str(anchor)
            platform.path.write_text(json.dumps(config))
        servers.start()
        with Bind(f"{RESOLVER}@53", {"resolver.invalid": []}, forwarder=f"127.0.0.1@{platform.dns_port}",
                  remembered_s=REMEMBERED_S, elsewhere={signed: NAME_SERVER} if signed else {}):
            with platform as p:
                p.servers = servers
                yield p
    finally:
        if servers.process:
            stop_process(servers.process)


def text(domain, lines, serial, address=NAME_SERVER, ttl=REMEMBERED_S):
    return (f"$ORIGIN {domain}.\n$TTL {ttl}\n@ SOA ns hostmaster {serial} 3600 600 86400 {ttl}\n"
            f"@ NS ns\nns A {address}\n" + "".join(line + "\n" for line in lines))


def right(platform):
    return [line.replace(" 1 IN ", f" {REMEMBERED_S} IN ") for line in platform.right_records()]


def serve(platform, domain, lines):
    """At its name servers, and at the platform's Knot, which the CA asks; not at the resolver."""
    platform.zone(domain, [f"ns {REMEMBERED_S} IN A {NAME_SERVER}",
                           *(line if " IN " in line else line.replace(" ", f" {REMEMBERED_S} IN ", 1) for line in lines)],
                  ns="ns")
    platform.servers.write(f"{domain}.", text(domain, lines, platform.zone_serial))
    platform.servers.reload()


def orders_at_ca(platform, domain):
    """How many newOrders the CA has taken for it, by its own database."""
    return len(ca_rows(platform, "SELECT 1 FROM acme_order WHERE ',' || names || ',' LIKE ?", f"%,{domain},%"))


def asked_of_ca(platform, domain):
    """Whether its log names the domain at all."""
    done = platform.run("ca", "log", "--json", "--config", platform.dir / "latchkey.yaml")
    assert done.returncode == 0, done.stderr
    return domain in done.stdout


def resolved(name, kind="A"):
    """What the worker's resolver says."""
    return dig(f"{RESOLVER}@53", name, kind)


def watch_of(platform, domain):
    with contextlib.closing(sqlite3.connect(f"file:{platform.dir}/latchkey.db?mode=ro", uri=True, timeout=30)) as db:
        db.row_factory = sqlite3.Row
        row = db.execute("SELECT w.* FROM domain_watch w WHERE domain_id = ?", (domain["id"],)).fetchone()
        return dict(row) if row else None


def wait_watched(platform, domain):
    """Until every name server has said something: what it says next is compared with that."""
    def is_watched():
        watch = watch_of(platform, domain)
        servers = json.loads(watch["servers"] or "{}") if watch else {}
        return watch if servers and all(servers.values()) else None
    return wait_for(is_watched)


COPIED = ["domain", "claim", "domain_name", "cert_order", "issuance", "issuance_name", "domain_overview",
          "domain_watch", "job"]


def rows_of(db, ids, table):
    columns = [c[1] for c in db.execute(f"PRAGMA table_info({table})")]
    return [dict(zip(columns, row)) for row in db.execute(f"SELECT * FROM {table}")
            if any(value in ids for value in row if isinstance(value, str))]


def fill(platform, domain, count, change):
    """So many copies of a domain whose order waits, w1.ZONE and on for w0.ZONE; `change(table, row, now)` is told of
    each row before it is stored."""
    zone = domain["name"].partition(".")[2]

    def numbered(value, i):
        """Another id, or another name, of the same length or longer."""
        return f"w{i}.{zone}" if value.endswith(zone) else value[:-8] + f"{i:08d}"

    path = platform.dir / "latchkey.db"
    with contextlib.closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as db:
        ids = {domain["id"], domain["name"]}
        for table in ("cert_order", "issuance", "claim"):
            ids |= {row["id"] for row in rows_of(db, ids, table)}
        rows = [(table, row) for table in COPIED for row in rows_of(db, ids, table)]
        own = ids | {row["id"] for table, row in rows if table == "job"}
        own |= {row["label"] for table, row in rows if table == "claim" and row["label"]}
        now = int(time.time() * 1000)
        db.execute("BEGIN IMMEDIATE")
        for i in range(1, count + 1):
            for table, row in rows:
                copy = {k: numbered(v, i) if v in own else v for k, v in row.items()}
                if table == "job":
                    copy |= {"wake_at": None, "lease_until": None, "lease_boot": None, "lease_owner": None}
                change(table, copy, now)
                db.execute(f"INSERT INTO {table} ({', '.join(copy)}) VALUES ({', '.join('?' * len(copy))})",
                           list(copy.values()))
        db.execute("COMMIT")
