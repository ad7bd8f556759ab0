# SPDX-License-Identifier: Apache-2.0
"""dns-01 by the rules of Let's Encrypt's validator: each row TXT records in real zones. No row depends on
src/check."""
import pytest

from ca_rules_kit import BROKEN, Row, ids_of, world_of

pytestmark = pytest.mark.req("R45")

PLACE = "_acme-challenge.{name}"
WRONG = "unauthorized: Incorrect TXT record \"%s\" found at " + PLACE
NXDOMAIN = ("dns: DNS problem: NXDOMAIN looking up TXT for " + PLACE + " - check that a DNS record exists "
            "for this domain")
NONE = "unauthorized: No TXT record found at " + PLACE


class Zone:
    """The TXT records of a row: at _acme-challenge of its name, or at `place`."""

    def __init__(self, *values, place=PLACE):
        self.values, self.place = values, place

    def start(self, attempt, _):
        attempt.world.knot.set(attempt.fill(self.place), "TXT",
                               *[attempt.fill(value) for value in self.values])
        return self

    def stop(self):
        pass


def txt(what, expect, *values, records=(), name="@", **how):
    return Row(what, expect, records, name, serve=Zone(*values, **how))


ROWS = [
    txt("the digest", "", "{digest}"),
    txt("the digest in quotation marks", "", '"{digest}"'),
    txt("beside others", "", "other", "{digest}", "{token}"),
    txt("beside what an older order needed", "", "a" * 43, "{digest}"),
    txt("in several strings", "", '"{head}" "{tail}"'),
    txt("with an empty string in front", "", '"" "{digest}"'),
    txt("more records than fit into a datagram", "", *["x" * 200 + str(i) for i in range(40)],
        "{digest}"),
    txt("of a wildcard", "", "{digest}", name="*.@"),
    txt("of a name of ten labels", "", "{digest}", name="a.b.c.d.e.f.g.h.@"),

    txt("a space behind it", WRONG % "{digest} ", '"{digest} "'),
    txt("in capitals", WRONG % "{DIGEST}", "{DIGEST}"),
    txt("padded", WRONG % "{digest}=", "{digest}="),
    txt("in hexadecimal", WRONG % "{hex}", "{hex}"),
    txt("the key authorization", WRONG % "{good}", "{good}"),
    txt("the token", WRONG % "{token}", "{token}"),
    txt("an empty record", WRONG % "", '""'),
    txt("the digest twice in one record", WRONG % "{digest}{digest}", '"{digest}" "{digest}"'),
    # any of them may be shown: a resolver turns the order of records
    txt("two others", "unauthorized: Incorrect TXT record \"" + "x" * 100 + "...\" (and 1 more) found at "
        + PLACE, "x" * 101 + "a", "x" * 101 + "b"),
    txt("100 characters", WRONG % ("x" * 100), "x" * 100),
    txt("101 characters", WRONG % ("x" * 100 + "..."), "x" * 101),
    txt("a backslash and quotation marks", WRONG % r"\\\\ \\\"", r'"\\ \""'),
    txt("octets that are no text", WRONG % r"\\255\\000", r'"\255\000"'),

    txt("nothing at all", NXDOMAIN),
    txt("at the name itself", NXDOMAIN, "{digest}", place="{name}"),
    txt("with the name of the zone twice", NXDOMAIN, "{digest}", place=PLACE + ".{name}"),
    txt("below that place", NONE, "{digest}", place="x." + PLACE),
    txt("with a typing error", NXDOMAIN, "{digest}", place="_acme_challenge.{name}"),
    txt("records of another type alone", NONE, records=("_acme-challenge.@ A 127.0.0.1",)),
    txt("of the name itself for a wildcard below it", NXDOMAIN, "{digest}", name="*.www.@",
        place="_acme-challenge.{own}"),
    txt("a wildcard that has it", "", "{digest}", place="*.{own}"),

    txt("an alias", "", "{digest}", records=("_acme-challenge.@ CNAME a.@",), place="a.{own}"),
    txt("aliases of aliases", "", "{digest}", place="c.{own}",
        records=("_acme-challenge.@ CNAME a.@", "a.@ CNAME b.@", "b.@ CNAME c.@")),
    txt("an alias with another record", WRONG % "other", "other", place="a.{own}",
        records=("_acme-challenge.@ CNAME a.@",)),
    txt("an alias of a name without such records", NONE,
        records=("_acme-challenge.@ CNAME a.@", "a.@ A 127.0.0.1")),
    txt("an alias of nothing", NXDOMAIN, records=("_acme-challenge.@ CNAME a.@",)),
    txt("aliases without an end", "dns: DNS problem: SERVFAIL looking up TXT for " + PLACE
        + " - the domain's nameservers may be malfunctioning",
        records=("_acme-challenge.@ CNAME a.@", "a.@ CNAME _acme-challenge.@")),
    txt("a branch that is elsewhere", "", "{digest}", records=("there.@ DNAME here.@",), name="www.there.@",
        place="_acme-challenge.www.here.{own}"),
    txt("a server that fails", "dns: DNS problem: SERVFAIL looking up TXT for " + PLACE
        + " - the domain's nameservers may be malfunctioning", name=BROKEN, place="unused.{own}"),
]

world = world_of(ROWS, "dns-01")


@pytest.mark.parametrize("number", range(len(ROWS)), ids=ids_of(ROWS))
def test_row(world, number):
    world.check(number)
