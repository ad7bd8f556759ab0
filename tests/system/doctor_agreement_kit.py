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
    "servers-disagree": "the sandbox asks one server once; Let's Encrypt from several places",
    "extra-address": "an authority takes one of several addresses (Boulder, va/http.go), by chance ours",
    "extra-address-of-www": "an authority takes one of several addresses, by chance ours",
    "http-partly": "a warning, for an authority takes one of several addresses",
    "platform-target-wrong": "an edge answers at the address that the operator has not configured",
    "healthy-caa-own-account": "the case says another account than the one that orders here",
    "healthy-http-redirected-to-https": "the server of the case has the answer of a check, not of a challenge",
}


# What Let's Debug's published rules find where the doctor finds this: the problem's name, or "" and why it says
# nothing. Its program needs the public DNS and cannot run here: this is read from its source of 2026-05-16.
LETS_DEBUG = {
    "name_not_found": ("NoRecords", ""), "address_missing": ("NoRecords", ""),
    "www_missing": ("NoRecords", ""), "cname_dangling": ("NoRecords", ""),
    "doubled_name": ("NoRecords", "not that the record stands at the doubled name: it looks for TXT alone"),
    "wrong_address": ("ANotWorking", "only where nothing works there: it does not know the platform"),
    "www_elsewhere": ("ANotWorking", "only where nothing works there: it does not know the platform"),
    "private_address": ("ReservedAddress", ""),
    "extra_address": ("MultipleIPAddressDiscrepancy", "where the answers differ"),
    "foreign_aaaa": ("AAAANotWorking", "where nothing works there"),
    "follows_bad_name": ("", "each name is judged alone"),
    "cname_loop": ("DNSLookupFailed", ""),
    "platform_target_wrong": ("", "it does not know the platform"),
    "dnssec_bogus": ("DNSLookupFailed", ""), "dns_servfail": ("DNSLookupFailed", ""),
    "dns_timeout": ("DNSLookupFailed", ""), "zone_unserved": ("DNSLookupFailed", "not which server says what"),
    "secondary_lags": ("", "it asks a resolver alone (RFC 1034 section 4.3.5: zones are to be in step)"),
    "servers_disagree": ("", "it asks a resolver alone"), "old_answer": ("", "it asks a resolver alone"),
    "name_server_lame": ("", "it asks a resolver alone (RFC 8499: lame delegation)"),
    "delegation_differs": ("", "it asks a resolver alone (RFC 1034 section 4.2.2)"),
    "domain_not_registered": ("NoRecords", "not why: it does not ask registries"),
    "domain_expired": ("NoRecords", "once it is not in DNS; it does not ask registries"),
    "domain_on_hold": ("NoRecords", "once it is not in DNS; it does not ask registries"),
    "domain_expires": ("", "it does not ask registries"),
    "http_refused": ("ANotWorking", ""), "http_timeout": ("ANotWorking", ""),
    "http_unreachable": ("ANotWorking", ""), "http_cut": ("ANotWorking", ""),
    "http_redirected": ("", "it follows to another host, and does not know that it is not ours"),
    "http_redirect_loop": ("BadRedirect", "after ten; Boulder stops at the first repetition"),
    "http_bad_redirect": ("BadRedirect", "but for 303 and long paths (Boulder, va/http.go)"),
    "http_tls_port": ("HttpOnHttpsPort", ""), "http_blocked": ("UnexpectedHttpResponse", "or BlockedBy..."),
    "http_wrong_server": ("UnexpectedHttpResponse", "but 200 and 404, which it takes for right"),
    "http_partly": ("ANotWorking", ""), "http_ipv6_wrong": ("MultipleIPAddressDiscrepancy", "a warning"),
    "cdn_in_front": ("CloudflareCDN", "Cloudflare alone"), "cdn_elsewhere": ("CloudflareCDN", "Cloudflare alone"),
    "cdn_looping": ("", "it asks no page over https"),
    "wildcard_needs_dns": ("MethodNotSuitable", ""),
    "wildcard_elsewhere": ("", "no fault of an authority"),
    "challenge_missing": ("", "it does not know where the name must lead"),
    "challenge_txt": ("", "it does not know where the name must lead"),
    "challenge_doubled": ("TXTDoubleLabel", "of TXT records"),
    "challenge_relative": ("", "it does not know where the name must lead"),
    "challenge_old": ("", "it does not know where the name must lead"),
    "challenge_elsewhere": ("", "it does not know where the name must lead"),
    "challenge_unseen": ("TXTRecordError", ""),
    "lookup_partly": ("DNSLookupFailed", "fatal, though Boulder goes on with the other family"),
    "a_missing": ("", "no fault of an authority"), "aaaa_missing": ("", "no fault of an authority"),
    "cname_at_apex": ("", "it works (against RFC 1034 section 3.6.2)"),
    "caa_critical": ("CAACriticalUnknown", "flag 1 alone, not 128 (RFC 8659 section 4.1)"),
    "caa_forbids": ("CAAIssuanceNotAllowed", ""), "caa_wildcard": ("CAAIssuanceNotAllowed", ""),
    "caa_at_target": ("CAAIssuanceNotAllowed", ""),
    "caa_malformed": ("CAAPossiblyInvalid", "a warning; Boulder refuses (va/caa.go)"),
    "caa_wrong_account": ("CAARequiresAccountUri", "it cannot know whose it is"),
    "caa_account_unknown": ("CAARequiresAccountUri", ""),
    "caa_wrong_method": ("CAAIssuanceNotAllowed", ""),
    "caa_lookup_failed": ("DNSLookupFailed", ""), "caa_timeout": ("DNSLookupFailed", ""),
    "name_too_long": ("InvalidDomain", ""), "name_idn_invalid": ("InvalidDomain", ""),
    "name_underscore": ("InvalidDomain", ""), "name_is_address": ("InvalidDomain", ""),
    "name_reserved": ("InvalidDomain", ""), "name_public_suffix": ("InvalidDomain", ""),
    "name_invalid": ("InvalidDomain", ""),
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
    code: str    # of the first finding of the case, or ""

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
    return [Row(case, name, verdict, said[name], results[case].every[0]["code"]
                if results[case].every else "") for name, (case, verdict) in names.items()]


def confusion(rows):
    """{(doctor, CA): how many}"""
    counts = {}
    for row in rows:
        counts[row.cell] = counts.get(row.cell, 0) + 1
    return counts
