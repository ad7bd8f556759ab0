# SPDX-License-Identifier: Apache-2.0
"""Renewals without end: certificates of ten minutes on a clock that jumps, all of them each time."""
import sys
import time

from load_kit import Load
from platform_kit import wait_for
from renewal_kit import Moved, ca_rows, store_rows
from soak_kit import AT_ONCE, Soak

DOMAINS = 20
LIFE_S = 600
ROUND_S = 120


class Renewals(Soak):
    def __init__(self, platform, count, show=print):
        super().__init__(platform, count, show)
        self.platform = platform

    def due(self):
        """When the last of the live certificates is to be renewed, on the platform's clock."""
        rows = store_rows(self.platform, "SELECT c.id, r.renew_at FROM certificate c LEFT JOIN"
                          " certificate_renewal r ON r.certificate_id = c.id WHERE c.state = 'live'")
        is_drawn = len(rows) >= DOMAINS and all(at for _, at in rows)
        return max(at for _, at in rows) / 1000 if is_drawn else None

    def live(self):
        return {row[0] for row in store_rows(
            self.platform, "SELECT id FROM certificate WHERE state = 'live'")}

    def round(self):
        """Each certificate is replaced by another one."""
        before = self.live()
        self.platform.jump(max(wait_for(self.due, ROUND_S, every=0.2) - self.platform.now(), 0) + 1)
        wait_for(lambda: len(now := self.live()) >= len(before) and not now & before, ROUND_S, every=0.2)
        return len(before)

    def run(self):
        """Returns the seconds that it took."""
        load, began, done = Load(self.platform), time.monotonic(), 0
        load.go(DOMAINS, AT_ONCE)
        load.follower.stop()
        while done < self.count:
            self.look(done)
            done += self.round()
        self.look(done)
        seconds = time.monotonic() - began
        bad = store_rows(self.platform, "SELECT count(*) FROM event WHERE kind ="
                         " 'certificate.renewal.failed'")[0][0]
        issued = ca_rows(self.platform, "SELECT count(*) FROM certificate")[0][0]
        print(f"{done} renewals in {seconds:.0f} s, {done / seconds:.1f} a second; {bad} failed;"
              f" {issued} certificates at the CA")
        return seconds


def main():
    count, most_kib = int(sys.argv[1]), int(sys.argv[2])
    with Moved("minutes", config={"sandbox_ca": {
            "retry_after_s": 0, "profiles": [{"name": "minutes", "lifetime_s": LIFE_S}]}}) as platform:
        soak = Renewals(platform, count)
        soak.run()
        soak.check(most_kib)


if __name__ == "__main__":
    main()
