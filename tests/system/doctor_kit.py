# SPDX-License-Identifier: Apache-2.0
"""Cases for the doctor (`latchkey check`): a case is a zone, servers, the platform's addresses, and what
must be said of it. Cases are YAML documents in tests/system/doctor-cases, or in any other folder; README.md
there says how they are written. All are served at once, to one process for each address set of the platform.

It needs a network of its own (tests/system/in-namespace): the addresses of the root servers are here.
"""
import atexit
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import socket
import subprocess

import dns.message
import dns.query
import yaml

from ca_fixtures import stop_process
from edge_kit import BUILD, ROOT, Nginx, World as EdgeWorld, wait_for
from odd_dns_kit import OddServer
from rdap_kit import Registry, day
from stranger_kit import start_server

LATCHKEY = BUILD / "src" / "bin" / "latchkey"
CASES = pathlib.Path(__file__).parent / "doctor-cases"
ROOTS = ["198.41.0.4", "170.247.170.2", "199.9.14.201", "192.33.4.12", "199.7.91.13", "192.203.230.10",
         "192.5.5.241", "192.112.36.4", "198.97.190.53", "192.36.148.17", "192.58.128.30", "193.0.14.129",
         "199.7.83.42", "202.12.27.33"]
# Where what answers: the name servers of all zones, and those of cases that have two sorts.
SERVERS = {"ns1": "203.0.113.1", "ns2": "203.0.113.2", "other": "203.0.113.3", "lame": "203.0.113.4",
           "dead": "203.0.113.5", "tld": "203.0.113.6", "rdap": "203.0.113.8"}
OWN = ["192.0.2.0/24", "203.0.113.0/24", "2001:db8::/32"]
V4, V4B, V6 = "192.0.2.1", "192.0.2.2", "2001:db8::1"
CNAME = "edge.platform.example"
PLATFORMS = {"v4": [V4], "two": [V4, V4B], "both": [V4, V6], "v6": [V6]}
FIRST_OWN = 20  # of 203.0.113.0/24: addresses that cases have to themselves
SOA = "SOA ns1.nic.example. host.nic.example. {serial} 3600 600 86400 60"


@dataclasses.dataclass
class Case:
    """A case as its file has it, with the words in braces put in."""
    case: str
    zone: str = ""
    names: str = "@"
    platform: str = "v4"
    delegation: list = None  # NS and DS lines at the parent instead of those to ns1 and ns2
    zones: dict = dataclasses.field(default_factory=dict)  # further zones, by name
    other: str = None   # the zone as the server "other" has it
    dnssec: str = ""    # "signed", or "bogus": with a wrong DS at the parent
    odd: dict = None    # the zone is served at {a} by a name server with these ways (odd_dns_kit.py)
    asked: str = None   # the zone as a resolver at {c} remembers it, which is asked in this case
    delegated: str = "" # what _acme-challenge of a wildcard must be a CNAME of
    rdap: dict = None   # what its registry says of it, which is asked in this case (rdap_kit.py)
    account: str = ""   # the ACME account that the authority is asked with
    servers: list = dataclasses.field(default_factory=list)
    expect: dict = dataclasses.field(default_factory=dict)
    file: str = ""
    domain: str = ""
    words: dict = dataclasses.field(default_factory=dict)

    def addresses(self):
        return PLATFORMS.get(self.platform) or self.filled(self.platform).split()

    def is_served(self):
        """Whether ns1 and ns2 have its zone."""
        return self.odd is None and (
            self.delegation is None or any(name in line for line in self.delegation
                                           for name in ("ns1.", "ns2.", "cloudflare.com.", "ovh.net.")))

    def names_given(self):
        return [self.filled(name) for name in self.names.split()]

    def filled(self, text):
        for word, value in self.words.items():
            text = text.replace("{" + word + "}", value)
        return re.sub(r"@(?![0-9])", self.domain, text)

    def zone_filled(self, text):
        for word, value in self.words.items():
            text = text.replace("{" + word + "}", value)
        return text


def load(folder):
    """The cases of a folder, in the order of their files."""
    cases = []
    for path in sorted(pathlib.Path(folder).glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document:
                cases.append(Case(**document, file=path.name))
    names = [case.case for case in cases]
    assert cases, f"{folder} has no cases"
    assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]
    own = FIRST_OWN
    for case in cases:
        case.domain = case.case + ".example"
        case.words = {"v4": V4, "v4b": V4B, "v6": V6, "cname": CNAME, "domain": case.domain, "day12": day(12), "ended": day(-3),
                      **SERVERS}
        for letter in "abc":
            text = json.dumps([case.zone, case.servers, case.zones, case.other, case.asked,
                               case.platform])
            if "{" + letter + "}" in text or (
                    case.odd is not None and letter == "a") or (case.asked is not None and letter == "c"):
                case.words[letter] = f"203.0.113.{own}"
                own += 1
    assert own < 255, "more addresses are wanted than there are"
    return cases


# --- name servers ---

class Knot:
    """One knotd on these addresses, port 53; `zones` is {name: text, or None for one that cannot be
    loaded}, `signed` the names of those that are signed."""

    def __init__(self, folder, addresses, zones, signed=()):
        folder.mkdir()
        (folder / "db").mkdir()
        self.folder, self.zones, self.signed = folder, zones, signed
        self.conf = folder / "knot.conf"
        self.addresses = addresses
        self.process = None
        lines = [f"""
server:
    rundir: {folder}
    udp-workers: 1
    tcp-workers: 2
    background-workers: 1
    listen: [{", ".join(f"{address}@53" for address in addresses)}]
database:
    storage: {folder}/db
    journal-db-max-size: 64M
    kasp-db-max-size: 16M
    timer-db-max-size: 16M
log:
  - target: stderr
    any: warning
policy:
  - id: sign
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    zonefile-load: whole
    journal-content: none
zone:
"""]
        for name in zones:
            lines.append(f"  - domain: \"{name}\"\n    file: \"{self.file_of(name)}\"\n")
            if name in signed:
                lines.append("    dnssec-signing: on\n    dnssec-policy: sign\n")
        self.conf.write_text("".join(lines))

    @staticmethod
    def file_of(name):
        return ("root" if name == "." else name) + ".zone"

    def write(self, name, text):
        self.zones[name] = text
        if text is not None:
            (self.folder / self.file_of(name)).write_text(text)

    def ds_of(self, name):
        """Makes the key of a zone; the DS records of it, as lines."""
        subprocess.run(["keymgr", "-c", self.conf, name, "generate", "algorithm=13", "ksk=yes",
                        "zsk=yes"], check=True, capture_output=True)
        return subprocess.run(["keymgr", "-c", self.conf, name, "ds"], check=True, text=True,
                              capture_output=True).stdout.splitlines()

    def start(self):
        for name, text in self.zones.items():
            self.write(name, text)
        with open(self.folder / "knot.log", "wb") as log:
            self.process = subprocess.Popen(["/usr/sbin/knotd", "-c", self.conf], stdout=log,
                                            stderr=log)
        atexit.register(self.stop)  # also where what comes after it cannot be set up
        wait_for(self._answers, 20, "knot")
        return self

    def reload(self):
        # It fails for the zones that cannot be loaded.
        subprocess.run(["knotc", "-c", self.conf, "-b", "zone-reload"], check=False,
                       capture_output=True)

    def _answers(self):
        try:
            socket.create_connection((self.addresses[0], 53), 1).close()
        except OSError:
            assert self.process.poll() is None, (self.folder / "knot.log").read_text()
            return False
        return True

    def stop(self):
        if self.process:
            stop_process(self.process)


def zone_text(name, lines, serial="1"):
    """A zone with an SOA and name servers, where the lines have none."""
    text = lines or ""
    head = [f"$ORIGIN {name.rstrip('.')}.", "$TTL 300"]
    if not re.search(r"\bSOA\b", text):
        head.append("@ " + SOA.format(serial=serial))
    if not re.search(r"^@\s+(\d+\s+)?NS\b", text, re.M):
        head += ["@ NS ns1.nic.example.", "@ NS ns2.nic.example."]
    return "\n".join([*head, text, ""])


def zone_of(case):
    if case.zone is None:
        return None
    own = f"@ NS ns\nns A {case.words['a']}\n" if case.odd is not None else ""
    return zone_text(case.domain, own + case.zone_filled(case.zone))


def wrong_ds(line):
    """The same DS with another digest."""
    words = line.split()
    return " ".join([*words[:-1], words[-1][:-2] + ("00" if words[-1][-2:] != "00" else "11")])


class NameServers:
    """The root, "example", and the zones of all cases."""

    def __init__(self, folder, cases):
        zones = {}
        for case in cases:
            if case.is_served():
                zones[case.domain] = zone_of(case)
            for name, text in case.zones.items():
                zones[case.filled(name)] = zone_text(case.filled(name), case.zone_filled(text))
        self.upper = Knot(folder / "upper", [*ROOTS, SERVERS["tld"]], {".": "", "example": ""},
                          [".", "example"])
        self.main = Knot(folder / "main", [SERVERS["ns1"], SERVERS["ns2"]], zones,
                         [case.domain for case in cases if case.dnssec])
        self.other = Knot(folder / "other", [SERVERS["other"], SERVERS["lame"]],
                          {case.domain: zone_text(case.domain, case.zone_filled(case.other))
                           for case in cases if case.other is not None})
        self.anchor = folder / "root.key"
        self.anchor.write_text("\n".join(self.upper.ds_of(".")) + "\n")
        self._fill(cases)
        for knot in (self.upper, self.main, self.other):
            knot.start()

    def _fill(self, cases):
        glue = [f"{name}.nic.example. A {address}" for name, address in SERVERS.items()]
        lines = ["example. NS tld.nic.example."]
        # Names of servers that a provider is known by.
        known = [f"ada.ns.cloudflare.com. A {SERVERS['ns1']}", f"bob.ns.cloudflare.com. A {SERVERS['ns2']}",
                 f"dns104.ovh.net. A {SERVERS['ns1']}", f"ns104.ovh.net. A {SERVERS['ns2']}"]
        self.upper.write(".", "$TTL 300\n. " + SOA.format(serial=1) + "\n. NS a.root-servers.net.\n"
                        "a.root-servers.net. A 198.41.0.4\n" +
                        "\n".join([*lines, *glue, *known, *self.upper.ds_of("example")]) + "\n")
        lines = [*glue, "platform A 192.0.2.250", f"{CNAME}. A {V4}"]
        for case in cases:
            lines += self._delegation(case)
            lines += [f"{case.filled(name)}. NS {server}.nic.example." for name in case.zones
                      for server in ("ns1", "ns2")]
        self.upper.write("example", zone_text("example", "\n".join(["@ NS tld.nic", *lines])))

    def _delegation(self, case):
        if case.odd is not None:
            lines = [f"{case.domain}. NS ns.{case.domain}.", f"ns.{case.domain}. A {case.words['a']}"]
        elif case.delegation is None:
            lines = [f"{case.domain}. NS {name}.nic.example." for name in ("ns1", "ns2")]
        else:
            lines = [re.sub("^@ ", f"{case.domain}. ", case.zone_filled(line))
                     for line in case.delegation]
        if case.dnssec:
            ds = self.main.ds_of(case.domain)
            lines += ds if case.dnssec == "signed" else [wrong_ds(line) for line in ds]
            # {ds1} and on, as findings have them.
            for i, line in enumerate(sorted(line.split(" DS ")[1] for line in lines if " DS " in line)):
                case.words[f"ds{i + 1}"] = line
        return lines

    def stop(self):
        for knot in (self.upper, self.main, self.other):
            knot.stop()


class Remembering(OddServer):
    """A resolver that remembers old records of a zone; of all else it tells what the servers have."""

    def __init__(self, address, case, names):
        self.upper = names.upper.addresses[0]
        super().__init__(address, case.domain, zone_text(case.domain, case.zone_filled(case.asked)), {})

    def _answer(self, wire, size):
        query = dns.message.from_wire(wire)
        name = query.question[0].name
        if name.is_subdomain(self.origin):
            reply = super()._answer(wire, size)
        else:
            reply = dns.query.udp(query, self.upper, 2).to_wire()
        return reply[:3] + bytes([reply[3] | 0x80]) + reply[4:]  # RA


# --- all together ---

def add_addresses():
    """To loopback: those of the root servers, of the name servers, and of what cases have."""
    for prefix in ("203.0.113.0/24", *(f"{root}/32" for root in ROOTS)):
        subprocess.run(["ip", "address", "add", prefix, "dev", "lo"], check=False,
                       capture_output=True)


class Edge(Nginx):
    """nginx with the module on the platform's addresses; it answers the check path of every host."""

    def __init__(self, folder):
        folder.mkdir()
        world = EdgeWorld(folder)
        world.settings({"demo": "127.0.0.1:1"})
        world.site("site_1", ["one.example"])
        super().__init__(world)
        listen = "".join(f"listen {address}:80;" for address in (V4, V4B, f"[{V6}]"))
        self.conf.write_text(self.conf.read_text().replace(
            f"listen 127.0.0.1:{self.http};", f"listen 127.0.0.1:{self.http}; {listen}"))


def words_of(finding, domain):
    """code(subject), with what is folded under it in brackets."""
    text = f"{finding['code']}({short(finding['subject'], domain)})"
    folded = [words_of(one, domain) for one in finding.get("consequences", [])]
    return text + (f"[{' '.join(folded)}]" if folded else "")


def said(finding, domain):
    """The sentence, without what differs from time to time."""
    text = re.sub(r"until \d\d:\d\d UTC", "until HH:MM UTC", short(finding["detail"], domain))
    return re.sub(r"key from [0-9.]+", "key from a server", text)


def short(text, domain):
    return text.replace(domain, "@")


class Result:
    """What was said of a case."""

    def __init__(self, case, answers):
        self.case, self.answers = case, answers
        findings = [finding for answer in answers for finding in answer.get("findings", [])]
        records = [record for answer in answers
                   for record in answer.get("report", {}).get("records", [])]
        root = findings[0] if findings else {}
        every = [one for finding in findings
                 for one in (finding, *finding.get("consequences", []))]
        self.every = every
        self.verdicts = {one["name"]: one["verdict"] for answer in answers
                         for one in answer.get("report", {}).get("names", [])}
        self.codes = {finding["code"] for finding in every}
        self.got = {
            "verdict": " ".join(answer["verdict"] for answer in answers),
            "title": short(root.get("title", ""), case.domain),
            "who": root.get("who_acts", ""),
            "findings": [words_of(finding, case.domain) for finding in findings],
            "actions": [short(" ".join(str(record[key]) for key in ("op", "type", "fqdn", "value")),
                              case.domain) for record in records],
            "provider": " ".join(answer["report"]["provider"]["name"] for answer in answers
                                 if answer.get("report", {}).get("provider")),
            "says": [said(finding, case.domain) for finding in every],
        }

    def wrong(self):
        """{what: (expected, got)} of all that is not as expected."""
        want = {"verdict": "ready", "title": "", "who": "", "findings": [], "actions": []}
        for key, value in self.case.expect.items():
            lines = value if isinstance(value, list) else [value]
            lines = [self.case.zone_filled(line) for line in lines]
            want[key] = lines if isinstance(self.got[key], list) else lines[0]
        return {key: (value, self.got[key]) for key, value in want.items() if value != self.got[key]}


class Clinic:
    """Everything that is looked at, and the looking."""

    def __init__(self, folder, cases):
        folder.mkdir(exist_ok=True)
        self.folder, self.cases = folder, cases
        add_addresses()
        self.names = NameServers(folder, cases)
        self.edge = Edge(folder / "edge").start()
        self.servers = [start_server(server, case.filled(server["at"]), V4)
                        for case in cases for server in case.servers]
        self.servers += [OddServer(case.words["a"], case.domain, zone_of(case), case.odd)
                         for case in cases if case.odd is not None]
        self.servers += [Remembering(case.words["c"], case, self.names) for case in cases
                         if case.asked is not None]
        self.registry = Registry(SERVERS["rdap"], "rdap.nic.example", folder,
                                 {case.domain: case.rdap for case in cases if case.rdap is not None})
        self.environment = {**os.environ, "LATCHKEY_DNS_TRUST_ANCHOR": str(self.names.anchor),
                            "LATCHKEY_PLATFORM_BRAND": "mono", "LATCHKEY_DNS_TIMEOUT_MS": "4000",
                            "LATCHKEY_CHECK_HTTP_MS": "1500"}
        self.environment.pop("LATCHKEY_TOKEN", None)

    def run(self, *arguments, addresses=(V4,), asks_registry=""):
        expect = [word for address in addresses for word in ("--expect", address)]
        own = [word for prefix in OWN for word in ("--own", prefix)]
        # What an old resolver remembers is not signed.
        environment = {**self.environment,
                       **({"LATCHKEY_DNS_TRUST_ANCHOR": ""} if "--resolver" in arguments else {})}
        if asks_registry:
            environment.update({"LATCHKEY_TLS_TRUST_STORE": str(self.registry.root),
                                f"LATCHKEY_CHECK_{asks_registry}": self.registry.named_by[asks_registry]})
        return subprocess.run([LATCHKEY, "check", "--cname", CNAME, *own, *expect, *arguments],
                              env=environment, cwd=self.folder, text=True, timeout=120,
                              capture_output=True, check=False)

    def _look_at(self, asked, addresses, cases):
        given = [name for case in cases for name in case.names_given()]
        done = self.run("--json", *asked, "--", *given, addresses=addresses,
                        asks_registry="RDAP" if cases[0].rdap is not None else "")
        assert done.returncode in (0, 1, 2), done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(given), done.stdout + done.stderr
        results = {}
        for case in cases:
            count = len(case.names_given())
            results[case.case], answers = Result(case, answers[:count]), answers[count:]
        return results

    def look(self, cases=None, account=""):
        """{case name: Result}; one process for each address set of the platform. `account`: the ACME
        account of the cases that have none."""
        groups = {}
        for case in cases or self.cases:
            asked = ("--resolver", case.words["c"] + "@53") if case.asked is not None else ()
            asked += ("--account", case.account or account) if case.account or account else ()
            asked += ("--delegation", case.delegated) if case.delegated else ()
            groups.setdefault((asked, tuple(case.addresses()), case.rdap is None), []).append(case)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            parts = list(pool.map(lambda group: self._look_at(*group[0][:2], group[1]), groups.items()))
        return {name: result for part in parts for name, result in part.items()}

    def look_twice(self):
        """The same, and once more at what is not as expected: on a busy machine servers are late."""
        results = self.look()
        late = [case for case in self.cases if results[case.case].wrong()]
        return {**results, **(self.look(late) if late else {})}

    def stop(self):
        for server in (*self.servers, self.registry, self.edge, self.names):
            server.stop()
