# SPDX-License-Identifier: Apache-2.0
"""Debian's Caddy as an ACME server (its module acme_server, which is smallstep's). It looks names up as
the system does: in a mount namespace of its own that is the given DNS server, on port 53."""
import json
import subprocess

from edge_kit import free_port, wait_for
from pebble_kit import Pebble, stop_all


class Caddy:
    """One CA, for which every name is at `address`. http_port is always 80: it has no option for that."""

    def __init__(self, folder, address="127.0.0.1"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.http_port, self.port = folder, 80, free_port()
        self.directory = f"https://localhost:{self.port}/acme/local/directory"
        self.ca_file = folder / "pki/authorities/local/root.crt"
        self.address, self.challtestsrv = address, None
        self.processes = []

    def _config(self):
        acme = {"handler": "acme_server", "host": f"localhost:{self.port}"}
        return {"admin": {"disabled": True},
                "storage": {"module": "file_system", "root": str(self.folder)},
                "apps": {"http": {"http_port": free_port(), "https_port": self.port, "servers": {"ca": {
                    "listen": [f"127.0.0.1:{self.port}"], "automatic_https": {"disable_redirects": True},
                    "routes": [{"match": [{"host": ["localhost"]}], "handle": [acme]}]}}},
                    "tls": {"automation": {"policies": [{"subjects": ["localhost"],
                                                         "issuers": [{"module": "internal"}]}]}},
                    "pki": {"certificate_authorities": {"local": {"install_trust": False}}}}}

    def start(self):
        dns = Pebble(self.folder / "dns", free_port(), dns_port=53, address=self.address)
        dns.start_challtestsrv()
        self.processes, self.challtestsrv = dns.processes, dns.challtestsrv
        resolv, config = self.folder / "resolv.conf", self.folder / "caddy.json"
        resolv.write_text("nameserver 127.0.0.1\n")
        config.write_text(json.dumps(self._config()))
        with open(self.folder / "caddy.log", "ab") as log:
            self.processes.append(subprocess.Popen(
                ["unshare", "-m", "--", "sh", "-c",
                 'mount --bind "$0" /etc/resolv.conf && exec caddy run --config "$1"', resolv, config],
                stdout=log, stderr=log, env={"HOME": str(self.folder), "PATH": "/usr/bin:/usr/sbin:/bin"}))
        wait_for(self._is_up, 20, "caddy")
        return self

    def as_ca(self):
        """The row of a configuration."""
        return {"id": "caddy", "name": "Caddy", "kind": "private", "is_default": False,
                "directory": self.directory, "tls_ca_file": str(self.ca_file), "roots": [str(self.ca_file)]}

    def _is_up(self):
        assert self.processes[-1].poll() is None, (self.folder / "caddy.log").read_text()[-2000:]
        if not self.ca_file.exists():
            return False
        return subprocess.run(["curl", "-fsS", "--cacert", self.ca_file, self.directory],
                              capture_output=True, timeout=10, check=False).returncode == 0

    def stop(self):
        stop_all(self.processes)
        self.processes = []
