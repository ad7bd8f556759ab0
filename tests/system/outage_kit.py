# SPDX-License-Identifier: Apache-2.0
"""The control plane stands still for minutes: edges go on serving every name, also after a restart of
their nginx; then all that was under way comes to its end.
"""
import os
import signal
import sys
import time

from platform_kit import Platform, wait_for

CONTROL_PLANE = ("worker", "web", "signer", "front")
SERVED = 10       # names that are live before
UNDER_WAY = 5     # orders that are not yet
RESTART_MS = 3000  # how long an edge may be away while its nginx is restarted


class Outage:
    def __init__(self, platform, seconds, show=print):
        self.platform, self.seconds, self.show = platform, seconds, show
        self.partner = platform.tenant()
        self.names = [f"served{i}.example" for i in range(SERVED)]
        self.asked = 0
        self.away = {}  # address -> when it first did not answer

    def is_served(self, address, name):
        try:
            return self.platform.https(address, name)[0] == 200
        except (OSError, IndexError):  # the latter: it ended before its answer
            return False

    def look(self, restarting=()):
        """One request for each name at each address; none may fail but where nginx is restarted."""
        for address in self.platform.addresses():
            served = [self.is_served(address, name) for name in self.names]
            self.asked += len(served)
            if all(served):
                self.away.pop(address, None)
                continue
            assert address in restarting, f"{address} does not serve all names"
            since = self.away.setdefault(address, time.monotonic())
            assert 1000 * (time.monotonic() - since) < RESTART_MS, f"{address} does not come back"

    def look_for(self, seconds, restarting=()):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look(restarting)
            time.sleep(1)

    def restart_edges(self):
        for edge in self.platform.edges:
            self.platform.kill(edge.name, signal.SIGTERM)
            self.look_for(2 * RESTART_MS / 1000, edge.addresses)
            assert not self.away
            self.show(f"nginx of {edge.name} was restarted")

    def stopped(self):
        """With the control plane standing still."""
        pids = [self.platform.pid(name) for name in CONTROL_PLANE]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.look_for(self.seconds / 2)
            self.restart_edges()
            self.look_for(self.seconds / 2)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def have_edges_caught_up(self):
        edges = self.platform.operator.get("/v1/edges")["items"]
        return all(e["condition"] == "following" and e["acknowledged"] == e["head"]
                   for e in edges)

    def run(self):
        platform, partner = self.platform, self.partner
        for name in self.names:
            platform.ordered(partner, name)
        under_way = []
        for i in range(UNDER_WAY):
            platform.zone(f"way{i}.example", platform.right_records())
            under_way.append(platform.domain(partner, f"way{i}.example"))
        for domain in under_way:
            platform.order(partner, domain)
        self.show(f"{len(self.names)} names are live, {UNDER_WAY} orders under way: it stops "
                  f"for {self.seconds} s")
        self.stopped()
        began = time.monotonic()
        for domain in under_way:
            platform.wait_live(partner, domain, 60)
        wait_for(self.have_edges_caught_up, 60)
        platform.ordered(partner, "after.example")
        self.look()
        self.show(f"{self.asked} requests were answered; {time.monotonic() - began:.1f} s after it "
                  "went on, what was under way and a new order are live")


def main():
    with Platform() as platform:
        Outage(platform, int(sys.argv[1])).run()


if __name__ == "__main__":
    main()
