# SPDX-License-Identifier: Apache-2.0
"""A start of `latchkey run` beside one that runs: what it refuses, and says why."""
import json
import pathlib
import tempfile

import pytest
from platform_kit import Platform


@pytest.fixture(scope="module")
def platform():
    """Has only to be there while another is started."""
    with Platform() as p:
        yield p


@pytest.fixture()
def other(platform):
    """A folder of its own."""
    return pathlib.Path(tempfile.mkdtemp(dir=platform.dir))


def test_second_run_is_refused(platform):
    second = platform.run("run", "--dir", platform.dir)
    assert second.returncode == 2
    assert str(platform.dir) in second.stdout + second.stderr


def run_once(platform, folder, *options):
    """What a start there says as its last line. It offers nothing, for all is over then."""
    done = platform.run("run", "--once", "--dir", folder, *options)
    assert "https://" not in done.stdout and "LATCHKEY_URL" not in done.stdout
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_taken_port_is_named_and_others_may_be_chosen(platform, other):
    code, summary = run_once(platform, other, "--port-base", str(platform.front_port))
    assert (code, summary["live"]) == (2, False)
    assert summary["error"].endswith(": Address already in use")
    code, summary = run_once(platform, other, "--port-base", "31000", "--domain", "Bücher.Example.")
    assert (code, summary["live"]) == (0, True)
    assert summary["domain"] == "xn--bcher-kva.example"


@pytest.mark.parametrize("name, reason", [
    ("example", '"example" is a public suffix: names are registered under it'),
    ("demo.example/../../x", "octet 0x2f is not allowed"),
    ("", "a name is missing"),
])
def test_domain_that_is_none(platform, other, name, reason):
    """Refused before anything is started or written for it."""
    code, summary = run_once(platform, other, "--domain", name, "--port-base", "31000")
    assert (code, summary["live"]) == (2, False)
    assert reason in summary["error"]
    assert not list(other.rglob("*.zone"))


def test_long_folder(platform, other):
    """A socket's path is bound at 107 octets, the folder's is not."""
    folder = other / ("long" * 20) / ("er" * 20)
    folder.mkdir(parents=True)
    code, summary = run_once(platform, folder, "--port-base", "31000")
    assert (code, summary["live"]) == (0, True)


def test_first_order_that_cannot_be_placed(platform, other):
    code, summary = run_once(platform, other, "--domain", "www.proof.example", "--port-base", "31000")
    assert (code, summary["live"]) == (1, False)
    assert "reserved" in summary["error"]
