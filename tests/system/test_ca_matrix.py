# SPDX-License-Identifier: Apache-2.0
"""Clients in C, shell and Python with `latchkey ca` alone: each gets, renews and, where it can,
revokes a certificate by http-01."""
import concurrent.futures
import os
import shutil
import subprocess

import pytest

from alone_kit import Alone
from ca_fixtures import Responder, leaf_of, names_of, openssl_verify

pytestmark = pytest.mark.req("R45")

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


class WebRoot:
    """The answers of a Responder, out of the folder that all clients write to."""

    def __init__(self, folder):
        self.folder = folder

    def get(self, path, _):
        file = self.folder / path.rsplit("/", 1)[-1]
        return (200, {}, file.read_bytes()) if file.is_file() else (404, {}, b"")


class World:
    def __init__(self, place):
        self.ca = Alone(place / "alone").start()
        self.webroot = place / "webroot"
        self.webroot.mkdir()
        self.responder = Responder(self.ca.http_port)
        self.responder.answers = WebRoot(self.webroot)

    def stop(self):
        self.responder.stop()
        self.ca.stop()


def run(*words, **environment):
    done = subprocess.run([str(word) for word in words], env={**os.environ, **environment},
                          capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Client:
    program, can_revoke = None, True

    def __init__(self, world, folder):
        self.world, self.folder, self.name = world, folder, f"{self.program}.example"
        folder.mkdir()

    def whole_life(self):
        """Serials of the certificates, and which of them were revoked."""
        serials = []
        for _ in range(2):
            chain = self.obtain(is_renewal=bool(serials))
            assert names_of(chain) == [self.name]
            assert openssl_verify(self.folder, self.world.ca.root, chain)[0] == 0
            serials.append(f"{leaf_of(chain).serial_number:034x}")
        if self.can_revoke:
            self.revoke()
        return serials


class Uacme(Client):
    """Its library knows the system's roots alone: it sees another file in their place."""
    program = "uacme"

    def command(self, *words):
        roots = self.folder / "system.pem"
        roots.write_text(self.world.ca.roots.read_text())
        hook = self.folder / "hook"
        hook.write_text(f"#!/bin/sh\n[ \"$2\" = http-01 ] || exit 1\n"
                        f"[ \"$1\" = begin ] && printf %s \"$5\" > {self.world.webroot}/\"$4\"\n"
                        "exit 0\n")
        hook.chmod(0o755)
        return ["unshare", *(["-m"] if os.getuid() == 0 else ["-rm"]), "sh", "-c",
                f"mount --bind '{roots}' {BUNDLE} && exec \"$@\"", "sh", "uacme", "-a",
                self.world.ca.directory, "-c", self.folder, "-t", "EC", "-h", hook, *words]

    def obtain(self, is_renewal):
        if not is_renewal:
            run(*self.command("-y", "new"))
        run(*self.command(*(["-f"] if is_renewal else []), "issue", self.name))
        return (self.folder / self.name / "cert.pem").read_text()

    def revoke(self):
        run(*self.command("revoke", self.folder / self.name / "cert.pem"))


class Dehydrated(Client):
    program = "dehydrated"

    def run(self, *words):
        config = self.folder / "config"
        config.write_text(f"CA='{self.world.ca.directory}'\nBASEDIR='{self.folder}'\n"
                          f"WELLKNOWN='{self.world.webroot}'\nCHALLENGETYPE=http-01\n"
                          "KEY_ALGO=secp384r1\n")
        run("dehydrated", "--config", config, *words, CURL_CA_BUNDLE=str(self.world.ca.roots))

    def obtain(self, is_renewal):
        if not is_renewal:
            self.run("--register", "--accept-terms")
        self.run("--cron", "--domain", self.name, *(["--force"] if is_renewal else []))
        return (self.folder / "certs" / self.name / "fullchain.pem").read_text()

    def revoke(self):
        self.run("--revoke", self.folder / "certs" / self.name / "fullchain.pem")


class AcmeTiny(Client):
    program, can_revoke = "acme-tiny", False

    def obtain(self, is_renewal):
        if not is_renewal:
            run("openssl", "genrsa", "-out", self.folder / "account.key", "2048")
            run("openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout",
                self.folder / "n.key", "-out", self.folder / "n.csr", "-subj", f"/CN={self.name}",
                "-addext", f"subjectAltName=DNS:{self.name}")
        return run("acme-tiny", "--account-key", self.folder / "account.key", "--csr",
                   self.folder / "n.csr", "--acme-dir", self.world.webroot, "--directory-url",
                   self.world.ca.directory, "--disable-check",
                   SSL_CERT_FILE=str(self.world.ca.roots))


CLIENTS = [Uacme, Dehydrated, AcmeTiny]


@pytest.fixture(scope="module")
def lives(tmp_path_factory):
    """All at once: {program: what its life gave}."""
    place = tmp_path_factory.mktemp("matrix")
    world = World(place)
    installed = [kind for kind in CLIENTS if shutil.which(kind.program)]
    with concurrent.futures.ThreadPoolExecutor(len(CLIENTS)) as pool:
        futures = {kind.program: pool.submit(kind(world, place / kind.program).whole_life)
                   for kind in installed}
        concurrent.futures.wait(futures.values())
    journal = world.ca.journal()
    world.stop()
    yield futures, journal


@pytest.mark.parametrize("kind", CLIENTS, ids=lambda kind: kind.program)
def test_a_whole_life(lives, kind):
    futures, journal = lives
    if kind.program not in futures:
        pytest.skip(f"{kind.program} is not installed")
    first, second = futures[kind.program].result()
    issued = [e["subject"] for e in journal if e["kind"] == "certificate.issued"]
    revoked = [e["subject"] for e in journal if e["kind"] == "certificate.revoked"]
    assert first != second and {first, second} <= set(issued)
    assert first not in revoked and (second in revoked) == kind.can_revoke
