# SPDX-License-Identifier: Apache-2.0
"""bench/ca/acme_load against a CA: orders by the hundred, and whether every promise was kept."""
import json
import pathlib
import subprocess

from edge_kit import BUILD

ACME_LOAD = BUILD / "bench" / "acme_load"


def cpu_ms(*pids):
    """Of all threads of these processes, each a pid or a list of some."""
    flat = [pid for item in pids for pid in (item if isinstance(item, list) else [item])]
    return sum(int(path.read_text().split()[0]) for pid in flat
               for path in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e6


def at_socket(ca):
    """A SandboxCa, over its Unix socket."""
    return {"directory": ca.directory, "socket": ca.folder / "ca.sock", "answer": ca.http_port}


def at_port(ca, ca_file, http_port):
    """A SandboxCa behind its nginx, or a Pebble."""
    return {"directory": ca.directory, "port": ca.port, "ca_file": ca_file, "answer": http_port}


class Load:
    """One run of the loader; what acme_load has options for, by the same names."""

    def __init__(self, directory, *, preexec=None, **options):
        words = [ACME_LOAD, directory]
        for name, value in options.items():
            words.append("--" + name.replace("_", "-"))
            if value is not True:
                words.append(value)
        self.process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE,
                                        preexec_fn=preexec)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def result(self, seconds=600):
        """What it printed; it has ended."""
        out, _ = self.process.communicate(timeout=seconds)
        return json.loads(out)
