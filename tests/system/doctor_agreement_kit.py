# SPDX-License-Identifier: Apache-2.0
"""What the doctor says beside what a certificate authority then does: each name of each case is ordered at
the sandbox CA, whose reading of DNS, CAA and HTTP shares no code with the doctor's."""
import collections
import concurrent.futures
import dataclasses
import types

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

import edge_records as er
from ca_client_kit import Client, Connection
from ca_fixtures import SandboxCa
from doctor_kit import SERVERS
from odd_dns_kit import DnsServer
from pebble_kit import Pebble

RESOLVER = "203.0.113.7"
PEBBLE_AT_ONCE = 16
CHAIN_MAX = 12  # CNAMEs that a resolver follows: BIND's default is 11

# Where the two differ, and why that is right. The doctor speaks for Let's Encrypt, whose resolvers validate
# DNSSEC and who looks from several places; the sandbox does neither.
DIFFERENT = {
    "dnssec-bogus": "the sandbox does not validate DNSSEC; Let's Encrypt does (RFC 4035 section 5.5)",
    "dnssec-signatures-expired": "the sandbox does not validate DNSSEC; Let's Encrypt does (RFC 4035 section 5.5)",
    "lagging-secondary": "the sandbox asks one server once; Let's Encrypt from several places (BR 3.2.2.9)",
    "servers-disagree": "the sandbox asks one server once; Let's Encrypt from several places",
    "platform-target-wrong": "an edge answers at the address that the operator has not configured",
    "healthy-caa-own-account": "the case says another account than the one that orders here",
    "healthy-http-redirected-to-https": "the server of the case has the answer of a check, not of a challenge",
}

# Where an authority takes one of several addresses (Boulder, va/http.go), and one of them is ours: what it then
# does is chance. By the code that is found, and what the doctor says of the name.
BY_CHANCE = {
    ("extra_address", "partial"): "it has tried our address, by chance",
    ("http_partly", "ok"): "a warning: it has tried the address that does not answer, by chance",
}

# Where Pebble (2.4.0) does something else than the doctor says, beside what is in DIFFERENT: by the beginning of the
# code that is found, and by case. Its va/va.go; Boulder's bdns and va/http.go are what Let's Encrypt runs.
PEBBLE_OF_CODES = {"caa": "it does not look at CAA",
                   "dead": "it connects to reserved addresses; Boulder leaves them out (bdns/dns.go)"}
PEBBLE = {
    "aaaa-silent": "it gives up where the look-up of AAAA fails; Boulder goes on with A (bdns/dns.go)",
    "http-partly": "it connects to the first address alone; Boulder tries IPv4 after IPv6 (va/http.go)",
    "http-ipv6-refused": "it connects to the first address alone; Boulder tries IPv4 after IPv6 (va/http.go)",
    "long-cname-chain": "it takes what the resolver says, and this one follows 12; libunbound, as of Let's Encrypt, 11",
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
    "dead_address": ("ReservedAddress", "fatal, though Boulder passes over it (bdns/dns.go)"),
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
    """A resolver for the CAs: asks the servers of the zone, in order, until one has something to say, and goes
    on where a CNAME leads."""

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
        reply = self._ask(query)
        wanted = query.question[0].rdtype
        for _ in range(CHAIN_MAX):
            last = reply.answer[-1] if reply.answer else None
            if reply.rcode() != dns.rcode.NOERROR or last is None or wanted == dns.rdatatype.CNAME or \
                    last.rdtype != dns.rdatatype.CNAME:
                break
            more = self._ask(dns.message.make_query(last[0].target, wanted))
            reply.answer += more.answer
            reply.authority = more.authority
            reply.set_rcode(more.rcode())
        return reply.to_wire(max_size=65535)

    def _ask(self, query):
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        for server in self._servers(name):
            try:
                reply, _ = dns.query.udp_with_fallback(query, server, 2)
            except (dns.exception.DNSException, OSError):
                continue
            if reply.rcode() != dns.rcode.REFUSED:
                reply.flags |= dns.flags.RA
                return reply
        reply = dns.message.make_response(query, recursion_available=True)
        reply.set_rcode(dns.rcode.SERVFAIL)
        return reply


@dataclasses.dataclass
class Row:
    case: str
    name: str
    doctor: str  # the verdict on the name
    ca: str      # "valid", or the type of the problem
    pebble: str  # the same of Pebble
    code: str    # of the first finding of the case, or ""

    @property
    def cell(self):
        """(what the doctor says, what the CA did)"""
        return self._cell_of(self.ca)

    @property
    def cell_of_pebble(self):
        return self._cell_of(self.pebble)

    @property
    def is_agreed(self):
        return self._is_agreed(self.ca)

    @property
    def is_agreed_by_pebble(self):
        return self._is_agreed(self.pebble)

    @property
    def is_by_chance(self):
        return (self.code, self.doctor) in BY_CHANCE

    @property
    def why_ca_differs(self):
        """None: nobody says why."""
        return BY_CHANCE.get((self.code, self.doctor)) or DIFFERENT.get(self.case)

    @property
    def why_pebble_differs(self):
        """None: nobody says why."""
        return PEBBLE_OF_CODES.get(self.code.split("_")[0]) or PEBBLE.get(self.case) or self.why_ca_differs

    def _cell_of(self, said):
        says = {"ok": "passes", "unknown": "cannot tell"}.get(self.doctor, "fails")
        return says, "issues" if said == "valid" else "refuses"

    def _is_agreed(self, said):
        cell = self._cell_of(said)
        return cell in (("passes", "issues"), ("fails", "refuses")) or cell[0] == "cannot tell"


class PebbleClient(Client):
    """An account of a Pebble: its paths are others."""
    PATHS = {"new-acct": "sign-me-up", "new-order": "order-plz"}

    def __init__(self, pebble):
        self.connect = lambda: Connection(pebble.port, pebble.ca_file)
        self.url_of_ca = f"https://localhost:{pebble.port}"
        super().__init__(types.SimpleNamespace(connect=self.connect, url=self.url_of_ca))

    def fresh_nonce(self):
        return self.connection.request("HEAD", "/nonce-plz")[1]["Replay-Nonce"]

    def url(self, path):
        return f"{self.url_of_ca}/{self.PATHS[path]}"


class Authority:
    """A CA in front of the clinic, and its challenges at the edge."""

    def __init__(self, clinic, ca, client, at_once):
        self.clinic, self.ca, self.client, self.at_once = clinic, ca, client, at_once
        self.account = client.register().headers["Location"]

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
        said = {}
        for i in range(0, len(names), self.at_once):
            said.update(self._order_some(names[i:i + self.at_once]))
        return said

    def _order_some(self, names):
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


def sandbox_for(folder, clinic):
    ca = SandboxCa(folder / "sandbox", 53, http_port=80, https_port=443, resolver=f"{RESOLVER}@53",
                   caa_identity="letsencrypt.org").start()
    return Authority(clinic, ca, Client(ca), len(clinic.cases) * 4)


def pebble_for(folder, clinic):
    """Debian's, which deadlocks with more than a few at once."""
    ca = Pebble(folder / "pebble", 80, dns=f"{RESOLVER}:53", tls_port=443).start()
    return Authority(clinic, ca, PebbleClient(ca), PEBBLE_AT_ONCE)


def code_of(result):
    return result.every[0]["code"] if result.every else ""


def compare(folder, clinic):
    """A Row for each name that can be ordered by http-01."""
    folder.mkdir()
    resolver = Recursor(clinic)
    authorities = []
    try:
        authorities = [sandbox_for(folder, clinic), pebble_for(folder, clinic)]
        results = clinic.look(account=authorities[0].account)
        names = {name: (case, verdict) for case, result in results.items()
                 for name, verdict in result.verdicts.items()
                 if not name.startswith("*.") and verdict != "unchecked"}
        # What Pebble waits for comes at the same time, for it gets a few at once.
        by_code = sorted(names, key=lambda name: code_of(results[names[name][0]]))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            sandbox, pebble = pool.map(lambda authority: authority.order_all(by_code), authorities)
    finally:
        for authority in authorities:
            authority.ca.stop()
        resolver.stop()
    return [Row(case, name, verdict, sandbox[name], pebble[name], code_of(results[case]))
            for name, (case, verdict) in names.items()]


def confusion(rows):
    """{(whose, what the doctor says, what that CA did): how many}; 0 where there are none"""
    return collections.Counter(cell for row in rows
                               for cell in (("ca", *row.cell), ("pebble", *row.cell_of_pebble)))
