# SPDX-License-Identifier: Apache-2.0
"""The examples of docs/sandbox-ca.md that change the DNS of `latchkey ca`, run as they stand."""
import os
import re

import pytest

from clients_kit import ROOT, World, sections
from edge_kit import wait_for

pytestmark = [pytest.mark.req("R45"), pytest.mark.skipif(
    "LATCHKEY_NETNS" not in os.environ, reason="needs a network namespace")]

DNS = re.search(r"^\*\*DNS\.\*\*(.*?)^## ", (ROOT / "docs" / "sandbox-ca.md").read_text(), re.S | re.M).group(1)
TEXT, ADDRESS, ZONE = re.findall(r"^```\n(.*?)^```$", DNS, re.S | re.M)
DELETE = TEXT.replace("add ", "del ")
ISSUE = sections()["certbot"].block("get", "http-01")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    one = World(tmp_path_factory.mktemp("updates") / "world")
    yield one
    one.stop()


def ask(world, name, kind):
    """What its DNS says, in a second at most."""
    code, out = world.run(f"kdig +short @127.0.0.1 -p 8053 {name} {kind}", world.place)
    assert code == 0, out
    return out.split()


def change(world, text):
    code, out = world.run(text, world.place)
    assert code == 0, out


def test_a_record_hides_the_wildcard(world):
    assert ask(world, "shop.example", "A") == ["127.0.0.1"]
    change(world, TEXT)
    assert ask(world, "_acme-challenge.shop.example", "TXT") == ['"..."']
    assert ask(world, "shop.example", "A") == []
    change(world, DELETE)
    assert ask(world, "shop.example", "A") == ["127.0.0.1"]


def test_an_address_of_its_own(world):
    change(world, TEXT)
    code, _ = world.run(ISSUE, world.place)
    assert code != 0
    change(world, ADDRESS)
    assert ask(world, "_acme-challenge.shop.example", "TXT") == ['"..."']
    change(world, ISSUE)
    change(world, DELETE)


def test_a_zone_of_its_own(world):
    change(world, ZONE)
    wait_for(lambda: ask(world, "www.shop.example", "A") == ["127.0.0.1"]
             and ask(world, "x.shop.example", "A") == [], 10, "the zone")
    change(world, TEXT.replace("zone example.", "zone shop.example."))
    for name in ("shop.example", "www.shop.example"):
        assert ask(world, name, "A") == ["127.0.0.1"]
    (world.ca.folder / "dns" / "zones" / "other.example.zone").write_text(
        (world.ca.folder / "dns" / "zones" / "shop.example.zone").read_text().replace("shop.", "other."))
    wait_for(lambda: ask(world, "x.other.example", "A") == [], 10, "another zone")
    assert ask(world, "_acme-challenge.shop.example", "TXT") == ['"..."'], "an update survives a new zone"
