# SPDX-License-Identifier: Apache-2.0
"""Chromium for the tests: Browser().start(), then the calls that driver.mjs has, as methods."""
import json
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


class BrowserError(AssertionError):
    """What the browser could not do."""


class Browser:
    """`resolver` is Chromium's --host-resolver-rules: where names lead that no DNS has."""

    def __init__(self, resolver="MAP * ~NOTFOUND, EXCLUDE localhost"):
        self.resolver = resolver

    def __enter__(self):
        self.process = subprocess.Popen(["node", HERE / "driver.mjs"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.call("start", {"executable": shutil.which("chromium"), "resolver": self.resolver})
        return self

    def __exit__(self, *_):
        try:
            self.call("stop")
        finally:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait(20)

    def call(self, name, *args):
        self.process.stdin.write(json.dumps({"call": name, "args": args}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise BrowserError("the browser's driver has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise BrowserError(f"{name}{args}: {answer['error']}")
        return answer["result"]

    def __getattr__(self, name):
        return lambda *args: self.call(name, *args)
