# SPDX-License-Identifier: Apache-2.0
"""ACME clients that others use, each as it is best used for many single names against one CA: an
account is there before (but for mod_md and Caddy, which make one as they start), keys are P-256,
challenges are http-01 out of a folder that nginx serves (but for who answers by himself)."""
import contextlib
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import time

from ca_load_kit import Load
from edge_kit import free_port, wait_for

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
APACHE = pathlib.Path("/usr/sbin/apache2")
GOLOAD = pathlib.Path(__file__).resolve().parent / "goload"
MAIL = "bench@bench.test"


class Client:
    """One way to ask `world.pebble` for `count` certificates, `at_once` at a time."""

    name, program, has_webroot = None, None, True

    def __init__(self, world, folder, at_once):
        self.world, self.folder, self.at_once = world, folder, at_once
        self.ca_file, self.directory = world.pebble.ca_file, world.pebble.directory
        folder.mkdir()

    @classmethod
    def is_there(cls):
        return shutil.which(cls.program) is not None

    def names(self, count):
        return [f"n{i}.{self.program}.test" for i in range(count)]

    def prepare(self):
        pass

    def run(self, meter, count):
        """Returns (certificates, seconds)."""
        raise NotImplementedError


class Command(Client):
    """A program that gets one certificate and ends: as many at once as there are slots."""

    def command(self, name, slot):
        raise NotImplementedError

    def environment(self):
        return {}

    def once(self, meter, name, slot):
        environment = {**os.environ, **self.environment()}
        with open(self.folder / f"log-{slot}", "ab") as log:
            process = meter.start(self.command(name, slot), stdout=log, stderr=log,
                                  env=environment)
            return meter.wait(process) == 0

    def run(self, meter, count):
        names = iter(self.names(count))

        def work(slot):
            return sum(self.once(meter, name, slot) for name in names)

        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(self.at_once) as pool:
            done = sum(pool.map(work, range(self.at_once)))
        return done, time.monotonic() - began

    def do(self, *words):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True,
                              env={**os.environ, **self.environment()}, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


class Lego(Command):
    name = program = "lego"

    def environment(self):
        return {"LEGO_CA_CERTIFICATES": str(self.ca_file)}

    def command(self, name, slot):
        return ["lego", "--server", self.directory, "--accept-tos", "--email", MAIL, "--path",
                self.folder / f"{slot}", "-d", name, "--http", "--http.webroot",
                self.world.webroot, "run"]

    def prepare(self):
        """It has an account from its first certificate on."""
        self.do(*self.command("first.lego.test", 0))
        for slot in range(1, self.at_once):
            shutil.copytree(self.folder / "0", self.folder / f"{slot}")


class Certbot(Command):
    """It locks its folder, so that each slot has one."""
    name = program = "certbot"

    def environment(self):
        return {"REQUESTS_CA_BUNDLE": str(self.ca_file)}

    def common(self, slot):
        place = self.folder / f"{slot}"
        return ["-n", "-q", "--server", self.directory, "--config-dir", place, "--work-dir", place,
                "--logs-dir", place]

    def command(self, name, slot):
        return ["certbot", "certonly", *self.common(slot), "--webroot", "-w", self.world.webroot,
                "--key-type", "ecdsa", "-d", name]

    def prepare(self):
        self.do("certbot", "register", *self.common(0), "--agree-tos", "-m", MAIL, "--no-eff-email")
        for slot in range(1, self.at_once):
            shutil.copytree(self.folder / "0", self.folder / f"{slot}", symlinks=True)


class Uacme(Command):
    """Its library knows the system's roots alone: it sees another file in their place."""
    name = program = "uacme"

    def words(self, *words):
        return ["unshare", *(["-m"] if os.getuid() == 0 else ["-rm"]), "sh", "-c",
                f"mount --bind '{self.ca_file}' {BUNDLE} && exec \"$@\"", "sh", "uacme", "-a",
                self.directory, "-c", self.folder, "-t", "EC", "-h", self.folder / "hook", *words]

    def command(self, name, slot):
        return self.words("issue", name)

    def prepare(self):
        hook = self.folder / "hook"
        hook.write_text("#!/bin/sh\n[ \"$2\" = http-01 ] || exit 1\n[ \"$1\" = begin ] || exit 0\n"
                        f"printf %s \"$5\" > '{self.world.challenges}'/\"$4\"\n")
        hook.chmod(0o755)
        self.do(*self.words("-y", "new"))


class Daemon(Client):
    """A server that gets all certificates by itself once it is started."""

    has_webroot = False

    def start(self, meter, names):
        """Returns (process, pattern of the files that are there when it is done)."""
        raise NotImplementedError

    def run(self, meter, count):
        began = time.monotonic()
        process, pattern = self.start(meter, self.names(count))

        def is_done():
            assert process.poll() is None, (self.folder / "log").read_text()[-2000:]
            with contextlib.suppress(FileNotFoundError):  # a folder is moved while it is looked into
                return meter.is_killed or len(list(self.folder.glob(pattern))) == count
            return False

        wait_for(is_done, 2 * meter.seconds, f"{count} certificates")
        seconds = time.monotonic() - began
        done = len(list(self.folder.glob(pattern)))
        if not meter.is_killed:
            meter.stop(process)
        return done, seconds


class ModMd(Daemon):
    name, program = "mod_md (Apache)", "modmd"

    @classmethod
    def is_there(cls):
        return APACHE.exists()

    def start(self, meter, names):
        https_port, place = free_port(), self.folder
        modules = "".join(
            f"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n"
            for module in ("mpm_event", "authz_core", "socache_shmcb", "ssl", "md"))
        hosts = "".join(f"MDomain {name}\n<VirtualHost *:{https_port}>\nServerName {name}\n"
                        "SSLEngine on\n</VirtualHost>\n" for name in names)
        (place / "apache.conf").write_text(
            f"ServerRoot {place}\nServerName bench.test\nPidFile {place}/pid\n"
            f"Listen 127.0.0.1:{self.world.http_port}\nListen 127.0.0.1:{https_port}\n{modules}"
            f"ErrorLog {place}/log\nMDStoreDir {place}/md\nMDCACertificateFile {self.ca_file}\n"
            f"MDCertificateAuthority {self.directory}\nMDCertificateAgreement accepted\n"
            f"MDContactEmail {MAIL}\nMDPrivateKeys P-256\n"
            f"MDPortMap http:{self.world.http_port} https:{https_port}\n{hosts}")
        process = meter.start([APACHE, "-X" if os.getuid() else "-DFOREGROUND", "-f",
                               place / "apache.conf"], stderr=subprocess.DEVNULL)
        return process, "md/staging/*/pubcert*.pem"


class Caddy(Daemon):
    """It asks for ten certificates in ten seconds at most."""
    name = program = "caddy"

    def start(self, meter, names):
        issuer = {"module": "acme", "ca": self.directory, "email": MAIL,
                  "trusted_roots_pem_files": [str(self.ca_file)],
                  "challenges": {"http": {"alternate_port": self.world.http_port},
                                 "tls-alpn": {"disabled": True}}}
        (self.folder / "caddy.json").write_text(json.dumps({
            "admin": {"disabled": True},
            "storage": {"module": "file_system", "root": str(self.folder / "store")},
            "apps": {"http": {"http_port": self.world.http_port, "https_port": free_port()},
                     "tls": {"certificates": {"automate": names},
                             "automation": {"policies": [{"issuers": [issuer]}]}}}}))
        with open(self.folder / "log", "wb") as log:
            process = meter.start(["caddy", "run", "--config", self.folder / "caddy.json"],
                                  stdout=log, stderr=log)
        return process, "store/certificates/*/*/*.crt"


class GoLoad(Client):
    """What a platform team would write on golang.org/x/crypto/acme; keeps nothing on a disk."""
    name, program, has_webroot = "Go, x/crypto/acme, no disk", "go", False

    def prepare(self):
        subprocess.run(["go", "build", "-o", self.folder / "goload", "."], cwd=GOLOAD, check=True)

    def run(self, meter, count):
        process = meter.start(
            [self.folder / "goload", "-directory", self.directory, "-ca", self.ca_file, "-listen",
             f"127.0.0.1:{self.world.http_port}", "-orders", count, "-at-once", self.at_once],
            stdout=subprocess.PIPE)
        text = process.stdout.read()
        process.stdout.close()
        meter.wait(process)
        result = json.loads(text or '{"done": 0, "seconds": 0}')
        return result["done"], result["seconds"]


class BareLoad(Client):
    """bench/ca/acme_load: the protocol by hand on OpenSSL, one key, nothing kept."""
    name, program, has_webroot = "bare loader in C, no disk", "load", False

    @classmethod
    def is_there(cls):
        return True

    def run(self, meter, count):
        pebble = self.world.pebble
        with Load(directory=self.directory, port=pebble.port, ca_file=self.ca_file,
                  answer=self.world.http_port, orders=count, in_flight=self.at_once) as load:
            with meter.lock:
                meter.roots.add(load.process.pid)
            result = load.result(meter.seconds)
            with meter.lock:
                meter.roots.discard(load.process.pid)
        meter.cpu_s += result["cpu_s"]
        return result["done"], result["done"] / result["per_s"]
