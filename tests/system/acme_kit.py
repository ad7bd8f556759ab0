# SPDX-License-Identifier: Apache-2.0
"""acme_probe: src/acme as a program, against a Pebble or a sandbox CA. As a program of its own:
tests/soak/refused-nonces."""
import json
import pathlib
import subprocess
import sys
import tempfile

from edge_kit import BUILD, free_port
from pebble_kit import VERSIONS, Pebble

PROBE = BUILD / "tests" / "tools" / "acme_probe"
MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"


def command(ca, name, prefix, **options):
    """For a Pebble or a SandboxCa."""
    ca_file = getattr(ca, "ca_file", None) or ca.roots
    options = {"directory": ca.directory, "ca_file": ca_file, "port": ca.http_port,
               "prefix": prefix, **options}
    return [str(PROBE), name, *(f"{key}={value}" for key, value in options.items())]


def start_probe(ca, name, prefix, **options):
    return subprocess.Popen(command(ca, name, prefix, **options), stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)


def probe(ca, name, prefix, *, code=0, timeout=100, **options):
    """What it reports; it must exit with `code`."""
    done = subprocess.run(command(ca, name, prefix, **options), capture_output=True, text=True,
                          timeout=timeout, check=False)
    report = json.loads(done.stdout)
    assert done.returncode == code, (report, done.stderr)
    return report


def count(pebble, before, certificates):
    """Requests per certificate since `before`, printed by kind."""
    after = pebble.requests()
    after.subtract(before)
    per_certificate = {kind: n / certificates for kind, n in after.items() if n}
    print(f"{certificates} certificates, requests each:", json.dumps(per_certificate))
    return per_certificate


def refuse_nonces(folder, version, certificates, threads):
    """So many certificates from a pebble that refuses half of all nonces: all of them, and no newNonce
    but the first ones."""
    pebble = Pebble(folder, free_port(), version=version, nonce_reject=50)
    pebble.start()
    try:
        before = pebble.requests()
        report = probe(pebble, "issue", "nonce", count=certificates, threads=threads, timeout=1800)
        print(version, report)
        count(pebble, before, certificates)
        assert report["issued"] == certificates
        assert pebble.requests()["newNonce"] <= threads
    finally:
        pebble.stop()


if __name__ == "__main__":
    for name in VERSIONS:
        with tempfile.TemporaryDirectory(prefix="refused-nonces-") as where:
            refuse_nonces(pathlib.Path(where), name, *map(int, sys.argv[1:]))
