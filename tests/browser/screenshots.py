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
# file: page as seed() calls it, window, whether it is dark
PICTURES = {
    "overview": ("overview", DESK, False),
    "live": ("live", DESK, False),
    "wizard": ("wizard", DESK, False),
    "action-needed": ("action-needed", DESK, False),
    "phone": ("www", PHONE, True),
}
SIZE_MAX = 150_000


def seed(platform):
    """A partner's account with a domain in each state; returns (api, paths by name)."""
    api = platform.tenant(name="Blue Sky Hosting", brand="Blue Sky")
    _, live, _ = platform.ordered(api, "bakery.example")
    platform.ordered(api, "florist.example")
    platform.zone("garage.example", platform.right_records(www=None))
    garage = platform.domain(api, "garage.example")
    platform.order(api, garage)
    platform.zone("tailor.example", [])
    tailor = platform.domain(api, "tailor.example")
    platform.order(api, tailor)
    fresh = platform.domain(api, "winery.example")
    for domain in (garage, tailor):
        wait_for(lambda d=domain: platform.status(api, d)["badge"]["code"] == "action_needed")
    account = f"/accounts/{api.account['id']}"
    return api, {"overview": "/", "wizard": f"{account}/ssl/new?domain_id={fresh['id']}",
                 "action-needed": f"/domains/{tailor['id']}", "live": f"/domains/{live['id']}",
                 "www": f"/domains/{garage['id']}"}


def shrink(path):
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--strip", "--output", path, path],
                       check=False)


def take(browser, url, path, view, dark):
    browser.view({**view, "dark": dark})
    browser.go(url)
    browser.screenshot(str(path), True)
    shrink(path)
    if path.stat().st_size > SIZE_MAX:
        sys.exit(f"{path}: {path.stat().st_size} octets, more than {SIZE_MAX}")


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    with Platform() as platform, Browser() as browser:
        api, paths = seed(platform)
        person = Person(platform, "ann@bluesky.example", "--partner", api.partner["id"],
                        name="Ann Partner")
        person.choose_password()
        browser.visitor()
        person.sign_in(browser, platform.url)
        for name, (page, view, dark) in PICTURES.items():
            take(browser, platform.url + paths[page], folder / f"{name}.png", view, dark)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
