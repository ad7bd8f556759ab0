# SPDX-License-Identifier: Apache-2.0
"""The platform and a browser for the tests of the pages; marks as in tests/system."""
import pathlib
import subprocess
import sys
import urllib.parse

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

from browser import Browser  # noqa: E402
from pages_kit import Visitor  # noqa: E402
from platform_kit import Platform  # noqa: E402

pytest_plugins = ["marks", "post_mortem"]
NODE_MIN = 20  # what playwright-core asks for; Debian 12 has 18
PASSWORD = "correct horse battery staple"


def pytest_collection_modifyitems(items):
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    major = version.stdout.strip().lstrip("v").partition(".")[0]
    if version.returncode == 0 and int(major) >= NODE_MIN:
        return
    why = f"the browser's driver needs Node {NODE_MIN}; here it is {version.stdout.strip() or 'none'}"
    for item in items:
        item.add_marker(pytest.mark.skip(reason=why))


class Person:
    """Somebody of a partner who has chosen a password."""

    def __init__(self, platform, email, *whose, name="Paula Partner"):
        self.platform, self.email, self.password = platform, email, PASSWORD
        done = platform.run("user", "add", email, "--name", name, *whose, "--config",
                            platform.dir / "latchkey.yaml")
        assert done.returncode == 0, done.stderr
        self.link = done.stdout.strip()

    def choose_password(self):
        """The first visit without a browser."""
        visitor, path = Visitor(self.platform), urllib.parse.urlparse(self.link).path
        answer = visitor.post(path, {"password": self.password}, visitor.form_code(path))
        assert answer.status_code == 303, answer.text

    def welcome(self, browser):
        """The first visit, by the link that works once."""
        assert browser.go(self.link) == 200
        browser.fill("#password", self.password)
        browser.click("main button")
        browser.wait("h1")

    def sign_in(self, browser, url):
        browser.go(f"{url}/sign-in")
        browser.fill("#email", self.email)
        browser.fill("#password", self.password)
        browser.click("main button")
        browser.wait("text=Sign out")


@pytest.fixture(scope="session")
def platform():
    with Platform() as p:
        yield p


@pytest.fixture(scope="session")
def browser(platform):
    """Names under .example lead to the first edge, as they do for visitors."""
    first = platform.addresses(4)[0]
    rules = f"MAP *.example {first}, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE {first}"
    with Browser(rules) as b:
        yield b


@pytest.fixture(scope="session")
def partner(platform):
    return platform.tenant(name="Paula's partner", brand="Mono")


@pytest.fixture(scope="session")
def login(platform, partner):
    """Somebody of the partner who signs in without a browser."""
    petra = Person(platform, "petra@partner.example", "--partner", partner.partner["id"])
    petra.choose_password()
    return petra


@pytest.fixture(scope="session")
def person(platform, partner, browser):
    paula = Person(platform, "paula@partner.example", "--partner", partner.partner["id"])
    browser.visitor()
    paula.welcome(browser)
    return paula


@pytest.fixture
def visitor(platform, browser, person):
    """A fresh browser in which Paula is signed in; nothing it met may be complained about."""
    browser.visitor()
    person.sign_in(browser, platform.url)
    browser.complaints()
    yield browser
    assert browser.complaints() == []
