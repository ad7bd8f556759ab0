# SPDX-License-Identifier: Apache-2.0
"""`latchkey ca`: the sandbox CA alone, with one command."""
import http.client
import os
import shutil
import signal
import socket
import ssl
import stat
import subprocess

import dns.message
import dns.query
import pytest
from cryptography import x509

from alone_kit import Alone
from ca_client_kit import Client
from ca_fixtures import Knot, Responder, leaf_of, names_of
from edge_kit import free_port, wait_for

pytestmark = pytest.mark.req("R45")


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    ca = Alone(tmp_path_factory.mktemp("alone") / "it is here").start()
    yield ca
    ca.stop()


@pytest.fixture
def another(tmp_path):
    ca = Alone(tmp_path / "alone")
    yield ca
    ca.stop()


def issue(ca, client, *names, **members):
    responder = Responder(ca.http_port)
    responder.thumbprint = client.key.thumbprint
    try:
        return client.issue(*names, **members)[1]
    finally:
        responder.stop()


# --- the lines that it prints --------------------------------------------------------------------

def literally(alone, program):
    """The printed line of this program, run by a shell as it stands."""
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    line, = [line for line in alone.lines() if f" {program} " in line]
    home = alone.place / f"home-{program}"
    home.mkdir(exist_ok=True)
    environment = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
    return subprocess.Popen(["sh", "-c", line], cwd=alone.place, env={**environment, "HOME": home},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            start_new_session=True)


@pytest.mark.parametrize("program,found", [
    ("certbot", "certbot/live/shop.example/fullchain.pem"),
    ("lego", ".lego/certificates/shop.example.crt")])
def test_lines_to_copy(alone, program, found):
    process = literally(alone, program)
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    assert names_of((alone.place / found).read_text()) == ["shop.example"]


def page_of(alone, port):
    context = ssl.create_default_context(cafile=str(alone.roots))
    with socket.create_connection(("127.0.0.1", port), 5) as plain, \
            context.wrap_socket(plain, server_hostname="shop.example") as tls:
        tls.sendall(b"GET / HTTP/1.0\r\nHost: shop.example\r\n\r\n")
        return b"".join(iter(lambda: tls.recv(4096), b""))


def test_the_line_for_caddy(alone):
    process = literally(alone, "caddy")

    def is_served():
        try:
            return b"hello" in page_of(alone, alone.ports["https-port"])
        except OSError:
            return False
    try:
        wait_for(is_served, 30, "Caddy's page")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        text, _ = process.communicate(timeout=20)
    assert "certificate obtained successfully" in text


# --- its folder ----------------------------------------------------------------------------------

def test_what_it_says(alone):
    assert f"The sandbox CA runs in {alone.folder}.\n" in alone.out()
    assert f"  directory  {alone.directory}\n  roots      {alone.roots}\n" in alone.out()
    assert len(alone.lines()) == 3
    assert stat.S_IMODE((alone.folder / "dns" / "update.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((alone.folder / "dns" / "knot.conf").stat().st_mode) == 0o600


def test_words_find_it(alone):
    """From the folder that it was started in, and with --dir from elsewhere."""
    assert alone.run("faults") == "no faults\n"
    assert alone.run("faults", "--dir", str(alone.folder)) == "no faults\n"
    assert alone.run("faults", "--config", str(alone.folder / "latchkey.yaml")) == "no faults\n"
    assert "cannot open" in alone.run("faults", "--dir", "elsewhere", code=2)


def test_it_goes_on_after_a_restart(another):
    another.start()
    client = Client(another)
    assert client.register().status == 201
    pem = issue(another, client, "kept.example")
    another.run("clock", "+1h")
    root = another.root.read_text()
    assert another.stop(signal.SIGINT) == 0
    assert not another.children()
    another.start("--verbose")  # the ports are those of the folder by now
    assert another.root.read_text() == root
    client.connection, client.nonce = another.connect(), None
    assert client.post(client.kid).json["status"] == "valid"
    assert client.order("kept.example").json["status"] == "ready"
    assert another.run("clock").endswith(", 3600 s from real time\n")
    assert names_of(pem) == ["kept.example"]
    wait_for(lambda: 'who="account 1"' in another.out(), what="the log, which comes in batches")
    assert "http.request" in another.out()


def test_an_option_holds_for_one_start(another, tmp_path):
    another.start()
    another.stop()
    limits = tmp_path / "alone" / "few.txt"
    limits.write_text("accounts_per_address 1 1h\n")
    another.start("--limits", "few.txt")
    assert Client(another).register().status == 201
    assert Client(another).register().problem == (429, "rateLimited")
    another.stop()
    another.start("--limits", "letsencrypt")
    assert b"10 at once" in another.connect().request("GET", "/limits")[2]
    another.stop()
    another.start()
    assert b"at once" not in another.connect().request("GET", "/limits")[2]


# --- its processes -------------------------------------------------------------------------------

@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_all_of_it_ends(another, how):
    another.start()
    assert len(another.children()) >= 4  # dns, ca, front and its worker
    assert another.stop(how) == 0
    assert not another.children()
    for port in (another.port, another.ports["dns-port"]):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 2)


@pytest.mark.parametrize("name", ["ca", "front", "dns"])
def test_what_dies_is_started_again(alone, name):
    pid = alone.pid(name)
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: alone.pid(name) not in (None, pid), 10, name)
    wait_for(alone.answers, 10, "the CA")
    client = Client(alone)
    assert client.register().status == 201
    issue(alone, client, f"after-{name}.example")


def test_what_a_killed_one_left_is_ended(another):
    another.start()
    another.process.kill()
    another.process.wait()
    another.start()
    assert len(another.children()) < 8
    another.stop()
    assert not another.children()


def test_only_one_in_a_folder(alone):
    message = alone.run("--port", str(free_port()), code=2)
    assert "sandbox-ca/run" in message and str(alone.process.pid) in message


@pytest.mark.parametrize("name", ["port", "dns-port"])
def test_a_port_that_is_taken(another, name):
    with socket.create_server(("127.0.0.1", another.ports[name])):
        message = another.run(*another.words, code=2)
    assert f"cannot listen on 127.0.0.1:{another.ports[name]}" in message
    assert not (another.folder / "latchkey.yaml").exists()  # the next start may choose another
    another.start()


def test_a_resolver_of_somebody_else(tmp_path):
    knot = Knot(tmp_path / "knot", ["own.example. A 127.0.0.1"])
    ca = Alone(tmp_path / "alone", "--resolver", f"127.0.0.1@{knot.port}")
    try:
        ca.start()
        assert f"  DNS        127.0.0.1@{knot.port}\n" in ca.out()
        assert not (ca.folder / "run" / "dns.pid").exists()
        client = Client(ca)
        client.register()
        issue(ca, client, "own.example")
        order = client.validate(client.order("other.example"))
        assert order.json["status"] == "invalid"
    finally:
        ca.stop()
        knot.stop()


def test_a_zone_of_ones_own(alone):
    """A file in dns/zones/ is served at once."""
    client = Client(alone)
    client.register()
    (alone.folder / "dns" / "zones" / "mine.example.zone").write_text(
        "mine.example. 1 IN SOA ns.invalid. admin.invalid. 1 60 60 600 1\n"
        "mine.example. 1 IN NS ns.invalid.\na.mine.example. 1 IN CAA 0 issue \";\"\n"
        "a.mine.example. 1 IN A 127.0.0.1\n")

    question = dns.message.make_query("a.mine.example", "CAA")
    wait_for(lambda: dns.query.tcp(question, "127.0.0.1", 5, alone.ports["dns-port"]).answer, 15,
             "the zone")
    responder = Responder(alone.http_port)
    responder.thumbprint = client.key.thumbprint
    try:
        assert client.validate(client.order("a.mine.example")).json["status"] == "invalid"
    finally:
        responder.stop()
    assert "CAA record for a.mine.example prevents issuance" in \
        alone.journal("--kind", "challenge.invalid")[-1]["detail"]


@pytest.mark.parametrize("words,code,text", [
    (["--port", "0"], 64, "--port 0: not a number from 1 to 65535"),
    (["--http-port", "65536"], 64, "--http-port 65536: not a number from 1 to 65535"),
    (["log", "--port", "1"], 64, "--port goes with no word"),
    (["--config", "x.yaml"], 64, "--config goes with a word"),
    (["log", "--config", "x.yaml", "--dir", "x"], 64, "--config and --dir name two CAs"),
    (["--dir", "new", "--limits", "few"], 2, "--limits few: No such file"),
    (["--dir", "new", "--resolver", "dns"], 2, '"dns" is not a resolver such as 127.0.0.1@8053'),
    (["--dir", "a'b"], 2, "cannot be used: none of"),
    (["serve", "--dir", "nowhere"], 2, "cannot open nowhere/latchkey.yaml"),
])
def test_what_it_refuses(another, words, code, text):
    assert text in another.run(*words, code=code)
    assert not (another.place / "new" / "latchkey.yaml").exists()


# --- what relying parties fetch ------------------------------------------------------------------

def test_plain_http(alone):
    """CRLs and intermediates are had without TLS at the same port; nothing else is."""
    client = Client(alone)
    client.register()
    cert = leaf_of(issue(alone, client, "plain.example"))
    point, = cert.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    access, = cert.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    for url, kind in ((point.full_name[0].value, "application/pkix-crl"),
                      (access.access_location.value, "application/pkix-cert")):
        assert url.startswith(f"http://localhost:{alone.port}/")
        for method in ("GET", "HEAD"):
            status, headers, body = plain(alone, method, url)
            assert (status, headers["Content-Type"]) == (200, kind)
            assert bool(body) == (method == "GET")
    for path in ("/directory", "/crl", "/crls/x", "/acme/new-nonce", "/.plain/directory"):
        status, headers, body = plain(alone, "GET", alone.url + path)
        assert (status, headers["Content-Type"]) == (400, "application/problem+json"), path
        assert b"not HTTP" in body or b"TLS" in body
    assert plain(alone, "GET", alone.url + "/crl/../directory")[0] == 400


def plain(alone, method, url):
    connection = http.client.HTTPConnection("localhost", alone.port, timeout=20)
    connection.request(method, "/" + url.split("/", 3)[3])
    reply = connection.getresponse()
    return reply.status, reply.headers, reply.read()
