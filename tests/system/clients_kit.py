# SPDX-License-Identifier: Apache-2.0
"""docs/acme-clients.md, run: each client of its table with a CA of its own, in a network of its own, where the
usual ports are free and the commands run as they are printed."""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from alone_kit import Alone
from ca_fixtures import leaf_of, names_of, openssl_verify, validity
from edge_kit import wait_for

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
PAGE = ROOT / "docs" / "acme-clients.md"
BUILD_GO = ROOT / "build-go"
PORTS = {"port": 8445, "dns-port": 8053, "http-port": 5080, "https-port": 5443}
CHALLENGES = ("http-01", "dns-01", "tls-alpn-01")
DAY = 86400
PATIENCE_S = 180  # dehydrated reads JSON by bash

# As in docs/sandbox-ca.md; the intermediate comes from where the certificate says.
CRL_CHECK = """
url() { openssl x509 -in leaf.pem -noout -ext "$1" | sed -n 's/.*URI:\\(.*\\)/\\1/p'; }
curl -sf "$(url crlDistributionPoints)" | openssl crl -inform DER >crl.pem
curl -sf "$(url authorityInfoAccess)" | openssl x509 -inform DER >intermediate.pem
openssl verify -crl_check -CRLfile crl.pem -CAfile sandbox-ca/ca/roots.pem -untrusted intermediate.pem leaf.pem || true
"""

# How long a certificate that is to be renewed at once has lived, and how long it lives.
AGES = {"classic": ("-65d", 90 * DAY), "shortlived": ("-4d", 160 * 3600)}


# --- the page ------------------------------------------------------------------------------------

@dataclasses.dataclass
class Section:
    """What the page says of one client."""
    title: str
    text: str

    @property
    def certificate(self):
        return re.search(r"Certificate:\s+`([^`]+)`", self.text).group(1)

    def blocks(self):
        """{words behind the language: text}."""
        return dict(re.findall(r"^```\w+ (.+?)\n(.*?)^```$", self.text, re.S | re.M))

    def block(self, phase, how):
        """The one for this challenge, else the one for all; a word behind "revoke" is its reason."""
        blocks = self.blocks()
        return blocks.get(f"{phase} {how}") or blocks.get(phase)

    def revocation(self):
        """(text, reason), or None."""
        for words, text in self.blocks().items():
            if words.startswith("revoke"):
                return text, words.partition(" ")[2] or "unspecified"
        return None

    def ways(self):
        return [words[4:] for words in self.blocks() if words.startswith("get ")]


def sections():
    parts = re.split(r"^## (.+)\n", PAGE.read_text(), flags=re.M)
    return {title: Section(title, text) for title, text in zip(parts[1::2], parts[2::2])}


def table():
    """{client: {column: cell}}."""
    lines = [line.strip("|").split("|") for line in PAGE.read_text().splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line] for line in lines]
    return {row[0]: dict(zip(head[1:], row[1:])) for row in rows}


# --- a CA of one's own ---------------------------------------------------------------------------

class World:
    """A network with `latchkey ca` in it, as it runs without an option."""

    def __init__(self, place, **environment):
        place.mkdir()
        self.place = place
        self.holder = subprocess.Popen([HERE / "in-namespace", "sh", "-c", "echo is up; exec sleep 900"],
                                       stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert self.holder.stdout.readline() == b"is up\n"
        self.inside = ["nsenter", "--net", f"--target={self.holder.pid}"]
        self.ca = Alone(place, ports=PORTS, prefix=self.inside, **environment)
        self.ca.words = []
        self.environment = {**os.environ, "HOME": str(place), "PWD": str(place)}
        self.ca.start()

    def run(self, text, folder, *, prefix=(), **environment):
        """What a shell makes of it: (exit status, output). What it leaves running goes on."""
        out = folder / "out.txt"
        with open(out, "wb") as file:
            code = subprocess.run([*self.inside, *prefix, "sh", "-ec", text], cwd=folder, check=False,
                                  stdin=subprocess.DEVNULL, stdout=file, stderr=file, timeout=PATIENCE_S,
                                  env={**self.environment, "PWD": str(folder), **environment}).returncode
        return code, out.read_text(errors="replace")

    def _others(self):
        """Processes in this network that are not of the CA."""
        network = os.readlink(f"/proc/{self.holder.pid}/ns/net")
        own = {self.holder.pid, self.ca.process.pid, *self.ca.children()}
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if int(entry.name) not in own and os.readlink(entry / "ns" / "net") == network:
                    yield int(entry.name)

    def end_clients(self):
        deadline = time.monotonic() + 10
        while pids := list(self._others()):
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if time.monotonic() < deadline - 5 else signal.SIGKILL)
            assert time.monotonic() < deadline, pids
            time.sleep(0.1)

    def refused_accounts(self):
        """How many requests for an account were refused."""
        log = (self.ca.folder / "log" / "ca.log").read_text()
        return len(re.findall(r"/acme/new-acct\b.*status=403", log))

    def journal(self, kind):
        return self.ca.journal("--kind", kind)

    def stop(self):
        self.end_clients()
        self.ca.stop()
        self.holder.kill()
        self.holder.wait()


# --- the life of a certificate -------------------------------------------------------------------

def serial_of(chain):
    return f"{leaf_of(chain).serial_number:034x}"


class Life:
    """One client's certificate by one way: `run` gets, renews and revokes it, and looks at each step from
    both sides."""

    def __init__(self, section, how, place):
        self.section, self.how = section, how
        self.profile = "shortlived" if how == "profiles" else "classic"
        self.names = ["shop.example"] if how != "dns-01" else ["*.shop.example", "shop.example"]
        is_bound = how == "EAB"
        self.world = World(place, **({"LATCHKEY_SANDBOX_CA_EAB": "required"} if is_bound else {}))
        self.folder, self.environment, self.prefix = place, {}, ()
        self.seen = {"get"}  # columns of the table
        if section.title == "mod_md" and os.getuid() == 0:
            self.prefix = ("unshare", "--map-user=1", "--map-group=1")  # anybody but root, to Apache
        if section.title == "lego 5":
            self.environment["PATH"] = f"{BUILD_GO}:{os.environ['PATH']}"

    def run(self):
        try:
            self._write_files(self.folder)
            if self.how == "EAB":
                self._bind()
            age, _ = AGES[self.profile]
            self.world.ca.run("clock", "--", age)
            first = self._obtain("get", before="")
            self.world.ca.run("clock", "real")
            if self.how != "EAB":
                last = self._obtain("renew", before=first)
                self._look_at_renewal(first)
                self._revoke(last)
            self.seen.add(self.how)
            return self.seen
        finally:
            self.world.stop()

    def _write_files(self, folder):
        for section in (sections()["Before"], self.section):
            for words, text in section.blocks().items():
                if words.startswith("file "):
                    file = folder / words[5:]
                    file.write_text(text)
                    file.chmod(0o755)

    def _shell(self, text, folder=None):
        return self.world.run(text, folder or self.folder, prefix=self.prefix, **self.environment)

    # --- external accounts

    def _bind(self):
        """With another key first, in a folder of its own."""
        keys = [json.loads(self.world.ca.run("eab", "add", "--json")) for _ in range(2)]
        wrong = self.folder / "wrong"
        wrong.mkdir()
        (wrong / "sandbox-ca").symlink_to("../sandbox-ca")
        self._write_files(wrong)
        self.environment |= {"KID": keys[0]["kid"], "KEY": keys[1]["mac_key"]}
        self._shell(self.section.block("get", self.how), wrong)
        wait_for(self.world.refused_accounts, 20, "the refusal of a wrong key")
        self.world.end_clients()
        assert not self.world.journal("account.created")
        assert not list(wrong.glob(self.section.certificate)), "a certificate without an account"
        self.environment["KEY"] = keys[0]["mac_key"]

    def _look_at_account(self):
        account, = self.world.journal("account.created")
        kid = self.environment.get("KID")
        assert account["detail"].endswith(f" eab {kid}") if kid else " eab " not in account["detail"]

    # --- one step each

    def _obtain(self, phase, before):
        """Another certificate than `before`, which the CA and its roots agree to."""
        text = self.section.block(phase, self.how) or self.section.block("get", self.how)
        code, out = self._shell(text)
        assert code == 0, f"{phase}:\n{out}"
        file = self.folder / self.section.certificate

        def found():
            with contextlib.suppress(OSError, ValueError):
                chain = file.read_text()
                return chain if serial_of(chain) != (before and serial_of(before)) else None
        try:
            chain = wait_for(found, 30, f"{phase}: {file}", every=0.1)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{out}\n{self._logs()}") from error
        self._look_at(chain)
        return chain

    def _logs(self):
        """What there is, for who has to find out why."""
        files = [self.world.ca.folder / "log" / "ca.log", self.folder / "apache" / "log"]
        return "\n".join(file.read_text()[-3000:] for file in files if file.exists())

    def _look_at(self, chain):
        assert sorted(names_of(chain)) == self.names
        self._look_at_account()
        roots, place = self.world.ca.roots, self.folder / "chain"
        place.mkdir(exist_ok=True)
        if chain.count("BEGIN CERTIFICATE") > 1:
            assert openssl_verify(place, roots, chain)[0] == 0
        begin, end = validity(leaf_of(chain))
        assert (end - begin).total_seconds() == AGES[self.profile][1] - 1
        assert self.world.journal("certificate.issued")[-1]["subject"] == serial_of(chain)
        assert not self.world.journal("challenge.invalid") and not self.world.journal("order.failed")
        order = self.world.journal("order.created")[-1]["detail"]
        assert order.split(" ")[0].split(",") == self.names
        assert f" profile {self.profile}" in order
        if self.how in CHALLENGES:
            assert {entry["detail"].split(" ")[-1] for entry in self.world.journal("challenge.started")} \
                == {self.how}

    def _look_at_renewal(self, first):
        """Whether the CA was told what is replaced."""
        self.seen.add("renew")
        order = self.world.journal("order.created")[1]["detail"]
        if order.endswith(f" replaces {serial_of(first)}"):
            self.seen.add("ARI")

    def _says_crl(self, chain):
        """What openssl verify has against the certificate by the list that it names."""
        (self.folder / "leaf.pem").write_text(chain)
        code, out = self.world.run(CRL_CHECK, self.folder)
        assert code == 0, out
        return re.search(r"lookup: (.*)|leaf.pem: (OK)", out).group(1)

    def _revoke(self, chain):
        if not self.section.revocation():
            return
        text, reason = self.section.revocation()
        code, out = self._shell(text)
        assert code == 0, out
        assert [(entry["subject"], entry["detail"])
                for entry in self.world.journal("certificate.revoked")] == [(serial_of(chain), reason)]
        assert self._says_crl(chain) == "certificate revoked"
        self.seen.add("revoke")
