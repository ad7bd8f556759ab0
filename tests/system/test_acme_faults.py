# SPDX-License-Identifier: Apache-2.0
"""Each call of the ACME library answered by garbage, by half an answer, by 10 MB, by one octet a second: an
error that says which call and why, no more memory than else, and success afterwards."""
import json
import subprocess
import time

import pytest

from acme_kit import command, probe
from ca_fixtures import knot, responder  # noqa: F401
from faulty_ca_kit import CALLS, FAULTS, FaultyCa

TIMEOUT_MS = 1500
PEAK_KIB = 16 * 1024  # without any fault 12 MB
# Which command of the probe makes the call, and what the error calls it.
COMMANDS = {"revokeCert": "revoke", "renewalInfo": "renew"}
REASONS = {"cut": "closed the connection before the answer was complete",
           "large": " octets",  # more of them than it may have
           "drip": f"did not answer in full within {TIMEOUT_MS} ms"}
# A status says all that there is to say: what comes with it is not read.
STATUS_ALONE = {("revokeCert", "garbage")}


@pytest.fixture(scope="module")
def ca(tmp_path_factory, knot):  # noqa: F811
    server = FaultyCa(tmp_path_factory.mktemp("ca") / "ca", knot.port,
                      profiles=[{"name": "minutes", "lifetime_s": 600}]).start()
    yield server
    server.stop()


def run(ca, name, prefix):
    done = subprocess.run(command(ca, name, prefix, timeout_ms=TIMEOUT_MS), capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.req("R23")
@pytest.mark.parametrize("call", CALLS)
def test_each_call(ca, call):
    name = COMMANDS.get(call, "issue")
    for fault in FAULTS:
        ca.front.set_fault(call, fault)
        begun = time.monotonic()
        code, report = run(ca, name, f"{call.lower()}-{fault}")
        ca.front.clear()
        text = " ".join([report["error"], *report.get("failures", [])])
        print(fault, report["peak_kib"], text)
        assert report["peak_kib"] < PEAK_KIB, fault
        assert time.monotonic() - begun < 2 * TIMEOUT_MS / 1000 + 3, fault
        if (call, fault) in STATUS_ALONE:
            assert code == 0, report
            continue
        assert code == 1 and call in text, (fault, report)
        assert REASONS.get(fault, "") in text, (fault, text)
    assert run(ca, name, f"{call.lower()}-well")[0] == 0
