# SPDX-License-Identifier: Apache-2.0
"""A folder, served by nginx over plain http on a port of 127.0.0.1, for every host."""
import os
import subprocess

from edge_kit import NGINX, wait_for


class WebRoot:
    def __init__(self, folder, port):
        (folder / ".well-known" / "acme-challenge").mkdir(parents=True)
        place = folder.parent / "nginx"
        place.mkdir()
        user = "user root;" if os.getuid() == 0 else ""
        (place / "nginx.conf").write_text(
            f"{user} daemon off; worker_processes 1; pid {place}/pid; error_log {place}/error.log;"
            "events {} http { access_log off;"
            + "".join(f"{kind}_temp_path {place}/{kind};"
                      for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
            + f"server {{ listen 127.0.0.1:{port}; root {folder}; }} }}")
        self.process = subprocess.Popen([NGINX, "-p", place, "-c", place / "nginx.conf", "-e",
                                         place / "error.log"])
        wait_for((place / "pid").exists, what="nginx")

    def stop(self):
        self.process.terminate()
        self.process.wait()
