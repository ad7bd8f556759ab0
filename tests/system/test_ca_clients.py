# SPDX-License-Identifier: Apache-2.0
"""The sandbox CA behind an nginx of one's own, with certbot: a web root, the certificate's own key, and what it
says when a name cannot be had. Other clients, and all that each can do: test_ca_matrix.py."""
import os
import pathlib
import shutil
import subprocess

import pytest

from ca_fixtures import Knot, Responder, SandboxCa, leaf_of, names_of, openssl_verify

NAMES = ["shop.example", "www.shop.example"]


@pytest.fixture
def world(tmp_path):
    knot = Knot(tmp_path / "knot", [f"{name}. A 127.0.0.1" for name in NAMES])
    ca = SandboxCa(tmp_path / "ca", knot.port).start()
    yield ca
    ca.stop()
    knot.stop()


def run(command, **environment):
    done = subprocess.run(list(map(str, command)), env={**os.environ, **environment}, text=True,
                          capture_output=True, timeout=90)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


class WebRoot:
    """A folder served on the port that the CA validates on."""

    def __init__(self, folder, port):
        folder.mkdir()
        self.folder = folder
        self.responder = Responder(port)
        self.responder.answers = self

    def get(self, path, _):
        file = self.folder / path.lstrip("/")
        return (200, {}, file.read_bytes()) if file.is_file() else (404, {}, b"")

    def stop(self):
        self.responder.stop()


@pytest.fixture
def webroot(tmp_path, world):
    root = WebRoot(tmp_path / "webroot", world.http_port)
    yield root
    root.stop()


def check_chain(world, tmp_path, chain, names):
    """The chain is good, and the last that the journal has; returns its serial."""
    assert sorted(names_of(chain)) == names
    assert openssl_verify(tmp_path, world.root, chain)[0] == 0
    serial = f"{leaf_of(chain).serial_number:034x}"
    assert [e["subject"] for e in world.journal("--kind", "certificate.issued")][-1] == serial
    return serial


def revoked(world):
    return [(e["subject"], e["detail"]) for e in world.journal("--kind", "certificate.revoked")]


@pytest.mark.req("R45")
@pytest.mark.skipif(not shutil.which("certbot"), reason="certbot is not installed")
def test_certbot(world, tmp_path, webroot):
    folder = tmp_path / "certbot"
    common = ["--config-dir", folder, "--work-dir", folder, "--logs-dir", folder, "--server",
              world.directory, "-n"]
    trust = {"REQUESTS_CA_BUNDLE": str(world.root)}

    run(["certbot", "certonly", *common, "--agree-tos", "-m", "a@shop.example", "--no-eff-email",
         "--webroot", "-w", webroot.folder, *sum((["-d", name] for name in NAMES), [])], **trust)
    live = folder / "live" / NAMES[0]
    serial = check_chain(world, tmp_path, (live / "fullchain.pem").read_text(), NAMES)
    run(["certbot", "renew", *common, "--force-renewal", "--no-random-sleep-on-renew"], **trust)
    renewed = check_chain(world, tmp_path, (live / "fullchain.pem").read_text(), NAMES)
    assert renewed != serial
    run(["certbot", "revoke", *common, "--cert-path", live / "cert.pem", "--reason", "superseded",
         "--no-delete-after-revoke"], **trust)
    assert revoked(world) == [(renewed, "superseded")]
    # and by the certificate's own key
    archive = pathlib.Path(folder / "archive" / NAMES[0])
    run(["certbot", "revoke", *common, "--cert-path", archive / "cert1.pem", "--key-path",
         archive / "privkey1.pem", "--reason", "keycompromise", "--no-delete-after-revoke"], **trust)
    assert revoked(world)[-1] == (serial, "keyCompromise")


@pytest.mark.req("R45")
@pytest.mark.skipif(not shutil.which("certbot"), reason="certbot is not installed")
def test_certbot_is_told_what_is_wrong(world, tmp_path, webroot):
    """A name with no address: the client's own message has the CA's sentence."""
    folder = tmp_path / "certbot"
    done = subprocess.run(
        ["certbot", "certonly", "--config-dir", folder, "--work-dir", folder, "--logs-dir", folder,
         "--server", world.directory, "-n", "--agree-tos", "--register-unsafely-without-email",
         "--webroot", "-w", webroot.folder, "-d", "nowhere.example"],
        env={**os.environ, "REQUESTS_CA_BUNDLE": str(world.root)}, capture_output=True, text=True,
        timeout=90)
    assert done.returncode == 1
    text = " ".join((done.stdout + done.stderr).split())
    assert "DNS problem: NXDOMAIN looking up A for nowhere.example - check that a DNS record " \
           "exists for this domain" in text, text
