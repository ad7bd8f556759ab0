# SPDX-License-Identifier: Apache-2.0
"""libacme for other programs: installed, found by pkg-config, and an example that gets a certificate
from pebble by it."""
import contextlib
import http.server
import os
import pathlib
import re
import subprocess
import threading

import pytest

from edge_kit import BUILD, free_port
from pebble_kit import VERSIONS, Pebble

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPORTED = re.compile(r"(acme|address|arena|chain|err|net_policy|slice)_")


def run(*words, **more):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=120,
                          check=False, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that it is installed to, below its prefix."""
    folder = tmp_path_factory.mktemp("installed")
    run("meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel",
        env={**os.environ, "DESTDIR": str(folder)})
    return folder


@pytest.fixture(scope="module")
def example(installed):
    """As its own comment says, with the warnings of a careful program."""
    where = next(installed.rglob("libacme.pc")).parent
    flags = run("pkg-config", "--cflags", "--libs", "libacme", env={
        **os.environ, "PKG_CONFIG_PATH": str(where), "PKG_CONFIG_SYSROOT_DIR": str(installed)})
    sanitizers = ["-fsanitize=address,undefined"] if "LATCHKEY_SANITIZED" in os.environ else []
    run("cc", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-o", installed / "acme-issue",
        ROOT / "examples" / "acme-issue.c", *flags.split(), *sanitizers)
    return installed / "acme-issue"


@contextlib.contextmanager
def web_root(folder, port):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("version", VERSIONS)
def test_the_example(example, tmp_path, version):
    pebble = Pebble(tmp_path / "pebble", free_port(), version=version)
    pebble.start()
    try:
        with web_root(tmp_path, pebble.http_port):
            run(example, pebble.directory, pebble.ca_file, "other.example", tmp_path, cwd=tmp_path)
        (tmp_path / "root.pem").write_text(pebble.root())
        chain = tmp_path / "other.example.pem"
        run("openssl", "verify", "-CAfile", tmp_path / "root.pem", "-untrusted", chain, chain)
        keys = [run("openssl", *words) for words in (
            ("x509", "-in", chain, "-noout", "-pubkey"),
            ("pkey", "-in", tmp_path / "other.example.key", "-pubout"))]
        assert keys[0] == keys[1]
        failed = subprocess.run([example, pebble.directory, pebble.ca_file, "closed.example",
                                 tmp_path], cwd=tmp_path, capture_output=True, text=True,
                                timeout=60, check=False)
        assert failed.returncode == 1  # nothing answers at the port any more
        assert failed.stderr == "acme-issue: the CA could not validate the name\n"
    finally:
        pebble.stop()


def test_only_its_own_names_are_seen(installed):
    names = [line.split()[2] for line in run("nm", "-g", "--defined-only", next(
        installed.rglob("libacme.a"))).splitlines() if len(line.split()) == 3]
    assert "acme_order_new" in names
    assert [name for name in names if not EXPORTED.match(name)] == []


def test_every_function_is_in_the_manual(installed):
    manual = (ROOT / "docs" / "man" / "libacme.3").read_text()
    told = set(re.findall(r"^\.Fn (acme_\w+)", manual, re.M))
    declared = set()
    for header in installed.rglob("libacme/acme/*.h"):
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        declared |= set(re.findall(r"\b(acme_\w+)\(", text))
    assert told == {name for name in declared if not name.endswith("_freep")}
