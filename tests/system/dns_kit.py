# SPDX-License-Identifier: Apache-2.0
"""Name servers that take updates: Knot and BIND, on addresses of loopback, in folders of their own."""
import base64
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

from platform_kit import BUILD, wait_for

KNOTD, NAMED = "/usr/sbin/knotd", "/usr/sbin/named"


def dig(place, name, kind, *more):
    address, _, port = place.partition("@")
    done = subprocess.run(["kdig", "+short", *more, f"@{address}", "-p", port, name, kind],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip()


def platform_events(platform, kind):
    """What the operator was told, oldest first."""
    return [e for e in platform.operator.get("/v1/events?limit=200")["items"] if e["kind"] == kind]


def not_put(zone):
    """What a tenant is told of a zone that could not be changed."""
    return (f"the validation record could not be put into {zone}; the operator has been told, and it is "
            "tried again by itself")


class Server:
    """One of the two; `with` starts and ends it. zone: {name: lines beside SOA and NS}."""

    def __init__(self, place, zones):
        self.place, self.zones, self.process = place, zones, None
        self.address, _, self.port = place.partition("@")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="latchkey-dns-"))
        self.key = os.urandom(32)
        self.secret = base64.b64encode(self.key).decode()
        for zone, lines in zones.items():
            (self.dir / f"{zone}.zone").write_text(
                f"$ORIGIN {zone}.\n$TTL 1\n@ SOA ns hostmaster 1 3600 600 86400 1\n@ NS ns\n"
                f"ns A {self.address}\n" + "".join(line + "\n" for line in lines))

    def __enter__(self):
        with open(self.dir / "log", "wb") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        zone = next(iter(self.zones))
        try:
            wait_for(lambda: dig(self.place, zone, "SOA"))
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)

    def values(self, name):
        return sorted(dig(self.place, name, "TXT").replace('"', "").split())

    def update(self, op, name, value, key="latchkey", algorithm="hmac-sha256", secret=None, off=0,
               zone=None, at=()):
        """As the worker does it, at the places `at` and then here; returns what it says."""
        done = subprocess.run(
            [BUILD / "tests/tools/dns_update", op, ",".join([*at, self.place]), zone or next(iter(self.zones)), name,
             value, key, algorithm, (secret or self.key).hex(), str(off)],
            capture_output=True, text=True, check=False, timeout=30)
        assert (done.returncode == 0) == (done.stdout == "done\n"), done
        return done.stdout.strip()


class Knot(Server):
    def command(self):
        (self.dir / "db").mkdir()
        zones = "".join(f'  - domain: "{zone}"\n    acl: update\n' for zone in self.zones)
        (self.dir / "knot.conf").write_text(
            f'server:\n    rundir: "{self.dir}"\n    listen: {self.place}\n'
            f'database:\n    storage: "{self.dir}/db"\n'
            "key:\n"
            f"  - id: latchkey\n    algorithm: hmac-sha256\n    secret: {self.secret}\n"
            f"  - id: long\n    algorithm: hmac-sha512\n    secret: {self.secret}\n"
            f"  - id: idle\n    algorithm: hmac-sha256\n    secret: {self.secret}\n"
            "acl:\n  - id: update\n    key: [latchkey, long]\n    action: update\n"
            f'template:\n  - id: default\n    storage: "{self.dir}"\n    file: "%s.zone"\n'
            f"zone:\n{zones}")
        return [KNOTD, "-c", self.dir / "knot.conf"]


class Bind(Server):
    """`forwarder` ("address@port"): who is asked about everything else, and how long it is remembered; `elsewhere`
    ({zone: address}): who is asked about these."""

    def __init__(self, place, zones, forwarder=None, remembered_s=1, elsewhere=None):
        super().__init__(place, zones)
        self.forwarder, self.remembered_s, self.elsewhere = forwarder, remembered_s, elsewhere or {}

    def command(self):
        keys = "".join(f'key "{name}" {{ algorithm {algorithm}; secret "{self.secret}"; }};\n'
                       for name, algorithm in (("latchkey", "hmac-sha256"), ("long", "hmac-sha512"),
                                               ("idle", "hmac-sha256")))
        zones = "".join(f'zone "{zone}" {{ type primary; file "{zone}.zone"; update-policy {{ '
                        f"grant latchkey subdomain {zone}. TXT; grant long subdomain {zone}. TXT; }}; }};\n"
                        for zone in self.zones)
        zones += "".join(f'zone "{zone}" {{ type forward; forward only; forwarders {{ {address}; }}; }};\n'
                         for zone, address in self.elsewhere.items())
        asks = "recursion no;"
        if self.forwarder:
            address, _, port = self.forwarder.partition("@")
            asks = (f"recursion yes; allow-recursion {{ any; }}; forward only; "
                    f"forwarders {{ {address} port {port}; }}; max-cache-ttl {self.remembered_s}; "
                    f"max-ncache-ttl {self.remembered_s};")
        (self.dir / "named.conf").write_text(
            f'options {{ directory "{self.dir}"; listen-on port {self.port} {{ {self.address}; }};\n'
            f'listen-on-v6 {{ none; }}; pid-file "pid"; session-keyfile "session"; dnssec-validation no;\n'
            f"{asks} }};\ncontrols {{ }};\n{keys}{zones}")
        return [NAMED, "-g", "-c", self.dir / "named.conf", "-n", "1"]

    @contextlib.contextmanager
    def closed_to(self, key):
        """Updates by this key are refused meanwhile."""
        conf, zone = self.dir / "named.conf", next(iter(self.zones))
        open_text = conf.read_text()
        self.reload(open_text.replace(f"grant {key} subdomain {zone}. TXT;", ""))
        wait_for(lambda: "REFUSED" in self.update("delete", f"try.{zone}", "x", "long", "hmac-sha512"))
        try:
            yield
        finally:
            self.reload(open_text)

    def reload(self, text):
        (self.dir / "named.conf").write_text(text)
        self.process.send_signal(signal.SIGHUP)


@contextlib.contextmanager
def stopped(server):
    """It does not answer meanwhile."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)
