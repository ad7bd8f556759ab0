# SPDX-License-Identifier: Apache-2.0
"""The pages over HTTP without a browser: forms as a browser sends them, and streams of events."""
import contextlib
import html
import re
import socket
import ssl
import threading
import time
import urllib.parse

import requests

FORM_CODE = re.compile(r'name="form_code" value="([^"]+)"')


class Visitor:
    """Somebody's browser as far as HTTP goes: cookies, and the code that forms have."""

    def __init__(self, platform, cookies=()):
        """`cookies` as browser.cookies() gives them: another tab of that browser."""
        self.platform, self.url = platform, platform.url
        self.session = requests.Session()
        for cookie in cookies:
            self.session.cookies.set(cookie["name"], cookie["value"])
        self.session.trust_env = False
        self.session.verify = str(platform.roots)

    def get(self, path, **more):
        return self.session.get(self.url + path, timeout=30, allow_redirects=False, **more)

    def form_code(self, path):
        return html.unescape(FORM_CODE.search(self.get(path).text)[1])

    def post(self, path, fields=(), code=None, origin=None, headers=None, raw=None):
        """`fields` is a dictionary or a list of pairs; `raw` is the whole body instead."""
        pairs = list(fields.items()) if isinstance(fields, dict) else list(fields)
        if code is not None:
            pairs.insert(0, ("form_code", code))
        body = raw if raw is not None else urllib.parse.urlencode(pairs)
        sent = {"Content-Type": "application/x-www-form-urlencoded",
                "Origin": self.url if origin is None else origin,
                "Sec-Fetch-Site": "same-origin", **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        return self.session.post(self.url + path, data=body, headers=sent, timeout=30,
                                 allow_redirects=False)

    def sign_in(self, email, password, want=303, **more):
        answer = self.post("/sign-in", {"email": email, "password": password, "next": "/"},
                           self.form_code("/sign-in"), **more)
        assert answer.status_code == want, (answer.status_code, answer.text[:2000])
        return answer

    def cookie(self):
        return "; ".join(f"{c.name}={c.value}" for c in self.session.cookies)


class Stream:
    """A page's stream of events in a thread, as a browser follows it: asks again when an answer has
    ended, with the id of the last event. `events` has (time, text)."""

    def __init__(self, visitor, path):
        self.visitor, self.path = visitor, path
        self.events, self.failures, self.last = [], 0, None
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def _follow(self):
        host, port = urllib.parse.urlparse(self.visitor.url).netloc.split(":")
        context = ssl.create_default_context(cafile=str(self.visitor.platform.roots))
        while not self.is_over.is_set():
            try:
                with socket.create_connection((host, int(port)), timeout=60) as raw, \
                        context.wrap_socket(raw, server_hostname=host) as s:
                    self._ask_again_and_again(s, host)
            except OSError:
                self.failures += 1
                time.sleep(0.05)

    def _ask_again_and_again(self, s, host):
        lines = s.makefile("rb")
        while not self.is_over.is_set():
            s.sendall(self.request(host))
            first, headers = lines.readline(), {}
            if not first:
                return  # nginx ends a connection after a thousand requests, as any server may
            while (line := lines.readline()) not in (b"\r\n", b""):
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            body = lines.read(int(headers.get("content-length", 0)))
            if first.split()[1] != b"200":
                self.failures += 1
            self._take(body.decode())
            time.sleep(0.05)

    def request(self, host):
        seen = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
        return (f"GET {self.path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/event-stream\r\n"
                f"Cookie: {self.visitor.cookie()}\r\n{seen}\r\n").encode()

    def _take(self, body):
        identity = re.search(r"^id: (.*)$", body, re.M)
        if identity:
            self.last = identity[1]
            self.events.append((time.monotonic(), body))

    def first_with(self, text):
        """When the first event with `text` came; None: not yet."""
        return next((at for at, body in list(self.events) if text in body), None)

    def stop(self):
        self.is_over.set()


@contextlib.contextmanager
def streams(visitor, path, count):
    made = [Stream(visitor, path) for _ in range(count)]
    try:
        yield made
    finally:
        for stream in made:
            stream.stop()
