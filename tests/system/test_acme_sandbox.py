# SPDX-License-Identifier: Apache-2.0
"""The ACME library against the sandbox CA. src/acme and src/ca share nothing, so that the two can
disagree about the RFCs."""
import re

import pytest

from acme_kit import probe
from ca_fixtures import OWN, SandboxCa, knot  # noqa: F401

COUNT = 40
REQUEST = re.compile(r"http\.request .*\bpath=(\S+)")


@pytest.fixture(scope="module")
def ca(tmp_path_factory, knot):  # noqa: F811
    server = SandboxCa(tmp_path_factory.mktemp("ca") / "ca", knot.port, profiles=OWN).start()
    yield server
    server.stop()


def test_every_other_call(ca):
    report = probe(ca, "tour", "tour")
    revoked = [entry["subject"] for entry in ca.journal("--kind", "certificate.revoked")]
    assert revoked == report["serials"]
    assert report["taken_key"].startswith("CA refused keyChange: conflict: New key is already in use")


@pytest.mark.req("A11")
def test_renewal(ca):
    report = probe(ca, "renew", "again")
    assert report["profile"] == "minutes"
    assert 11860 <= report["window_ms"] <= 11880  # a fiftieth of 593 to 594 s, from the issuance
    assert report["refusals"] == dict.fromkeys(("unreadable", "serial", "issuer", "names"),
                                               "malformed")
    assert report["stranger"] == "unauthorized" and report["found_again"]


@pytest.mark.req("R22")
@pytest.mark.parametrize("threads,names,most", [(1, 1, 7.2), (8, 1, 8.0), (8, 3, 12.0)])
def test_requests_per_certificate(ca, threads, names, most):
    """By the CA's own log."""
    before = len(REQUEST.findall(ca.log()))
    probe(ca, "issue", f"count{threads}{names}-", count=COUNT, threads=threads, names=names)
    made = REQUEST.findall(ca.log())[before:]
    nonces = sum(path.endswith("/new-nonce") for path in made)
    others = sum(path.endswith(("/directory", "/new-acct", "/new-nonce")) for path in made)
    print(len(made), nonces)
    assert nonces <= threads
    assert COUNT * 7 <= len(made) - others + nonces <= COUNT * most
