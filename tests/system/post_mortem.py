# SPDX-License-Identifier: Apache-2.0
"""What a test that failed leaves behind, with LATCHKEY_KEEP=FOLDER: of each platform that was there its
logs, its store and its CA's, and the records of its edges, as they were at that moment."""
import contextlib
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import weakref

import edge_records
import pytest
from edge_kit import EDGE_FILL

platforms = weakref.WeakSet()
KEPT_AT_MOST = 3  # of a run: when all fails, the first ones tell why


def lines_of(octets):
    """The records of an edge, one a line; of a host also which certificate it shows."""
    for kind, flags, epoch, rev, key, body in edge_records.split(octets):
        is_gone = flags & edge_records.TOMBSTONE
        what = "deleted" if is_gone else f"{len(body)} octets"
        if kind == "h" and not is_gone:
            what = " ".join(edge_records.read_host(body))
        yield f"{kind} {key!r} epoch {epoch} rev {rev}: {what}\n"


def keep_stores(platform, folder):
    for path in (platform.dir / "latchkey.db", platform.dir / "ca/ca.db"):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
            db.execute("VACUUM INTO ?", (str(folder / path.name),))


def keep_edges(platform, folder):
    for lmdb in platform.dir.glob("edge/*/lmdb"):
        octets = subprocess.run([EDGE_FILL, "get", lmdb], capture_output=True, timeout=10, check=True).stdout
        (folder / f"{lmdb.parent.name}.records").write_text("".join(lines_of(octets)))


def keep_logs(platform, folder):
    for path in [platform.dir / "output.log", platform.dir / "latchkey.yaml", *platform.dir.glob("log/*.log")]:
        shutil.copy(path, folder)


def keep(platform, folder):
    """What can be had of it: the test may have left little."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in (keep_logs, keep_stores, keep_edges):
        try:
            part(platform, folder)
        except (OSError, sqlite3.Error, subprocess.SubprocessError) as why:
            (folder / f"{part.__name__}.failed").write_text(repr(why))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    report = (yield).get_result()
    place = os.environ.get("LATCHKEY_KEEP")
    if not place or not report.failed:
        return
    folder = pathlib.Path(place) / re.sub(r"[^\w.-]+", "-", item.name)
    if not folder.exists() and len(list(folder.parent.glob("*"))) >= KEPT_AT_MOST:
        return
    for platform in platforms:
        if platform.dir.exists():
            keep(platform, folder / platform.dir.name)
            report.sections.append(("kept", str(folder / platform.dir.name)))
