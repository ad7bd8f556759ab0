# SPDX-License-Identifier: Apache-2.0
"""Orders, or renewals, without end: the memory and the descriptors of each process stay what they were.

What may grow is known: the database's page cache and prepared statements of each connection, the
certificate cache of nginx (set to CACHE here, for 64m takes thousands of orders to fill) and the
allocator's arenas fill up to a limit. So the first fifth is not counted, and what
counts is the anonymous memory, which has neither the LMDB map nor shared pages of files in it.
"""
import signal
import sys
import time

from load_kit import Load, Processes
from platform_kit import Platform, wait_for

AT_ONCE = 8
LOOKS = 50
WARM_SHARE = 0.2
CACHE = "1m"
WARM_UP, STEP = 150, 50
ASKERS = ("ca", "worker")  # each context that they ask DNS with has a thread, and lives for two seconds
UNCHANGED_S, ENDED_S, GIVEN_BACK_S = 4, 30, 1.5
DESCRIPTORS_MAX = 16  # connections and sockets under way


def shrink_caches(platform):
    for edge in platform.edges:
        conf = platform.dir / f"edge/{edge.name}/nginx.conf"
        before, line, after = conf.read_text().partition("    latchkey_lmdb ")
        assert line
        conf.write_text(f"{before}    latchkey_cache_size {CACHE};\n{line}{after}")
        platform.kill(edge.name, signal.SIGHUP)


class Soak:
    """What each process holds, on the way to `count`."""

    def __init__(self, platform, count, show=print):
        self.count, self.show = count, show
        shrink_caches(platform)
        self.processes = Processes(platform)
        self.looks = []  # (how many so far, what each process holds)
        self.show("MiB of anonymous memory / descriptors")

    def look(self, done):
        found = self.processes.look()
        self.looks.append((done, found))
        self.show(f"{done:6}  " + "  ".join(
            f"{name} {used['anon_kib'] / 1024:.1f}/{used['descriptors']}"
            for name, used in sorted(found.items())))

    def growth(self):
        """name -> (KiB, descriptors) that the last quarter of looks has more than those after the
        first fifth: the least of some looks each, because what is under way comes and goes."""
        counted = [found for done, found in self.looks if done >= WARM_SHARE * self.count]
        part = max(len(counted) // 4, 1)
        return {name: tuple(min(f[name][key] for f in counted[-part:]) -
                            min(f[name][key] for f in counted[:part])
                            for key in ("anon_kib", "descriptors"))
                for name in counted[-1]}

    def check(self, most_kib, others=None):
        """`others`: processes that may grow by another number of KiB."""
        grown, others = self.growth(), others or {}
        for name, (kib, descriptors) in sorted(grown.items()):
            self.show(f"{name}: {kib:+} KiB, {descriptors:+} descriptors")
        bad = {name: values for name, values in grown.items()
               if values[0] > others.get(name, most_kib) or values[1] > DESCRIPTORS_MAX}
        assert not bad, f"grows by more than {most_kib} KiB or {DESCRIPTORS_MAX} descriptors: {bad}"


class Orders(Soak):
    def run(self, load):
        """Returns the seconds that it took."""
        began, every = time.monotonic(), max(self.count // LOOKS, 1)
        for placed in range(self.count):
            if placed % every == 0:
                self.look(placed)
            load.order(load.domain(), AT_ONCE)
        load.follower.wait(0)
        self.look(self.count)
        load.follower.stop()
        return time.monotonic() - began


class Rests(Soak):
    """Looks in threes, `count` orders apart, each once no resolver holds anything: as many as were asked at
    once a moment ago would hold 1.6 MiB and seven descriptors each (0161). So a little that each order
    leaves is seen after some hundreds."""

    def __init__(self, *args):
        super().__init__(*args)
        self.at_rest = None  # threads of each

    def threads(self):
        found = self.processes.look()
        return {name: found[name]["threads"] for name in ASKERS}

    def unchanged(self):
        """The threads, once they have been the same for longer than a context that nobody asks lives."""
        found, since = self.threads(), time.monotonic()
        while time.monotonic() < since + UNCHANGED_S:
            time.sleep(0.1)
            now = self.threads()
            if now != found:
                found, since = now, time.monotonic()
        return found

    def rest(self, load):
        load.follower.wait(0)
        self.at_rest = self.at_rest or self.unchanged()
        wait_for(lambda: self.threads() == self.at_rest, ENDED_S, every=0.1)
        time.sleep(GIVEN_BACK_S)

    def run(self, load):
        done = 0
        for orders in (WARM_UP, STEP, STEP, self.count - 2 * STEP, STEP, STEP):
            for _ in range(orders):
                load.order(load.domain(), AT_ONCE)
            self.rest(load)
            done += orders
            self.look(done)
        load.follower.stop()

    def growth(self):
        first, last = ([found for _, found in part] for part in (self.looks[:3], self.looks[3:]))
        return {name: tuple(min(f[name][key] for f in last) - min(f[name][key] for f in first)
                            for key in ("anon_kib", "descriptors")) for name in last[-1]}


def main():
    count, most_kib = int(sys.argv[1]), int(sys.argv[2])
    with Platform({"sandbox_ca": {"retry_after_s": 0}}) as platform:
        soak = Orders(platform, count)
        seconds = soak.run(Load(platform))
        print(f"{count} orders in {seconds:.0f} s, {count / seconds:.1f} a second")
        soak.check(most_kib)


if __name__ == "__main__":
    main()
