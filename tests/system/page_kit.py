# SPDX-License-Identifier: Apache-2.0
"""The pages over their Unix socket: a visitor with cookies, and forms as a browser sends them."""
import contextlib
import html
import re
import urllib.parse

from web_kit import UnixConnection

FORM_CODE = re.compile(r'name="form_code" value="([^"]+)"')
ORIGIN = "https://admin.platform.example"  # web.public_url of web_kit
PASSWORD = "correct horse battery staple"


class Page:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.getheaders()
        self.text = response.read().decode()

    def header(self, name):
        return dict((k.lower(), v) for k, v in self.headers).get(name.lower())

    def set_cookies(self):
        return [v for k, v in self.headers if k.lower() == "set-cookie"]


class Visitor:
    def __init__(self, web, client=None):
        self.web, self.client, self.cookies = web, client, {}

    def ask(self, method, path, body=None, headers=None):
        sent = dict(headers or {})
        if self.client:
            sent["X-Real-IP"] = self.client
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        with contextlib.closing(UnixConnection(self.web.dir / "run/pages.sock")) as connection:
            connection.request(method, path, body=body, headers=sent)
            page = Page(connection.getresponse())
        for cookie in page.set_cookies():
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
            if "Max-Age=0" in cookie:
                del self.cookies[name]
        return page

    def get(self, path):
        return self.ask("GET", path)

    def code(self, path="/sign-in"):
        return html.unescape(FORM_CODE.search(self.get(path).text)[1])

    def post(self, path, fields, headers=None):
        """`fields`: pairs; values may be octets."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Origin": ORIGIN,
                "Sec-Fetch-Site": "same-origin", **(headers or {})}
        sent = {k: v for k, v in sent.items() if v is not None}
        return self.ask("POST", path, urllib.parse.urlencode(list(fields)), sent)

    def sign_in(self, email, password=PASSWORD, next_path="/"):
        return self.post("/sign-in", [("form_code", self.code()), ("email", email),
                                      ("password", password), ("next", next_path)])


def link_of(web, email, *whose):
    """The path of a link that works once: for a new person, or for a known one (no `whose`)."""
    command = ["add", email, "--name", "Some Body", *whose] if whose else ["link", email]
    done = web.run("user", *command)
    return urllib.parse.urlparse(done.stdout.strip()).path


def new_person(web, email, *whose):
    """A visitor who has chosen a password, and is signed in."""
    visitor, path = Visitor(web), link_of(web, email, *whose)
    page = visitor.post(path, [("form_code", visitor.code(path)), ("password", PASSWORD)])
    assert page.status == 303, page.text
    return visitor


def reader_of(platform, partner=None):
    """Somebody of a partner of a whole platform (platform_kit.Platform), signed in; else the operator's."""
    whose = ["--partner", partner.partner["id"]] if partner else ["--operator"]
    done = platform.run("user", "add", f"reader@{'partner' if partner else 'operator'}.example",
                        "--name", "Reader", *whose, "--config", platform.dir / "latchkey.yaml")
    visitor, path = Visitor(platform), done.stdout.strip().removeprefix(platform.url)
    page = visitor.post(path, [("form_code", visitor.code(path)), ("password", PASSWORD)],
                        {"Origin": platform.url})
    assert page.status == 303, page.text
    return visitor
