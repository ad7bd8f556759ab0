# SPDX-License-Identifier: Apache-2.0
"""What goes on when a part dies: visitors are served, orders go on, nothing is issued twice."""
import json
import os
import signal
import subprocess
import time

import pytest
from platform_kit import Platform, wait_for

CONTROL_PLANE = ("worker", "web", "signer", "front")


@pytest.fixture()
def platform():
    with Platform() as p:
        yield p


@pytest.fixture()
def partner(platform):
    return platform.tenant()


def is_served(platform, name):
    for address in platform.addresses():
        try:
            if platform.https(address, name)[0] != 200:
                return False
        except OSError:
            return False
    return True


def restarted(platform, name, old):
    """The new process of a killed one."""
    def new():
        try:
            pid = platform.pid(name)
        except (OSError, IndexError, ValueError):
            return None
        return pid if pid != old else None
    return wait_for(new)


@pytest.mark.req("R23")
def test_control_plane_stopped(platform, partner):
    """With the control plane stopped an edge restarts and serves every name, redirect included."""
    site, _, _ = platform.ordered(partner, "stopped.example")
    partner.patch(f"/v1/sites/{site['id']}", {"https": True})
    wait_for(lambda: platform.http(platform.addresses()[0], "stopped.example")[0] == 301)
    pids = [platform.pid(name) for name in CONTROL_PLANE]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        old = platform.kill("edge-1", signal.SIGTERM)
        restarted(platform, "edge-1", old)
        wait_for(lambda: is_served(platform, "www.stopped.example"))
        assert platform.http(platform.addresses()[0], "stopped.example", "/x")[0] == 301
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.req("R22", "R23")
def test_agent_killed(platform, partner):
    platform.ordered(partner, "before.example")
    platform.kill("edge-1-agent")
    platform.ordered(partner, "agent.example", seconds=60)
    assert is_served(platform, "www.agent.example")


@pytest.mark.req("R23", "R43")
def test_nginx_killed(platform, partner):
    """Worker, then master, with -9: no stale reader blocks the writer, the port comes back."""
    platform.ordered(partner, "first.example")
    master = platform.pid("edge-1")
    workers = subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True,
                             check=True).stdout.split()
    os.kill(int(workers[0]), signal.SIGKILL)
    wait_for(lambda: is_served(platform, "www.first.example"))
    platform.kill("edge-1")
    restarted(platform, "edge-1", master)
    wait_for(lambda: is_served(platform, "www.first.example"))
    platform.ordered(partner, "second.example")
    assert is_served(platform, "www.second.example")


@pytest.mark.req("R22", "A11")
@pytest.mark.parametrize("victim", ["worker", "signer", "web"])
def test_killed_during_orders(platform, partner, victim):
    """Killed in the middle of ten orders: all are live in the end, one certificate each."""
    names = [f"{victim}{i}.example" for i in range(10)]
    for name in names:
        platform.zone(name, platform.right_records())
    domains = [platform.domain(partner, name) for name in names]
    for domain in domains:
        platform.order(partner, domain)
    for _ in range(3):
        time.sleep(0.3)
        restarted(platform, victim, platform.kill(victim))
    for domain in domains:
        def is_live(domain=domain):
            try:
                return platform.status(partner, domain)["issuance"]["state"] == "live"
            except (OSError, AssertionError, KeyError, json.JSONDecodeError):
                return False  # web is on its way back
        wait_for(is_live, 150, every=0.2)
    for domain in domains:
        page = partner.get(f"/v1/certificates?domain_id={domain['id']}")
        assert len(page["items"]) == 1, domain["name"]
        assert is_served(platform, f"www.{domain['name']}")


@pytest.mark.req("R22")
def test_run_killed_and_started_again(partner, platform):
    platform.ordered(partner, "kept.example")
    platform.process.kill()
    platform.process.wait()
    platform.process.stdout.close()
    began = time.monotonic()
    platform.start()
    assert time.monotonic() - began < 5, "the second start takes under 5 s"
    wait_for(lambda: is_served(platform, "www.kept.example"))


def test_stop_leaves_nothing(platform):
    platform.stop()
    left = subprocess.run(["pgrep", "-f", str(platform.dir)], capture_output=True, text=True,
                          check=False).stdout
    assert left == ""
    for address in platform.addresses():
        with pytest.raises(OSError):
            platform.http(address, "demo.example")
