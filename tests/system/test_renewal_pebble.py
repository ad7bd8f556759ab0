# SPDX-License-Identifier: Apache-2.0
"""Renewal with a CA that has no renewal information: Pebble 2.4. Its root is trusted here, so that the
badge says what visitors would see."""
import json
import pathlib
import shutil
import signal
import tempfile

import pytest
from pebble_kit import Pebble
from platform_kit import free_port, wait_for
from renewal_kit import (DAY, Moved, Visitors, at, certificate, number, serials, wait_renewal,
                         wait_replaced, wait_schedule)


@pytest.fixture()
def folder():
    path = pathlib.Path(tempfile.mkdtemp(prefix="latchkey-pebble-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def pebble_of(folder, platform):
    """Issues for 90 days."""
    pebble = Pebble(folder, platform.http_port, dns=f"127.0.0.1:{platform.dns_port}",
                    tls_port=free_port())
    path = folder / "pebble.json"
    config = json.loads(path.read_text())
    config["pebble"]["certificateValidityPeriod"] = 90 * DAY
    path.write_text(json.dumps(config))
    root = folder / "pebble-root.pem"
    pebble.start()
    platform.configure({"ca": [pebble.as_ca(root)], "tls": {"trust_store": str(root)}})
    return pebble


@pytest.mark.req("R9", "R23", "A11")
def test_two_thirds_and_at_risk(folder):
    """Due at two thirds of the life; with the CA dead the badge is At risk only when time gets short;
    once it is back, the renewal comes by itself."""
    platform = Moved()
    pebble = pebble_of(folder, platform)
    try:
        with platform:
            partner = platform.tenant()
            platform.zone("thirds.example", platform.right_records())
            domain = platform.domain(partner, "thirds.example")
            platform.order(partner, domain, ca="pebble")
            platform.wait_live(partner, domain, 60)
            status = wait_schedule(platform, partner, domain, "life")
            old, due = status["certificate"], at(status["renewal"]["at"])
            assert status["badge"]["code"] == "secured"
            life = at(old["not_after_at"]) - at(old["created_at"])
            assert abs(due - at(old["created_at"]) - life * 2 / 3) <= life / 100 + 1
            with Visitors(platform, "www.thirds.example"):
                pebble.processes[-1].send_signal(signal.SIGSTOP)
                try:
                    platform.jump_to(status["renewal"]["at"])
                    failing = wait_renewal(platform, partner, domain, "failing", 60)
                    assert failing["badge"]["code"] == "secured", "there is time"
                    platform.jump(due + (at(old["not_after_at"]) - due) / 4 - platform.now() + 1)
                    risk = wait_for(lambda: (s := platform.status(partner, domain))
                                    and s["badge"]["code"] == "at_risk" and s)
                    assert risk["badge"]["days_left"] in (21, 22, 23)  # as the instant was drawn
                    assert risk["badge"]["text"].startswith("At risk (2")
                    assert risk["renewal"]["next"].startswith("It is tried again by itself")
                finally:
                    pebble.processes[-1].send_signal(signal.SIGCONT)
                after = wait_replaced(platform, partner, domain, old, 120)
            assert after["badge"]["code"] == "secured"
            assert certificate(partner, old)["state"] == "superseded"
            assert serials(platform, "thirds.example") == {number(after["certificate"])}
            again = wait_schedule(platform, partner, domain, "life")
            assert at(again["renewal"]["at"]) > platform.now() + 10 * DAY, "not again at once"
    finally:
        pebble.stop()
