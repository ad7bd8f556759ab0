# SPDX-License-Identifier: Apache-2.0
"""`latchkey ca` for clients that are not on its machine: `--listen` and `--name`. The client is in a
network namespace of its own, behind a link."""
import contextlib
import json
import os
import subprocess

import pytest
from cryptography import x509

from alone_kit import Alone
from ca_client_kit import Client
from ca_fixtures import Responder, leaf_of
from edge_kit import wait_for
from far_edges import can_nest, ip

pytestmark = [pytest.mark.req("R45"), pytest.mark.skipif(
    not can_nest(), reason="no network namespaces in a namespace here")]

NEAR, FAR, NEAR6 = "203.0.113.1", "203.0.113.2", "2001:db8:1::1"


@pytest.fixture(scope="module")
def elsewhere():
    """Runs a command on the other side of a link; returns what it printed."""
    holder = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
    own = os.readlink("/proc/self/ns/net")
    wait_for(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own)

    def run(*words, code=0):
        done = subprocess.run(["nsenter", "-t", str(holder.pid), "-n", *map(str, words)], text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    ip("link", "add", "far", "type", "veth", "peer", "name", "near", "netns", str(holder.pid))
    ip("address", "add", f"{NEAR}/24", "dev", "far")
    ip("-6", "address", "add", f"{NEAR6}/64", "dev", "far", "nodad")
    ip("link", "set", "far", "up")
    run("ip", "address", "add", f"{FAR}/24", "dev", "near")
    run("ip", "-6", "address", "add", "2001:db8:1::2/64", "dev", "near", "nodad")
    run("ip", "link", "set", "near", "up")
    yield run
    ip("link", "delete", "far")
    holder.kill()
    holder.wait()


@contextlib.contextmanager
def started(place, *words):
    alone = Alone(place, *words)
    try:
        yield alone.start()
    finally:
        alone.stop()


def directory(elsewhere, alone, host, *words):
    """As a client over there sees it; its TLS trusts the CA's root alone."""
    text = elsewhere("curl", "-sS", "--cacert", alone.root, *words,
                     f"https://{host}:{alone.port}/directory")
    return json.loads(text)


@pytest.mark.parametrize("address,host", [(NEAR, NEAR), (NEAR6, f"[{NEAR6}]")],
                         ids=["IPv4", "IPv6"])
def test_an_address(tmp_path, elsewhere, address, host):
    with started(tmp_path / "alone", "--listen", address) as alone:
        url = f"https://{host}:{alone.port}"
        assert f"  directory  {url}/directory\n" in alone.out()
        assert directory(elsewhere, alone, host)["newOrder"] == f"{url}/acme/new-order"
        # nothing else was given away: it is served here as before, and there are no more addresses
        assert alone.answers()
        elsewhere("curl", "-sS", "--cacert", alone.root, "--resolve",
                  f"other.test:{alone.port}:{address}", f"https://other.test:{alone.port}/directory",
                  code=60)


@pytest.mark.parametrize("address,host", [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"),
                                          ("0:0:0:0:0:0:0:1", "[0:0:0:0:0:0:0:1]")])
def test_an_address_that_it_has_anyhow(tmp_path, address, host):
    """Of the front, which nginx would refuse to listen on twice."""
    with started(tmp_path / "alone", "--listen", address) as alone:
        assert f"  directory  https://{host}:{alone.port}/directory\n" in alone.out()
        done = subprocess.run(["curl", "-sS", "--cacert", alone.root,
                               f"https://{host}:{alone.port}/directory"],
                              capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0 and host in json.loads(done.stdout)["newOrder"], done


def test_a_name(tmp_path, elsewhere):
    """A certificate is had there from start to end, and its CRL is found by that name."""
    with started(tmp_path / "alone", "--listen", NEAR, "--name", "ca.lab.test") as alone:
        known = ("--resolve", f"ca.lab.test:{alone.port}:{NEAR}")
        assert directory(elsewhere, alone, "ca.lab.test", *known)["newOrder"] == (
            f"https://ca.lab.test:{alone.port}/acme/new-order")
        alone.url = f"https://ca.lab.test:{alone.port}"
        client, responder = Client(alone), Responder(alone.http_port)
        client.register()
        responder.thumbprint = client.key.thumbprint
        try:
            cert = leaf_of(client.issue("shop.example")[1])
        finally:
            responder.stop()
        point, = cert.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
        place = point.full_name[0].value
        assert place.startswith(f"http://ca.lab.test:{alone.port}/crl/")
        elsewhere("curl", "-sS", "-o", tmp_path / "crl.der", *known, place)
        assert x509.load_der_x509_crl((tmp_path / "crl.der").read_bytes()).issuer == cert.issuer


def test_another_name_another_certificate(tmp_path, elsewhere):
    """And the same root; another address makes another root."""
    place, roots = tmp_path / "alone", []
    alone = Alone(place, "--listen", NEAR)
    for words in ([], ["--name", "one.test"], ["--name", "two.test"], ["--listen", NEAR6]):
        host = {NEAR6: f"[{NEAR6}]"}.get(words[1], words[1]) if words else NEAR
        known = ("--resolve", f"{host}:{alone.port}:{NEAR}") if "--name" in words else ()
        try:
            alone.start(*alone.words, *words)
            directory(elsewhere, alone, host, *known)
        finally:
            alone.stop()
        roots.append(alone.root.read_text())
    assert roots[1] == roots[2] and len(set(roots)) == 3


@pytest.mark.parametrize("words,text", [
    (["--listen", "here"], '--listen: "here" is not an IP address'),
    (["--listen", "0.0.0.0"], "--listen 0.0.0.0: by which name is it reached? --name NAME"),
    (["--listen", "::"], "--listen ::: by which name is it reached? --name NAME"),
    (["--listen", "::0"], "--listen ::0: by which name is it reached? --name NAME"),
    (["--name", "Not A Name"], "--name: "),
    (["--name", "ca.corp.internal"],
     "--name ca.corp.internal: its root can certify names below .test"),
    (["--listen", "203.0.113.77"], "cannot listen on 203.0.113.77:")])
def test_what_is_refused(tmp_path, words, text):
    alone = Alone(tmp_path / "alone", *words)
    assert text in alone.run(*alone.words, code=2)
    assert not (alone.folder / "latchkey.yaml").exists()  # the next start may say another
