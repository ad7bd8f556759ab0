# SPDX-License-Identifier: Apache-2.0
"""What the doctor says beside what a certificate authority then does: each name of each case is ordered at
the sandbox CA, whose reading of DNS, CAA and HTTP shares no code with the doctor's."""
import dataclasses

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode

import edge_records as er
from ca_fixtures import Client, SandboxCa
from doctor_kit import SERVERS
from odd_dns_kit import DnsServer

RESOLVER = "203.0.113.7"

# Where the two differ, and why that is right. The doctor speaks for Let's Encrypt, whose resolvers validate
# DNSSEC and who looks from several places; the sandbox does neither.
DIFFERENT = {
    "dnssec-bogus": "the sandbox does not validate DNSSEC; Let's Encrypt does (RFC 4035 section 5.5)",
    "lagging-secondary": "the sandbox asks one server once; Let's Encrypt from several places (BR 3.2.2.9)",
    "servers-disagree": "the same",
    "extra-address": "an authority takes one of several addresses (Boulder, va/http.go), by chance ours",
    "extra-address-of-www": "the same",
    "http-partly": "the same: a warning, for either may be taken",
    "platform-target-wrong": "an edge answers at the address that the operator has not configured",
    "healthy-caa-own-account": "the case says another account than the one that orders here",
    "healthy-http-redirected-to-https": "the server of the case has the answer of a check, not of a challenge",
}


class Recursor(DnsServer):
    """A resolver for the CA: asks the servers of the zone, in order, until one has something to say."""

    def __init__(self, clinic):
        self.cases, self.upper = clinic.cases, clinic.names.upper.addresses[0]
        super().__init__(RESOLVER)

    def _servers(self, name):
        for case in self.cases:
            if name != case.domain and not name.endswith("." + case.domain):
                continue
            if case.odd is not None:
                return [case.words["a"]]
            if case.delegation is None:
                return [SERVERS["ns1"], SERVERS["ns2"]]
            names = [line.split()[-1].split(".")[0] for line in case.delegation]
            return [SERVERS[one] for one in names if one in SERVERS] or [self.upper]
        if any(name.endswith(case.filled(zone)) for case in self.cases for zone in case.zones):
            return [SERVERS["ns1"]]
        return [self.upper]

    def _answer(self, wire, size):
        query = dns.message.from_wire(wire)
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        for server in self._servers(name):
            try:
                reply, _ = dns.query.udp_with_fallback(query, server, 2)
            except (dns.exception.DNSException, OSError):
                continue
            if reply.rcode() != dns.rcode.REFUSED:
                reply.flags |= dns.flags.RA
                return reply.to_wire(max_size=65535)
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(dns.rcode.SERVFAIL)
        return reply.to_wire()


@dataclasses.dataclass
class Row:
    case: str
    name: str
    doctor: str  # the verdict on the name
    ca: str      # "valid", or the type of the problem

    @property
    def cell(self):
        """(what the doctor says, what the CA did)"""
        says = {"ok": "passes", "unknown": "cannot tell"}.get(self.doctor, "fails")
        return says, "issues" if self.ca == "valid" else "refuses"

    @property
    def is_agreed(self):
        return self.cell in (("passes", "issues"), ("fails", "refuses")) or \
            self.cell[0] == "cannot tell"


class Authority:
    """The sandbox CA in front of the clinic, and the challenges at the edge."""

    def __init__(self, folder, clinic):
        self.clinic = clinic
        self.resolver = Recursor(clinic)
        self.ca = SandboxCa(folder, 53, http_port=80, https_port=443, resolver=f"{RESOLVER}@53",
                            caa_identity="letsencrypt.org").start()
        self.client = Client(self.ca)
        self.account = self.client.register().headers["Location"]

    def _begin(self, name):
        order = self.client.order(name)
        if order.status != 201:
            return None, order.json["type"].rsplit(":", 1)[1]
        url, = order.json["authorizations"]
        challenge = self.client.challenge(url)
        body = f"{challenge['token']}.{self.client.key.thumbprint}".encode()
        world = self.clinic.edge.world
        record = er.record("t", er.challenge_key(name, challenge["token"]), body, world.next_rev())
        return (url, challenge["url"]), record

    def order_all(self, names):
        """{name: "valid" or the problem's type}"""
        said, under_way, records = {}, {}, []
        for name in names:
            begun, what = self._begin(name)
            if begun:
                under_way[name] = begun
                records.append(what)
            else:
                said[name] = what
        self.clinic.edge.world.put(*records)
        for _, challenge in under_way.values():
            self.client.post(challenge, {})
        for name, (url, challenge) in under_way.items():
            decided = self.client.poll(url, ["pending"], 60)
            error = self.client.post(challenge).json.get("error")
            said[name] = "valid" if decided.json["status"] == "valid" else \
                error["type"].rsplit(":", 1)[1]
        return said

    def stop(self):
        self.ca.stop()
        self.resolver.stop()


def compare(folder, clinic):
    """A Row for each name that can be ordered by http-01."""
    authority = Authority(folder, clinic)
    try:
        results = clinic.look(account=authority.account)
        names = {name: (case, verdict) for case, result in results.items()
                 for name, verdict in result.verdicts.items()
                 if not name.startswith("*.") and verdict != "unchecked"}
        said = authority.order_all(names)
    finally:
        authority.stop()
    return [Row(case, name, verdict, said[name]) for name, (case, verdict) in names.items()]


def confusion(rows):
    """{(doctor, CA): how many}"""
    counts = {}
    for row in rows:
        counts[row.cell] = counts.get(row.cell, 0) + 1
    return counts
