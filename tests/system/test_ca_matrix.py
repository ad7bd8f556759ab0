# SPDX-License-Identifier: Apache-2.0
"""The table of docs/acme-clients.md: each client gets, renews and, where it can, revokes certificates of
`latchkey ca`, by the commands of that page. A row a client; all rows by `tests/system/ca-clients`."""
import concurrent.futures
import os
import shutil

import pytest

from clients_kit import BUILD_GO, Life, sections, table

pytestmark = [pytest.mark.req("R45"), pytest.mark.skipif(
    "LATCHKEY_NETNS" not in os.environ, reason="needs a network namespace")]

PROGRAMS = {"lego 4": "/usr/bin/lego", "lego 5": str(BUILD_GO / "lego"), "Caddy": "caddy",
            "mod_md": "/usr/sbin/apache2"}
PAGE = sections()
CLIENTS = [title for title in PAGE if title != "Before"]
ROWS = [(title, how) for title in CLIENTS for how in PAGE[title].ways()]
SHORT = [("certbot", "dns-01"), ("lego 4", "tls-alpn-01"), ("lego 5", "profiles"), ("uacme", "tls-alpn-01"),
         ("dehydrated", "EAB"), ("dehydrated", "http-01"), ("acme-tiny", "http-01"), ("Caddy", "tls-alpn-01"),
         ("mod_md", "dns-01")]
LONG = "LATCHKEY_LONG" in os.environ
WANTED = ROWS if LONG else SHORT
AT_ONCE = 6
STEPS = ("get", "renew", "revoke", "ARI")
COLUMNS = {"wildcard by dns-01": "dns-01"}  # where they are called otherwise than the way


def cells(title):
    """{column: cell} of the row whose first cell begins with the title of a section."""
    found, = [row for name, row in table().items() if name.startswith(title)]
    return {COLUMNS.get(column, column): cell for column, cell in found.items()}


def is_installed(title):
    return bool(shutil.which(PROGRAMS.get(title, title)))


@pytest.fixture(scope="module")
def lives(request, tmp_path_factory):
    """{row: the columns that were seen}, several at once."""
    place = tmp_path_factory.mktemp("clients")
    params = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    rows = [param["row"] for param in params if "row" in param and is_installed(param["row"][0])]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {row: pool.submit(Life(PAGE[row[0]], row[1], place / "-".join(row).replace(" ", "-")).run)
                   for row in rows}
        concurrent.futures.wait(futures.values())
    yield futures
    if LONG:
        show(futures)


def show(futures):
    """The table, with what was seen of it."""
    seen = {}
    for (title, _), future in futures.items():
        seen.setdefault(title, set()).update(() if future.exception() else future.result())
    for title in CLIENTS:
        print(f"\n\n{title}")
        for column, cell in cells(title).items():
            word = "seen" if column in seen.get(title, ()) else cell if cell != "yes" else "NOT SEEN"
            print(f"  {column:12} {word}")


@pytest.mark.parametrize("row", WANTED, ids=" ".join)
def test_a_whole_life(lives, row):
    title, how = row
    if not is_installed(title):
        pytest.skip(f"{title} is not installed")
    steps = {"get"} if how == "EAB" else {step for step in STEPS if cells(title)[step] == "yes"}
    assert lives[row].result() == steps | {how}


@pytest.mark.parametrize("title", CLIENTS)
def test_what_the_table_promises(title):
    """"yes" where there are commands, a reason where there are none."""
    section = PAGE[title]
    for column, cell in cells(title).items():
        if column in ("revoke", "http-01", "dns-01", "tls-alpn-01", "EAB", "profiles"):
            is_there = column in section.ways() or (column == "revoke" and section.revocation())
            assert (cell == "yes") == bool(is_there), column
        assert cell == "yes" or cell.startswith("no: "), column
    assert any(row[0] == title for row in SHORT)
