# SPDX-License-Identifier: Apache-2.0
"""The ACME library against Debian's pebble: each call, the count of requests, refused nonces."""
import json
import subprocess

import pytest

from edge_kit import BUILD, free_port
from pebble_kit import Pebble

PROBE = BUILD / "tests" / "tools" / "acme_probe"
COUNT = 50


@pytest.fixture
def pebble(tmp_path, request):
    """A pebble with the keywords of the test's `pebble` mark."""
    mark = request.node.get_closest_marker("pebble")
    server = Pebble(tmp_path / "pebble", free_port(), **(mark.kwargs if mark else {}))
    server.http_port = json.loads((tmp_path / "pebble" / "pebble.json").read_text())["pebble"][
        "httpPort"]
    server.start()
    yield server
    server.stop()


def probe(pebble, command, *args):
    done = subprocess.run([PROBE, command, pebble.directory, pebble.ca_file, str(pebble.http_port),
                           *map(str, args)], capture_output=True, text=True, timeout=100)
    report = json.loads(done.stdout)
    assert done.returncode == 0, (report, done.stderr)
    return report


def count(pebble, before, certificates):
    """Requests per certificate since `before`, printed by kind."""
    after = pebble.requests()
    after.subtract(before)
    per_certificate = {kind: n / certificates for kind, n in after.items() if n}
    print(f"{certificates} certificates, requests each:", json.dumps(per_certificate))
    return per_certificate


@pytest.mark.req("R22")
@pytest.mark.parametrize("threads,most", [(1, 7.2), (8, 8.0)])
def test_requests_per_certificate(pebble, threads, most):
    before = pebble.requests()
    report = probe(pebble, "issue", "count", COUNT, threads)
    print(report)
    each = count(pebble, before, COUNT)
    each.pop("newAccount")
    # one for the account, one by pebble_kit waiting for pebble to be there
    assert each.pop("directory") * COUNT <= 2
    assert each["newOrder"] == each["finalize"] == each["certificate"] == 1
    assert each["authorization"] == each["challenge"] == 1
    assert each.get("newNonce", 0) * COUNT <= threads
    assert sum(each.values()) <= most


@pytest.mark.req("R22")
@pytest.mark.pebble(nonce_reject=50)
@pytest.mark.parametrize("threads", [1, 8])
def test_half_of_all_nonces_refused(pebble, threads):
    before = pebble.requests()
    report = probe(pebble, "issue", "nonce", COUNT, threads)
    print(report)
    count(pebble, before, COUNT)
    assert report["issued"] == COUNT
    assert pebble.requests()["newNonce"] <= threads


@pytest.mark.pebble(PEBBLE_ALTERNATE_ROOTS="2", PEBBLE_CHAIN_LENGTH="2")
def test_every_other_call(pebble):
    report = probe(pebble, "tour", "tour")
    assert report["alternates"] == 2
    status = json.loads(pebble.management(f"/cert-status-by-serial/{report['serial']}"))
    assert status["Status"] == "Revoked" and status["Reason"] == 4


@pytest.mark.memory
def test_no_more_memory_with_more_certificates(pebble):
    sizes = [probe(pebble, "issue", f"m{n}-", n, 4)["max_rss_kib"] for n in (20, 100)]
    print(sizes)
    assert sizes[1] - sizes[0] < 4096
