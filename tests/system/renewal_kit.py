# SPDX-License-Identifier: Apache-2.0
"""A platform on a clock that moves, visitors who never stop, and the CA's troubles."""
import contextlib
import datetime
import json
import sqlite3
import ssl
import threading
import time

from cryptography import x509
from crash_kit import Trap
from platform_kit import Platform, wait_for

MINUTE, HOUR, DAY = 60, 3600, 86400
CLOCK_READ_S = 0.3  # every process reads the clock file ten times a second


class Moved(Platform):
    """A platform on a clock that jump() moves forward; its CA issues by `profile`."""

    def __init__(self, profile="", **more):
        super().__init__({"sandbox_ca": {"profiles": [{"name": "minutes", "lifetime_s": 600}]},
                          **more.pop("config", {})}, clock=True, **more)
        path = self.dir / "latchkey.yaml"
        config = json.loads(path.read_text())
        config["ca"][0]["profile"] = profile
        path.write_text(json.dumps(config))
        self.offset = 0.0
        self.trap = Trap(self)

    def now(self):
        return time.time() + self.offset

    def jump(self, seconds):
        self.offset += seconds
        part = self.clock_file.with_suffix(".new")
        part.write_text(str(round(self.offset * 1000)))
        part.rename(self.clock_file)
        time.sleep(CLOCK_READ_S)

    def jump_to(self, instant, past=1.0):
        self.jump(at(instant) - self.now() + past)

    def tenant(self, *args, **more):
        api = super().tenant(*args, **more)
        api.session.verify = False  # the front's certificate follows the moved clock, requests do not
        return api


def at(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Visitors(threading.Thread):
    """Come to every address over and over, and note whatever is not a valid certificate then."""

    def __init__(self, platform, name):
        super().__init__(daemon=True)
        self.platform, self.name_asked = platform, name
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.bad, self.serials, self.count = [], [], 0
        self.absent = set()  # addresses whose edge is down on purpose
        self.is_over = threading.Event()

    def visit(self, address):
        try:
            with self.platform.tls(address, self.name_asked, self.context) as s:
                leaf = x509.load_der_x509_certificate(s.getpeercert(True))
        except OSError as err:
            return f"no handshake: {err}"
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        if self.name_asked not in names.get_values_for_type(x509.DNSName):
            return f"shows {names}"
        # what the clock says is set before, and read a moment after
        utc = datetime.timezone.utc
        now = datetime.datetime.fromtimestamp(self.platform.now(), utc)
        first = leaf.not_valid_before.replace(tzinfo=utc)
        last = leaf.not_valid_after.replace(tzinfo=utc)
        if not first - datetime.timedelta(seconds=2) <= now < last:
            return f"{first} to {last} at {now}"
        if leaf.serial_number not in self.serials:
            self.serials.append(leaf.serial_number)
        return None

    def run(self):
        """Once more when it is over: what is shown last is seen, too."""
        is_last = False
        while not is_last:
            is_last = self.is_over.is_set()
            for address in self.platform.addresses():
                why = self.visit(address)
                self.count += 1
                if why and address not in self.absent:
                    self.bad.append((datetime.datetime.utcnow().isoformat(), address, why))
            time.sleep(0.02)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.is_over.set()
        self.join()
        if kind is None:
            assert self.count > 20 and not self.bad, (self.count, self.bad[:5], self.bad[-1:])


def serials(platform, name):
    """What each address shows for it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    seen = set()
    for address in platform.addresses():
        with platform.tls(address, name, context) as s:
            seen.add(x509.load_der_x509_certificate(s.getpeercert(True)).serial_number)
    return seen


def number(certificate):
    return int(certificate["serial"], 16)


def wait_replaced(platform, api, domain, old, seconds=60):
    """The status once another certificate is live."""
    def is_replaced():
        status = platform.status(api, domain)
        live = status["certificate"]
        return status if live and live["id"] != old["id"] and live["state"] == "live" else None
    return wait_for(is_replaced, seconds)


def wait_renewal(platform, api, domain, state, seconds=30):
    def is_so():
        status = platform.status(api, domain)
        return status if status["renewal"]["state"] == state else None
    return wait_for(is_so, seconds)


def wait_schedule(platform, api, domain, source="ca"):
    """The status once the instant is drawn out of a window of this source."""
    def is_drawn():
        status = platform.status(api, domain)
        window = status["renewal"]["window"]
        return status if window and window["source"] == source else None
    return wait_for(is_drawn)


def certificate(api, one):
    return api.get(f"/v1/certificates/{one['id']}")


def events(api, domain):
    return [e["kind"] for e in api.get(f"/v1/events?limit=200&domain_id={domain['id']}")["items"]]


def ca_rows(platform, sql, *args):
    with contextlib.closing(sqlite3.connect(f"file:{platform.dir}/ca/ca.db?mode=ro", uri=True,
                                            timeout=30)) as db:
        return db.execute(sql, args).fetchall()


def store_rows(platform, sql, *args):
    with contextlib.closing(sqlite3.connect(f"file:{platform.dir}/latchkey.db?mode=ro", uri=True,
                                            timeout=30)) as db:
        return db.execute(sql, args).fetchall()


def ca_command(platform, *words):
    done = platform.run("ca", *words, "--config", platform.dir / "latchkey.yaml")
    assert done.returncode == 0, done.stderr
    return done


@contextlib.contextmanager
def ca_down(platform):
    """It is killed, and cannot listen again; what comes gets 502 of the nginx before it."""
    socket = platform.dir / "run/ca.sock"

    def is_taken():
        socket.unlink(missing_ok=True)
        try:
            socket.mkdir()
        except FileExistsError:
            return False
        return True
    platform.kill("ca")
    wait_for(is_taken)
    with contextlib.suppress(OSError, ValueError, IndexError):
        platform.kill("ca")  # one that was quick
    try:
        yield
    finally:
        socket.rmdir()
    wait_for(socket.is_socket)
