# SPDX-License-Identifier: Apache-2.0
"""The cure cures: what findings say is to be changed in DNS is changed by a program, and they are gone."""
import os

import pytest

from doctor_cure_kit import actions_of, cure, left_over, uncover
from doctor_kit import CASES, Clinic, load

if not os.environ.get("LATCHKEY_NETNS"):
    pytest.skip("needs a network of its own: tests/system/in-namespace", allow_module_level=True)


@pytest.fixture(scope="module")
def looks(tmp_path_factory):
    clinic = Clinic(tmp_path_factory.mktemp("cure"), load(CASES))
    try:
        before = clinic.look()
        cured = cure(clinic, before)
        yield before, uncover(clinic, before, clinic.look()), cured
    finally:
        clinic.stop()


@pytest.mark.req("R36", "A2", "A3", "A4", "A5")
def test_cured(looks):
    before, after, cured = looks
    assert len(cured) > 40 and all(left_over(before[name], before[name]) for name in cured)
    assert {name: left_over(before[name], after[name]) for name in cured
            if left_over(before[name], after[name])} == {}


@pytest.mark.req("A6")
def test_dnssec_is_cured_at_the_registrar(looks):
    before, after, cured = looks
    broken = [name for name, result in before.items() if "dnssec_bogus" in result.codes]
    assert len(broken) > 1 and set(broken) <= set(cured)
    for name in broken:
        assert {(one["op"], one["type"]) for one in actions_of(before[name])} == {("remove", "DS")}
        assert after[name].got["verdict"] == "ready", after[name].got


def test_ready_then(looks):
    """Where every error says what to change, the names are ready afterwards."""
    before, after, cured = looks
    whole = [name for name in cured
             if all(one["actions"] or one["severity"] != "error" or one["code"] == "follows_bad_name"
                    for one in before[name].every)]
    assert len(whole) > 35
    assert {name: after[name].got for name in whole if after[name].got["verdict"] != "ready"} == {}


def test_what_was_right_stays_so(looks):
    before, after, cured = looks
    for name, result in before.items():
        if name not in cured and result.got["verdict"] == "ready":
            assert after[name].got["verdict"] == "ready", (name, after[name].got)
