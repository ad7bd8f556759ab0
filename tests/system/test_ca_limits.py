# SPDX-License-Identifier: Apache-2.0
"""The sandbox CA's rate limits, from outside: each refuses a naive client at exactly n+1 in Let's
Encrypt's form, and lets it on at the second that it promised. The numbers here are small; Let's
Encrypt's own are in tests/unit/ca/test_admission.c."""
import concurrent.futures
import datetime
import http.client
import re
import socket
import subprocess
import time

import pytest

from ca_client_kit import Client, Key, Reply
from ca_fixtures import LATCHKEY, Responder, SandboxCa, knot  # noqa: F401
from test_ca_ari import id_of, renewal_info
from test_ca_orders import certificate_of

pytestmark = pytest.mark.req("R45")

HOUR, DAY = 3600, 86400
PROMISE = re.compile(r"retry after (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC: see (https://\S+)$")


class LimitedCa(SandboxCa):
    """A CA with these lines as its limits, nothing else limited, on a clock that can be moved."""

    def __init__(self, folder, dns_port, limits):
        super().__init__(folder, dns_port, limits="limits")
        (folder / "limits").write_text("all off\n" + limits)
        self.clock = folder / "clock"
        self.clock.write_text("0")
        self.environment["LATCHKEY_CLOCK_FILE"] = str(self.clock)
        self.start()
        self.responder = Responder(self.http_port)

    def move_to(self, instant):
        """Just behind this unix time."""
        self.clock.write_text(str(round((instant - time.time()) * 1000)))
        time.sleep(0.3)

    def now(self):
        return time.time() + int(self.clock.read_text()) / 1000

    def client(self, key=None):
        one = Client(self, key)
        assert one.register().status in (200, 201)
        self.responder.thumbprint = one.key.thumbprint
        return one

    def stop(self):
        self.responder.stop()
        super().stop()


@pytest.fixture
def limited(tmp_path, knot):  # noqa: F811
    started = []

    def start(*lines):
        started.append(LimitedCa(tmp_path / "ca", knot.port, "\n".join(lines)))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def refused(ca, reply, sentence, span):
    """Checks the form of a refusal; returns the promised instant."""
    assert reply.problem == (429, "rateLimited"), reply.json
    detail = reply.json["detail"]
    assert detail.startswith(sentence), detail
    text, page = PROMISE.search(detail).groups()
    promised = datetime.datetime.fromisoformat(text + "+00:00").timestamp()
    assert promised - ca.now() == pytest.approx(int(reply.headers["Retry-After"]), abs=3)
    assert promised - ca.now() == pytest.approx(span, abs=5)
    assert f'<{page}>;rel="help"' in reply.headers.get_all("Link")
    assert page.startswith(f"{ca.url}/limits#")
    _, _, body = ca.connect().request("GET", "/limits")
    assert f"(#{page.split('#')[1]})" in body.decode()
    return promised


def holds_until(ca, promised, ask, sentence):
    """Refused a second before the promise, let on behind it, and the next one is refused."""
    ca.move_to(promised - 1.9)
    reply = ask()
    assert reply.status == 429 and reply.json["detail"].startswith(sentence)
    ca.move_to(promised)
    assert ask().status == 201
    reply = ask()
    assert reply.status == 429 and reply.json["detail"].startswith(sentence)


def fail(ca, client, *names):
    """A failed validation of each name. Each has an order of its own: one of several names is over,
    and no longer looked at, with its first failure."""
    ca.responder.thumbprint = "wrong"
    for name in names:
        order = client.order(name)
        assert order.status == 201, order.json
        assert client.validate(order).json["status"] == "invalid"
    ca.responder.thumbprint = client.key.thumbprint


# --- each limit ----------------------------------------------------------------------------------

def test_orders_per_account(limited):
    ca = limited("orders_per_account 3 1h")
    client, names = ca.client(), iter(f"n{i}.example" for i in range(20))
    sentence = "too many new orders (3) from this account in the last 1h0m0s, retry after "
    for _ in range(3):
        assert client.order(next(names)).status == 201
    assert client.order("bad_name.example").problem == (400, "rejectedIdentifier")
    promised = refused(ca, client.order(next(names)), sentence, 1200)
    assert ca.client().order("free.example").status == 201
    holds_until(ca, promised, lambda: client.order(next(names)), sentence)


def test_an_order_that_fails_takes_nothing(limited):
    ca = limited("orders_per_account 2 1h")
    client = ca.client()
    for name in ("a..example", "example", "shop.com", "x" * 64 + ".example"):
        assert client.order(name).status == 400
    assert client.order("ok.example", profile="gold").status == 400
    assert client.order("ok.example").status == 201
    assert client.order("ok.example").status == 201  # the same order again takes one too
    assert client.order("ok.example").status == 429


def test_of_many_orders_at_once_the_limit_is_let_through(limited):
    ca = limited("orders_per_account 5 1h")
    client = ca.client()

    def order(i):
        one = Client(ca, client.key)
        one.kid = client.kid
        return one.order(f"race-{i}.example").status

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert sorted(pool.map(order, range(24))) == [201] * 5 + [429] * 19


def test_limits_outlive_the_process(limited):
    ca = limited("orders_per_account 2 1h", "failures_in_a_row 1 1d 1")
    client = ca.client()
    fail(ca, client, "bad.example")
    fail(ca, client, "bad.example")
    ca.kill()
    ca.start_ca()
    client = ca.client(client.key)
    assert client.order("next.example").problem == (429, "rateLimited")
    assert "temporarily prevented" in client.order("bad.example").json["detail"]


def test_certificates_per_domain(limited):
    ca = limited("certificates_per_domain 2 7d")
    client = ca.client()
    sentence = ('too many certificates (2) already issued for "shop.example" in the last '
                '168h0m0s, retry after ')
    client.issue("a.shop.example")
    client.order("never-issued.shop.example")  # only what is issued counts
    client.issue("b.shop.example", "other.example")
    promised = refused(ca, client.order("c.shop.example"), sentence, 3.5 * DAY)
    assert ca.client().order("c.shop.example").status == 429  # of all accounts
    assert client.order("c.other.example").status == 201
    ca.client(client.key)
    client.issue("a.shop.example")  # the same names again: let through, and not counted
    names = iter(f"n{i}.shop.example" for i in range(9))

    def issue():
        order = client.order(name := next(names))
        if order.status == 201:
            client.validate(order)
            client.complete(order, [name])
        return order

    holds_until(ca, promised, issue, sentence)


def test_certificates_per_set(limited):
    ca = limited("certificates_per_set 2 7d")
    client = ca.client()
    names = ["set.example", "www.set.example"]
    sentence = ("too many certificates (2) already issued for this exact set of identifiers in the "
                "last 168h0m0s, retry after ")
    client.issue(*names)
    client.issue(*reversed(names))
    promised = refused(ca, client.order(*names), sentence, 3.5 * DAY)
    assert client.order("set.example").status == 201

    def issue():
        order = client.order(*names)
        if order.status == 201:
            client.validate(order)
            client.complete(order, names)
        return order

    holds_until(ca, promised, issue, sentence)


def test_revoking_gives_nothing_back(limited):
    ca = limited("certificates_per_set 1 7d")
    client = ca.client()
    _, pem, _ = client.issue("revoked.example")
    reply = client.post(client.url("revoke-cert"), {"certificate": certificate_of(pem)})
    assert reply.status == 200
    assert client.order("revoked.example").status == 429


def test_failures_per_name(limited):
    ca = limited("failures_per_name 2 1h")
    client = ca.client()
    sentence = ('too many failed authorizations (2) for "bad.example" in the last 1h0m0s, retry '
                'after ')
    fail(ca, client, "bad.example")
    fail(ca, client, "bad.example", "also.example")
    promised = refused(ca, client.order("good.example", "bad.example"), sentence, 1800)
    assert client.order("good.example").status == 201
    assert ca.client().order("bad.example").status == 201  # another account's
    ca.move_to(promised - 1.9)
    assert client.order("bad.example").status == 429
    ca.move_to(promised)
    fail(ca, client, "bad.example")
    assert client.order("bad.example").status == 429


def test_accounts_per_address(limited):
    ca = limited("accounts_per_address 2 3h")
    sentence = "too many new registrations (2) from this IP address in the last 3h0m0s, retry after "
    first = ca.client()
    ca.client()
    promised = refused(ca, Client(ca).register(), sentence, 1.5 * HOUR)
    assert Client(ca, first.key).register().status == 200  # an account that is there
    holds_until(ca, promised, lambda: Client(ca).register(), sentence)


class Front(http.client.HTTPConnection):
    """Straight to the CA's socket, as a front that says who asks."""

    def __init__(self, ca, address):
        super().__init__("localhost", timeout=20)
        self.path, self.address = str(ca.folder / "ca.sock"), address

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, path, body=None, headers=None):
        self.request(method, path, body, {"X-Real-IP": self.address, **(headers or {})})
        reply = self.getresponse()
        return Reply(reply.status, reply.headers, reply.read())

    def register(self, ca):
        key, url = Key(), f"{ca.url}/acme/new-acct"
        nonce = self.ask("HEAD", "/acme/new-nonce").headers["Replay-Nonce"]
        body = key.jws({"nonce": nonce, "url": url, "jwk": key.jwk}, {"termsOfServiceAgreed": True})
        return self.ask("POST", "/acme/new-acct", body, {"Content-Type": "application/jose+json"})


def test_accounts_per_network(limited):
    ca = limited("accounts_per_network 2 3h", "accounts_per_address 1 3h")
    sentence = ("too many new registrations (2) from this /48 subnet of IPv6 addresses in the last "
                "3h0m0s, retry after ")
    assert Front(ca, "2001:db8:1:1::1").register(ca).status == 201
    assert Front(ca, "2001:db8:1:1::1").register(ca).json["detail"].startswith(
        "too many new registrations (1) from this IP address")
    assert Front(ca, "2001:db8:1:ffff::1").register(ca).status == 201
    promised = refused(ca, Front(ca, "2001:db8:1:2::1").register(ca), sentence, 1.5 * HOUR)
    assert Front(ca, "2001:db8:2::1").register(ca).status == 201
    hosts = iter(range(3, 99))
    holds_until(ca, promised, lambda: Front(ca, f"2001:db8:1:{next(hosts)}::1").register(ca),
                sentence)


# --- pausing -------------------------------------------------------------------------------------

def test_pausing(limited):
    ca = limited("failures_in_a_row 1 1d 2")
    client = ca.client()
    shortlived = {"profile": "shortlived"}  # classic's good authorization would be used again
    fail(ca, client, "zombie.example", "second.example")
    fail(ca, client, "zombie.example", "second.example")
    client.issue("second.example", **shortlived)  # a success: its row begins again
    fail(ca, client, "zombie.example", "second.example")
    reply = client.order("good.example", "zombie.example", "second.example")
    assert reply.problem == (429, "rateLimited") and "Retry-After" not in reply.headers
    page = reply.json["detail"].removeprefix(
        "Your account is temporarily prevented from requesting certificates for zombie.example and "
        "possibly others. Please visit: ")
    assert page.startswith(f"{ca.url}/unpause/")
    ca.move_to(time.time() + 30 * DAY)
    assert client.order("zombie.example").json["detail"].endswith(page)
    assert client.order("good.example").status == 201
    assert ca.client().order("zombie.example").status == 201

    path = page.removeprefix(ca.url)
    status, _, body = ca.connect().request("GET", path)
    assert status == 200 and b"Paused names of account 1: 1\n  zombie.example\n" in body
    assert client.order("zombie.example").status == 429  # looking changes nothing
    status, _, body = ca.connect().request("POST", path)
    assert status == 200 and body == b"Names of account 1 that may be ordered again: 1\n"
    assert client.order("zombie.example").status == 201
    assert ca.connect().request("POST", path + "x")[0] == 404
    assert [e["subject"] for e in ca.journal("--kind", "name.paused")] == ["zombie.example"]
    assert [e["detail"] for e in ca.journal("--kind", "names.unpaused")] == ["names: 1"]


def test_unpausing_by_command(limited):
    ca = limited("failures_in_a_row 1 1d 1")
    client = ca.client()
    for _ in range(2):
        fail(ca, client, "a.example", "b.example")
    assert client.order("a.example").status == 429
    for words, code, text in [(["7"], 2, "there is no account 7"), (["x"], 2, '"x" is not the num'),
                              ([], 64, 'unpause: of which account, or "all"?')]:
        done = subprocess.run(ca.command("unpause", *words), capture_output=True, text=True,
                              timeout=30, check=False)
        assert done.returncode == code and text in done.stderr
    assert client.order("a.example").status == 429
    assert ca.run("unpause", "1") == "names: 2\n"
    fail(ca, client, "a.example")  # unmended: paused again at once
    assert client.order("a.example").status == 429
    assert ca.run("unpause", "all", "--json") == '{"ok":true,"names":1}\n'
    assert client.order("a.example").status == 201


# --- requests ------------------------------------------------------------------------------------

@pytest.mark.parametrize("limit,method,path", [
    ("requests_new_nonce", "HEAD", "/acme/new-nonce"), ("requests_directory", "GET", "/directory"),
    ("requests_new_account", "POST", "/acme/new-acct"),
    ("requests_new_order", "POST", "/acme/new-order"),
    ("requests_revoke", "POST", "/acme/revoke-cert"),
    ("requests_renewal_info", "GET", "/acme/renewal-info/x"), ("requests_other", "GET", "/terms/1"),
    ("requests_other", "POST", "/acme/cert/1")])
def test_requests(limited, limit, method, path):
    ca = limited(f"{limit} 1 60s 3")
    front = Front(ca, "198.51.100.7")
    for _ in range(3):
        assert front.ask(method, path).status != 503
    reply = front.ask(method, path)
    assert reply.status == 503 and 58 <= int(reply.headers["Retry-After"]) <= 60
    if method != "HEAD":
        assert reply.problem == (503, "rateLimited")
        assert reply.json["detail"] == "Service busy; retry later."
    promised = ca.now() + int(reply.headers["Retry-After"])
    assert Front(ca, "198.51.100.8").ask(method, path).status != 503
    ca.move_to(promised - 1.9)
    assert front.ask(method, path).status == 503
    ca.move_to(promised)
    assert front.ask(method, path).status != 503
    assert front.ask(method, path).status == 503


# --- exemptions ----------------------------------------------------------------------------------

@pytest.mark.req("A11")
def test_renewals_inside_their_window(limited):
    """An order for other names that replaces a certificate is exempt from its window's start to its
    end, and by a second on either side it is not."""
    ca = limited("orders_per_account 2 365d", "certificates_per_domain 1 365d",
                 "certificates_per_set 1 365d")
    client = ca.client()
    _, first, _ = client.issue("first.example")
    _, second, _ = client.issue("second.example")
    (start, _), _, _ = renewal_info(ca, id_of(first))
    (_, end), _, _ = renewal_info(ca, id_of(second))

    def renew(name, pem):
        return client.order(name, f"www.{name}", replaces=id_of(pem))

    ca.move_to(start - 1.5)
    assert renew("first.example", first).problem == (429, "rateLimited")
    ca.move_to(start)
    order = renew("first.example", first)
    assert order.status == 201
    client.validate(order)
    client.complete(order, ["first.example", "www.first.example"])
    ca.move_to(end - 1.5)
    order = renew("second.example", second)
    assert order.status == 201
    client.post(order.json["authorizations"][0], {"status": "deactivated"})
    ca.move_to(end)
    assert renew("second.example", second).problem == (429, "rateLimited")


def test_a_forced_window_exempts_nobody(limited):
    """It lies in the past, as Boulder's does after an incident: only the same names get through."""
    ca = limited("orders_per_account 1 365d", "certificates_per_domain 1 365d")
    client = ca.client()
    _, pem, _ = client.issue("forced.example")
    ca.run("renew-now", "all")
    assert client.order("forced.example", "www.forced.example", replaces=id_of(pem)).status == 429
    assert client.order("forced.example", replaces=id_of(pem)).status == 201


# --- choosing ------------------------------------------------------------------------------------

def test_which_limits(tmp_path, knot):  # noqa: F811
    ca = SandboxCa(tmp_path / "ca", knot.port)
    limits = tmp_path / "few"
    limits.write_text("accounts_per_address 1 1h\n")
    ca.command = lambda *words, base=ca.command: base(
        *words, *(["--limits", str(limits)] if words == ("serve",) else []))
    ca.start()
    try:
        assert Client(ca).register().status == 201
        assert Client(ca).register().status == 429
        page = ca.connect().request("GET", "/limits")[2].decode()
        assert "  1 at once; 1 more every 3600 seconds" in page  # as the file has it
        assert "  300 at once; 300 more every 10800 seconds" in page  # what it does not name
    finally:
        ca.stop()


@pytest.mark.parametrize("text,why", [
    (None, "there is no file {0} with limits"),
    ("orders_per_account many 3h", '{0}: line 1: "many" is not a number from 1 to 1000000'),
    ("\norders 1 1h", '{0}: line 2: there is no limit "orders"')])
def test_limits_that_are_none(tmp_path, knot, text, why):  # noqa: F811
    ca, limits = SandboxCa(tmp_path / "ca", knot.port), tmp_path / "limits"
    if text is not None:
        limits.write_text(text)
    done = subprocess.run(ca.command("serve", "--limits", str(limits)), capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode != 0 and why.format(limits) in done.stderr


def test_config_check_reads_the_file(tmp_path):
    """It names the configuration, the file, the line and the reason."""
    limits, config = tmp_path / "few.txt", tmp_path / "latchkey.yaml"
    config.write_text('{"sandbox_ca": {"limits": "few.txt"}}')
    command = [LATCHKEY, "config", "check", "--config", config]

    def check():
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, done.stderr
    assert check() == (1, f"latchkey: {config}: sandbox_ca.limits: there is no file {limits} with "
                          "limits\n")
    limits.write_text("all off\norders_per_account 5 3x\n")
    code, message = check()
    assert code == 1 and f'{config}: sandbox_ca.limits: {limits}: line 2: "3x" is not a period' in \
        message
    limits.write_text("all off\norders_per_account 5 3h\n")
    assert check() == (0, "")
