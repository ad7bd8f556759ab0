# SPDX-License-Identifier: Apache-2.0
"""Killing parts of a platform at chosen points, and counting afterwards what the CA has done."""
import json
import re
import signal
import subprocess
import threading

import pytest
import requests
from platform_kit import BUILD, wait_for

HIT_S = 30  # until a chosen point is reached
LIVE_S = 60


def points():
    """The names of all crash points, in the table's order."""
    table = subprocess.run([BUILD / "tests/tools/draw_states", "crash_points"], check=True,
                           capture_output=True, text=True).stdout
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", table, re.M)
    return [f"{step}.{phase}" for step, phases in rows for phase in phases.split(", ")]


def has_points():
    """Whether this build was made with crash points."""
    options = json.loads((BUILD / "meson-info/intro-buildoptions.json").read_text())
    return next(o["value"] for o in options if o["name"] == "crash_points")


class Trap:
    """The file through which the processes of a platform learn at which point one of them dies."""

    def __init__(self, platform):
        self.platform = platform
        self.path = platform.dir / "crash"
        self.hit_path = platform.dir / "crash.hit"
        self.hits = []
        platform.environment["LATCHKEY_CRASH_FILE"] = str(self.path)

    def arm(self, point, times=1):
        self.hit_path.unlink(missing_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(f"{point} {times}")
        new.rename(self.path)

    def hold(self, point):
        """Who comes there next stands still until let_go(); the other threads go on."""
        if not has_points():
            pytest.skip("built without crash points")
        self.arm(point, "hold")

    def let_go(self):
        self.path.unlink(missing_ok=True)
        self.hit_path.unlink(missing_ok=True)

    def wait_hit(self, point, seconds=HIT_S):
        try:
            wait_for(self.hit_path.exists, seconds, every=0.005)
        except AssertionError:
            self.path.unlink(missing_ok=True)
            raise AssertionError(f"nothing came to {point} within {seconds} s") from None
        self.hits.append(point)

    def chain(self, chosen):
        """A thread that chooses one point after the other as they are hit; join() it."""
        chosen = list(chosen)
        self.arm(chosen[0])

        def go_on():
            for i, point in enumerate(chosen):
                self.wait_hit(point, 60)
                if i + 1 < len(chosen):
                    self.arm(chosen[i + 1])

        thread = threading.Thread(target=go_on)
        thread.start()
        return thread


def insist(call, seconds=LIVE_S):
    """What `call` returns, once that is true; it may fail while a part is on its way back."""
    def tried():
        try:
            return call()
        except (OSError, AssertionError, ValueError, KeyError):
            return None
    return wait_for(tried, seconds, every=0.03)


def place(api, domain, key=None):
    """Places the order as a partner does: again, as long as there is no answer."""
    headers = {"Idempotency-Key": key} if key else None

    def is_placed():
        answer = api.call("POST", "/v1/orders", {"domain_id": domain["id"]}, headers=headers)
        assert answer.status_code in ((202,) if key else (202, 409)), answer.text
        return True
    insist(is_placed)


def wait_live(platform, api, domain, seconds=LIVE_S):
    insist(lambda: platform.status(api, domain)["issuance"]["state"] == "live", seconds)


def hurry(platform):
    """What died is started again without the pause that grows with each death."""
    platform.process.send_signal(signal.SIGHUP)


class Journal:
    """What the CA has done."""

    def __init__(self, platform):
        text = platform.run("ca", "--config", platform.dir / "latchkey.yaml", "log", "--json").stdout
        self.entries = [json.loads(line) for line in text.splitlines()]

    def count(self, kind, name=None):
        return sum(e["kind"] == kind and (name is None or name in re.split("[ ,]", e["detail"]))
                   for e in self.entries)


def check_order(platform, api, journal, domain, has_one_death=True):
    """One order, one certificate, at the CA and here, and every edge shows it. Who dies again and
    again may ask newOrder again and again, and an edge that is dead fails a validation."""
    name = domain["name"]
    made, repeated = (journal.count(f"order.{kind}", name) for kind in ("created", "repeated"))
    invalid = sum(journal.count("challenge.invalid", n) for n in (name, f"www.{name}"))
    assert 1 <= made <= 1 + (0 if has_one_death else invalid), (
        f"{name}: {made} orders at the CA, {invalid} failed validations")
    assert repeated <= 1 or not has_one_death, f"{name}: newOrder was repeated {repeated} times"
    issued = journal.count("certificate.issued", name)
    assert issued == 1, f"{name}: {issued} certificates at the CA"
    certificates = api.get(f"/v1/certificates?domain_id={domain['id']}")["items"]
    assert [c["state"] for c in certificates] == ["live"], f"{name}: {certificates}"
    orders = api.get(f"/v1/orders?domain_id={domain['id']}")["items"]
    assert [o["state"] for o in orders] == ["fulfilled"], f"{name}: {orders}"
    serial = int(certificates[0]["serial"], 16)
    shown = {address: int(platform.serial(address, name), 16) for address in platform.addresses()}
    assert set(shown.values()) == {serial}, f"{name}: {serial:x} is not what is shown: {shown}"
