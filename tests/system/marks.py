# SPDX-License-Identifier: Apache-2.0
"""Marks, and the file of results that tools/run-tests reads."""
import json
import os

MARKS = {
    "req(*ids)": "the requirements that this test shows to hold",
    "asan": "run once more with the sanitizers' build",
    "memory": "says how much memory is used: not with a sanitizer, which keeps what is freed",
    "pebble(**keywords)": "what Pebble() is made with",
}


def pytest_addoption(parser):
    parser.addoption("--results", help="write a JSON line for each test here")


def pytest_configure(config):
    for mark, meaning in MARKS.items():
        config.addinivalue_line("markers", f"{mark}: {meaning}")
    path = config.getoption("--results")
    if path:
        config.pluginmanager.register(Results(path))


def pytest_collection_modifyitems(config, items):
    if not os.environ.get("LATCHKEY_SANITIZED"):
        return
    left_out = [item for item in items if item.get_closest_marker("memory")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


class Results:
    """One line a test: the worst of its set-up, run and tear-down."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
        self.requirements, self.failures, self.skips = {}, {}, {}

    def pytest_collection_modifyitems(self, items):
        for item in items:
            marks = item.iter_markers("req")
            self.requirements[item.nodeid] = [one for mark in marks for one in mark.args]

    def pytest_runtest_logreport(self, report):
        name = report.nodeid
        if report.failed:
            self.failures.setdefault(name, []).append(report.longreprtext + "".join(
                f"\n--- {title}\n{text}" for title, text in report.sections))
        elif report.skipped:
            self.skips[name] = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if report.when == "teardown":
            self.write(name)

    def pytest_collectreport(self, report):
        if report.failed:
            self.failures[report.nodeid] = [report.longreprtext]
            self.write(report.nodeid)

    def write(self, name):
        outcome = ("failed" if name in self.failures else
                   "skipped" if name in self.skips else "passed")
        detail = "\n".join(self.failures.get(name, [])) or self.skips.get(name, "")
        json.dump({"name": name.split("/")[-1], "outcome": outcome, "detail": detail,
                   "requirements": self.requirements.get(name, [])}, self.file)
        self.file.write("\n")
        self.file.flush()
