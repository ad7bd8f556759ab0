# SPDX-License-Identifier: Apache-2.0
"""A CA with limits, to which a platform keeps by its own copy of them."""
import contextlib
import datetime
import json
import sqlite3
import sys
import time

from load_kit import Unchecked
from platform_kit import Platform
from renewal_kit import Moved

NEW_ORDERS, PERIOD_S = 300, 10800  # Let's Encrypt's
PER_ZONE = 45                      # names under one registered domain: fewer than its limit of 50


def limit(platform, *limits):
    """Gives it a CA "limited", which has these limits and no other, and which it keeps to."""
    rules = platform.dir / "limits"
    rules.write_text("all off\n" + "".join(f"{line}\n" for line in limits))
    path = platform.dir / "latchkey.yaml"
    config = json.loads(path.read_text()) if path.exists() else {}
    config["sandbox_ca"]["limits"] = str(rules)
    config["ca"].append({**config["ca"][0], "id": "limited", "name": "Limited CA",
                         "is_default": False, "limits": ["none", *limits]})
    path.write_text(json.dumps(config))
    return platform


def limited(*limits):
    platform = Platform()
    platform.configure({})
    return limit(platform, *limits)


def query(path, sql, *values):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
        return db.execute(sql, values).fetchall()


def store(platform, sql, *values):
    return query(platform.dir / "latchkey.db", sql, *values)


def refusals(platform):
    """What the CA answered with 429."""
    return [line for line in (platform.dir / "log/ca.log").read_text().splitlines()
            if "rateLimited" in line or " 429" in line]


def begun(platform, domain):
    """When the CA had its order, in seconds; None before."""
    rows = store(platform, "SELECT ordered_at FROM issuance WHERE domain_id = ? ORDER BY id DESC",
                 domain["id"])
    return rows[0][0] / 1000 if rows and rows[0][0] else None


def schedule(count, burst, interval_s):
    """Seconds at which the i-th of `count` orders, all there at 0, can go (a bucket by itself)."""
    times, tokens, now = [], burst, 0.0
    for _ in range(count):
        if tokens == 0:
            now += interval_s
            tokens = 1
        tokens -= 1
        times.append(now)
    return times


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


# --- the long form: tests/soak/admission ---

def counts(platform):
    rows = dict(store(platform, "SELECT state, COUNT(*) FROM issuance WHERE ca = 'limited'"
                                " GROUP BY state"))
    live, waiting = rows.pop("live", 0), rows.pop("admitted", 0)
    return live, waiting, sum(rows.values())


def settle(platform, seconds=120):
    """Until nothing is under way but what waits for its turn."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        live, waiting, others = counts(platform)
        if others == 0:
            return live, waiting
        time.sleep(0.05)
    raise AssertionError(f"{others} orders neither wait nor are live")


def let_one_go(platform, interval, seconds=20):
    """Moves the clock to the next token of the bucket, and waits for whose it is."""
    _, before = settle(platform)
    platform.jump(interval)
    end = time.monotonic() + seconds
    while counts(platform)[1] == before and time.monotonic() < end:
        time.sleep(0.05)
    settle(platform)


class Flood:
    """One partner's many names, each in a zone that serves all of its names."""

    def __init__(self, platform, partner):
        self.platform, self.partner = platform, partner
        self.site = platform.site(partner)
        platform.lift_caps(partner)

    def names(self, count, label):
        for i in range(count):
            zone = f"{label}{i // PER_ZONE}.example"
            if i % PER_ZONE == 0:
                self.platform.zone(zone, [f"*.{zone}. 1 IN A {a}"
                                          for a in self.platform.addresses(4)]
                                   + [f"*.{zone}. 1 IN AAAA {a}"
                                      for a in self.platform.addresses(6)])
            yield f"n{i}.{zone}"

    def order(self, count, label):
        for name in self.names(count, label):
            domain = self.platform.domain(self.partner, name, site=self.site)
            self.platform.order(self.partner, domain, ca="limited")


def overtakers(platform, partner):
    """How many of the others' orders went between the placing and the beginning of each of his; None: it
    has not begun."""
    mine = store(platform, "SELECT created_at, ordered_at FROM issuance WHERE partner_id = ?",
                 partner.partner["id"])
    return [store(platform, "SELECT COUNT(*) FROM issuance WHERE partner_id <> ?"
                            " AND ordered_at > ? AND ordered_at < ?",
                  partner.partner["id"], placed, ordered)[0][0] if ordered else None
            for placed, ordered in mine]


def run(count, others, show=print):
    interval = PERIOD_S / NEW_ORDERS
    platform = limit(Moved(), f"orders_per_account {NEW_ORDERS} 3h", "certificates_per_domain 50 7d",
                     "certificates_per_set 5 7d", "failures_per_name 5 1h")
    with platform:
        many, few = platform.tenant("Many"), platform.tenant("Few")
        many.contract = few.contract = Unchecked()
        start = platform.now()
        Flood(platform, many).order(count, "many")
        live, waiting = settle(platform)
        show(f"{count} orders placed, {live} live after {platform.now() - start:.0f} s, "
             f"{waiting} wait")
        Flood(platform, few).order(others, "few")
        live, waiting = settle(platform)
        looked = 0
        while waiting:
            # each process reads the clock by itself: a longer step would have the CA behind us by
            # more than the one order that is left alone
            platform.jump(interval)
            live, waiting = settle(platform)
            looked += 1
            if looked % 20 == 0:
                show(f"after {(platform.now() - start) / 3600:5.1f} h: {live} live, {waiting} wait")
        last = store(platform, "SELECT MAX(ordered_at) FROM issuance WHERE ca = 'limited'")[0][0]
        took, planned = last / 1000 - start, schedule(count + others, NEW_ORDERS - 1, interval)[-1]
        between = overtakers(platform, few)
        show(f"{live} live; the last began after {took:.0f} s, a bucket by itself says {planned:.0f}"
             f" s; overtaken by {between}; {len(refusals(platform))} refusals")
        for line in refusals(platform)[:5]:
            show(line)
        return (took <= 1.05 * planned + interval and not refusals(platform)
                and live == count + others and max(between) <= 2)


# --- fairness: tests/soak/fair ---

def fair(count, burst, period_s, show=print):
    """How many of the orders of one partner, `count` of which are there already, go between the placing
    and the beginning of another's only one."""
    with limit(Moved(), f"orders_per_account {burst} {period_s}s") as platform:
        many, single = platform.tenant("Many"), platform.tenant("Single")
        many.contract = single.contract = Unchecked()
        Flood(platform, many).order(count, "many")
        live, waiting = settle(platform, 120 + count / 20)
        show(f"{count} orders of one partner: {live} live, {waiting} wait")
        assert waiting >= 0.9 * (count - burst), "the line is long"
        Flood(platform, single).order(1, "single")
        settle(platform)
        for _ in range(4):
            between = overtakers(platform, single)
            if between != [None]:
                break
            let_one_go(platform, period_s / burst)
        show(f"another's single order: {between[0]} of them went before it; {len(refusals(platform))} refusals")
        assert not refusals(platform)
        return between[0]


FORMS = {"run": lambda *words: run(*words), "fair": lambda count: fair(count, NEW_ORDERS, PERIOD_S) <= 2}

if __name__ == "__main__":
    sys.exit(0 if FORMS[sys.argv[1]](*map(int, sys.argv[2:])) else 1)
