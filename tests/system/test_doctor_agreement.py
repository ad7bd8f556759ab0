# SPDX-License-Identifier: Apache-2.0
"""What the doctor calls certain is what a certificate authority then does: every name of every case is ordered
at the sandbox CA, and where the two differ, it is said why."""
import os

import pytest

from doctor_agreement_kit import LETS_DEBUG, PEBBLE, compare, confusion
from doctor_kit import CASES, Clinic, load

if not os.environ.get("LATCHKEY_NETNS"):
    pytest.skip("needs a network of its own: tests/system/in-namespace", allow_module_level=True)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agreement")
    clinic = Clinic(folder / "clinic", load(CASES))
    try:
        return compare(folder / "ca", clinic)
    finally:
        clinic.stop()


@pytest.mark.req("A5", "R37")
def test_no_false_block_and_no_missed_failure(rows):
    assert [row for row in rows if not row.is_agreed and not row.why_ca_differs] == []


@pytest.mark.req("R37")
def test_what_pebble_does_is_said_of_every_case(rows):
    assert [row for row in rows if not row.is_agreed_by_pebble and not row.why_pebble_differs] == []
    said = {row.case for row in rows if not row.is_agreed_by_pebble}
    assert set(PEBBLE) <= said, "it does what the doctor says"


def test_both_sides_are_seen(rows):
    counts = confusion(row for row in rows if not row.is_by_chance)
    assert counts["ca", "passes", "issues"] > 70 and counts["ca", "fails", "refuses"] > 90, counts
    assert counts["ca", "passes", "refuses"] + counts["ca", "fails", "issues"] < 15, counts
    assert counts["pebble", "passes", "issues"] > 70 and counts["pebble", "fails", "refuses"] > 90, counts


def test_lets_debug_is_read_for_every_finding(rows):
    assert {row.code for row in rows if row.code} <= set(LETS_DEBUG)
    assert all(problem or why for problem, why in LETS_DEBUG.values())


def test_every_kind_of_refusal(rows):
    assert {"caa", "connection", "dns", "unauthorized"} <= {row.ca for row in rows}
