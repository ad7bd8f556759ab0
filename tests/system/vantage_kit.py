# SPDX-License-Identifier: Apache-2.0
"""Vantage points: edges in network namespaces of their own, which have a way to the platform's addresses and look
at names from there; each with an address that servers and name servers know it by.
"""
import contextlib
import os
import signal
import socket
import subprocess

from dns_kit import NAMED
from far_edges import FarEdge
from platform_kit import wait_for

REGIONS = {1: "north", 2: "south", 3: "east"}
GEO = "198.51.100.10"  # the resolver of all edges
NOWHERE = "02:00:00:00:00:99"  # no machine has it: what is sent there is lost


class VantageEdge(FarEdge):
    """An edge that is not in rotation, but looks at names."""

    def __init__(self, platform, number):
        super().__init__(platform, number, LATCHKEY_EDGE_VANTAGE="true", LATCHKEY_EDGE_VANTAGE_DNS="true",
                         LATCHKEY_EDGE_REGION=REGIONS[number], LATCHKEY_DNS_FORWARDER=f"{GEO}@53")
        self.region = REGIONS[number]
        self.set_rotation(False)

    def _make_network(self):
        super()._make_network()
        self.route("add", "default", "via", self.near)
        self.run("ip", "neighbour", "add", "203.0.113.250", "lladdr", NOWHERE, "dev", "far0")

    def run(self, *words):
        assert self.inside(*words).wait(10) == 0, words

    def route(self, what, *words):
        self.run("ip", "route", what, *words, "dev", "far0")

    @contextlib.contextmanager
    def losing(self, *addresses):
        """What it sends there is lost, as by a firewall that drops."""
        for address in addresses:
            self.route("add", f"{address}/32", "via", "203.0.113.250", "onlink")
        try:
            yield
        finally:
            for address in addresses:
                self.route("delete", f"{address}/32")


class GeoDns:
    """A resolver (BIND, by views) that says something else to each edge where it was told to."""

    def __init__(self, platform, folder):
        self.platform, self.folder = platform, folder
        self.zones = {region: {} for region in REGIONS.values()}
        folder.mkdir()
        self.write()
        self.process = subprocess.Popen([NAMED, "-g", "-c", folder / "named.conf", "-n", "1"],
                                        stderr=(folder / "log").open("wb"))
        wait_for(self.is_up)

    def is_up(self):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        return "running" in (self.folder / "log").read_text()

    def write(self):
        views = ""
        for number, region in REGIONS.items():
            zones = ""
            for zone, lines in self.zones[region].items():
                path = self.folder / f"{region}.{zone}"
                path.write_text("$TTL 1\n@ SOA ns hostmaster 1 3600 600 86400 1\n@ NS ns\nns A 198.51.100.10\n"
                                + "".join(line + "\n" for line in lines))
                zones += f'zone "{zone}" {{ type primary; file "{path}"; }};\n'
            views += f'view "{region}" {{ match-clients {{ 203.0.113.{10 + number}; }};\n{zones} }};\n'
        (self.folder / "named.conf").write_text(
            f'options {{ directory "{self.folder}"; listen-on port 53 {{ {GEO}; }}; listen-on-v6 {{ none; }};\n'
            f'pid-file "pid"; session-keyfile "session"; dnssec-validation no; recursion yes; forward only;\n'
            f"allow-recursion {{ any; }}; forwarders {{ 127.0.0.1 port {self.platform.dns_port}; }};\n"
            f"max-cache-ttl 1; max-ncache-ttl 1; }};\ncontrols {{ }};\n{views}")

    def tell(self, zone, **regions):
        """From now on these are told these lines of the zone; the others what the platform is told."""
        for region, lines in regions.items():
            self.zones[region][zone] = lines
        self.write()
        told = (self.folder / "log").read_text().count("running")
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: (self.folder / "log").read_text().count("running") > told)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


@contextlib.contextmanager
def vantages(platform, count=3):
    edges = []
    try:
        for number in range(1, count + 1):
            edges.append(VantageEdge(platform, number))
        wait_for(lambda: platform.rows("SELECT 1 FROM vantage")[count - 1:])
        yield edges
    finally:
        for edge in edges:
            edge.remove()


class Front:
    """A server in front of an edge, as a CDN or a load balancer is: nginx, which passes requests on, but for those that
    `rules` (lines of its server) keep out by their address."""

    def __init__(self, folder, address, edge, rules):
        self.folder = folder
        folder.mkdir()
        (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/pid; {"user root;" if os.geteuid() == 0 else ""}
events {{}}
http {{
    access_log off; server_tokens off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen {address}:80;
        {rules}
        location / {{ proxy_pass http://{edge}:80; proxy_set_header Host $host; }}
    }}
}}
""")
        self.process = subprocess.Popen(["nginx", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"],
                                        stderr=(folder / "log").open("wb"))
        wait_for(lambda: self.is_listening(address))

    def is_listening(self, address):
        assert self.process.poll() is None, (self.folder / "log").read_text()
        with contextlib.suppress(OSError):
            socket.create_connection((address, 80), 1).close()
            return True
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
