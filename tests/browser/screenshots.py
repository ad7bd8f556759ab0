#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the pages for the documentation, from the real platform.

usage: tests/system/in-namespace tests/browser/screenshots.py FOLDER

Needs what the tests of tests/browser need; LATCHKEY_BUILD says which build. Palettes are made small
with pngquant where it is there.
"""
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]

from browser import Browser  # noqa: E402
from conftest import Person  # noqa: E402
from platform_kit import Platform, wait_for  # noqa: E402

DESK, PHONE = {"width": 1180, "height": 760}, {"width": 390, "height": 844}


def seed(platform):
    """A partner's account with a domain in each state; returns (api, paths by name)."""
    api = platform.tenant(name="Blue Sky Hosting", brand="Blue Sky")
    platform.ordered(api, "bakery.example")
    platform.ordered(api, "florist.example")
    platform.zone("garage.example", platform.right_records(www=None))
    garage = platform.domain(api, "garage.example")
    platform.order(api, garage)
    platform.zone("tailor.example", [])
    tailor = platform.domain(api, "tailor.example")
    platform.order(api, tailor)
    site, live, _ = platform.ordered(api, "xn--mnchen-3ya.example")
    fresh = platform.domain(api, "winery.example")
    for domain in (garage, tailor):
        wait_for(lambda d=domain: platform.status(api, d)["badge"]["code"] == "action_needed")
    account = f"/accounts/{api.account['id']}"
    return api, {"subscriptions": account, "wizard": f"{account}/ssl/new?domain_id={fresh['id']}",
                 "action-needed": f"/domains/{tailor['id']}", "live": f"/domains/{live['id']}",
                 "site": f"/sites/{site['id']}/settings", "www": f"/domains/{garage['id']}"}


def shrink(path):
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--strip", "--output", path, path],
                       check=False)


def take(browser, url, path, view, dark=False):
    browser.view({**view, "dark": dark})
    browser.go(url)
    browser.screenshot(str(path), True)
    shrink(path)


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with Platform() as platform, Browser() as browser:
        api, paths = seed(platform)
        person = Person(platform, "ann@bluesky.example", "--partner", api.partner["id"],
                        name="Ann Partner")
        person.choose_password()
        browser.visitor()
        take(browser, platform.url + "/sign-in", folder / "sign-in.png", DESK)
        person.sign_in(browser, platform.url)
        for name, path in paths.items():
            take(browser, platform.url + path, folder / f"{name}.png", DESK)
            take(browser, platform.url + path, folder / f"{name}-phone.png", PHONE, dark=True)
            take(browser, platform.url + path, folder / f"{name}-dark.png", DESK, dark=True)
            take(browser, platform.url + path, folder / f"{name}-phone-light.png", PHONE)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
