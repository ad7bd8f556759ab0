# SPDX-License-Identifier: Apache-2.0
"""`latchkey ca log`: some of what the sandbox CA has done."""
import contextlib
import sqlite3
import subprocess

import pytest

from ca_fixtures import SandboxCa, ca, client, knot, responder, serial_of  # noqa: F401

pytestmark = pytest.mark.req("R45")

PAGE = 10000  # CA_JOURNAL_LIMIT


def test_text(client):  # noqa: F811
    """In names, serials and reasons; with other conditions."""
    _, pem, _ = client.issue("needle.example")
    client.issue("other.example")
    log = client.ca.journal
    assert {entry["kind"] for entry in log("needle.example")} == {
        "order.created", "order.finalized", "challenge.started", "challenge.valid",
        "certificate.issued"}
    assert all("needle.example" in entry["detail"] for entry in log("needle.example"))
    assert [entry["kind"] for entry in log(serial_of(pem))] == ["certificate.issued"]
    assert [entry["kind"] for entry in log("--kind", "order.created", "eedle.exam")] == [
        "order.created"]
    assert log("NEEDLE.example") == log("needle.example%") == log("no such text") == []
    account = client.kid.rsplit("/", 1)[1]
    assert log("needle", "--account", account) == log("needle")
    assert log("needle", "--account", str(int(account) + 1)) == []


def test_the_last(client):  # noqa: F811
    client.issue("first.example")
    client.issue("second.example")
    log = client.ca.journal
    everything = log()
    assert log("--limit", "3") == everything[-3:]
    assert log("--limit", "1", "first.example") == [
        entry for entry in everything if "first.example" in entry["detail"]][-1:]
    account = client.kid.rsplit("/", 1)[1]
    assert log("--limit", "2", "--account", account) == log("--account", account)[-2:]
    assert log("--limit", "2", "--after", str(everything[-2]["id"])) == everything[-1:]
    assert log("--limit", str(PAGE)) == everything


@pytest.mark.parametrize("words,text", [
    (["--limit", "0"], "--limit 0: not a number from 1 to 10000"),
    (["--limit", str(PAGE + 1)], "--limit 10001: not a number from 1 to 10000"),
    (["one", "two"], 'unexpected argument "two"')])
def test_what_is_refused(ca, words, text):  # noqa: F811
    done = subprocess.run(ca.command("log", *words), capture_output=True, text=True, timeout=20,
                          check=False)
    assert done.returncode == 64 and text in done.stderr


@pytest.mark.parametrize("count", [PAGE - 1, PAGE, PAGE + 1])
def test_more_than_a_page(tmp_path, knot, count):  # noqa: F811
    """All of it is printed, page by page."""
    own = SandboxCa(tmp_path / "ca", knot.port).start()
    own.stop()
    with contextlib.closing(sqlite3.connect(own.folder / "ca" / "ca.db")) as db, db:
        db.execute("DELETE FROM journal")
        db.executemany("INSERT INTO journal (id, at, kind, subject, detail) VALUES"
                       " (?, 1800000000000, 'order.created', '1', '')",
                       [(i + 1,) for i in range(count)])
    assert [entry["id"] for entry in own.journal()] == list(range(1, count + 1))
    assert [entry["id"] for entry in own.journal("--limit", "10000")] == list(
        range(max(1, count - PAGE + 1), count + 1))
