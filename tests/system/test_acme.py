# SPDX-License-Identifier: Apache-2.0
"""The ACME library against pebble, Debian's and the newest: each call, the count of requests, refused
nonces, an account that is lost."""
import json

import pytest

from acme_kit import MAC_KEY, count, probe, refuse_nonces, start_probe
from edge_kit import free_port
from pebble_kit import VERSIONS, Pebble

COUNT = 50


@pytest.fixture(params=VERSIONS)
def pebble(tmp_path, request):
    """A pebble of each version with the keywords of the test's `pebble` mark."""
    mark = request.node.get_closest_marker("pebble")
    server = Pebble(tmp_path / "pebble", free_port(), version=request.param,
                    **(mark.kwargs if mark else {}))
    server.start()
    yield server
    server.stop()


@pytest.mark.req("R22")
@pytest.mark.parametrize("threads,names,most", [(1, 1, 7.2), (8, 1, 8.0), (8, 3, 12.0)])
def test_requests_per_certificate(pebble, threads, names, most):
    before = pebble.requests()
    report = probe(pebble, "issue", "count", count=COUNT, threads=threads, names=names)
    print(report)
    each = count(pebble, before, COUNT)
    each.pop("newAccount")
    # one for the account, one by pebble_kit waiting for pebble to be there
    assert each.pop("directory") * COUNT <= 2
    assert each["newOrder"] == each["finalize"] == each["certificate"] == 1
    assert each["authorization"] == each["challenge"] == names
    assert each.get("newNonce", 0) * COUNT <= threads
    assert sum(each.values()) <= most


@pytest.mark.req("R22")
@pytest.mark.parametrize("version", VERSIONS)
def test_half_of_all_nonces_refused(tmp_path, version):
    """The long form is tests/soak/refused-nonces."""
    refuse_nonces(tmp_path / "pebble", version, 60, 8)


# What pebble says to the key of another account; from 2.5 on it says yes, and changes nothing.
TAKEN_KEY = {"debian": "CA refused keyChange: serverInternal: Error rolling over account key",
             "newest": "CA, keyChange: the new key is said to be taken, but another account has it"}


@pytest.mark.pebble(PEBBLE_ALTERNATE_ROOTS="2", PEBBLE_CHAIN_LENGTH="2",
                    PEBBLE_WFE_ORDERS_PER_PAGE="1")
def test_every_other_call(pebble):
    report = probe(pebble, "tour", "tour")
    assert len(report["roots"]) == 3 and len(set(report["roots"])) == 3
    for serial, reason in zip(report["serials"], (4, 1)):
        status = json.loads(pebble.management(f"/cert-status-by-serial/{serial}"))
        assert status["Status"] == "Revoked" and status["Reason"] == reason
    assert report["contacts"] == 1
    assert report["orders"] == report["pages"] >= 2
    assert report["taken_key"].startswith(TAKEN_KEY[pebble.version])
    assert report["agreement"].startswith("CA refused account's agreement: malformed: ")


@pytest.mark.pebble(config={"externalAccountBindingRequired": True,
                            "externalAccountMACKeys": {"kid-1": MAC_KEY}})
def test_external_account_binding(pebble):
    probe(pebble, "tour", "bound", eab=f"kid-1:{MAC_KEY}")
    for eab, error in [({}, "CA refused newAccount: externalAccountRequired: "),
                       ({"eab": f"kid-2:{MAC_KEY}"}, "CA refused newAccount: unauthorized: "),
                       ({"eab": f"kid-1:{MAC_KEY[::-1]}"}, "CA refused newAccount: ")]:
        report = probe(pebble, "issue", "not", code=1, **eab)
        assert report["error"].startswith(error), report


@pytest.mark.req("A11")
@pytest.mark.pebble(config={"profiles": {"minutes": {"description": "ten", "validityPeriod": 600}}})
def test_renewal(pebble):
    """RFC 9773 and profiles, which Debian's has not."""
    if pebble.version == "debian":
        assert probe(pebble, "renew", "none", code=1)["error"] == "the CA has no renewalInfo"
    else:
        report = probe(pebble, "renew", "again")
        assert report["profile"] == "minutes" and report["window_ms"] > 0
        assert report["refusals"] == {"unreadable": "malformed", "serial": "serverInternal",
                                      "issuer": "malformed", "names": "serverInternal"}
        assert report["stranger"] == "unauthorized"


def test_names_proved_by_dns(pebble):
    report = probe(pebble, "issue", "dns", dns=pebble.challtestsrv, count=3, names=2)
    assert report["issued"] == 3


def test_a_lost_account_is_registered_again(pebble):
    with start_probe(pebble, "lost", "lost") as process:
        assert process.stdout.readline() == "{}\n"
        pebble.kill_pebble()
        pebble.start_pebble()
        out, _ = process.communicate("\n", timeout=60)
        report = json.loads(out)
        assert process.returncode == 0, report
        assert report["refused"].startswith("CA refused newOrder: accountDoesNotExist: ")


@pytest.mark.memory
def test_no_more_memory_with_more_certificates(pebble):
    sizes = [probe(pebble, "issue", f"m{n}-", count=n, threads=4)["max_rss_kib"] for n in (20, 100)]
    print(sizes)
    assert sizes[1] - sizes[0] < 4096
