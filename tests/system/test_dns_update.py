# SPDX-License-Identifier: Apache-2.0
"""Signed updates (RFC 2136, RFC 8945) at Knot and at BIND, and what is told of those that fail."""
import concurrent.futures
import socket
import struct

import pytest
from dns_kit import Bind, Knot, stopped

ZONE = "proof.test"
NAME = f"0123.{ZONE}"


@pytest.fixture(scope="module", params=[Knot, Bind], ids=["Knot", "BIND"])
def server(request):
    with request.param("127.0.0.1@5370", {ZONE: []}) as started:
        yield started


def test_values_come_and_go_one_by_one(server):
    assert server.values(NAME) == []
    for value in ("one", "two", "two"):
        assert server.update("add", NAME, value) == "done"
    assert server.values(NAME) == ["one", "two"]
    for _ in range(2):
        assert server.update("delete", NAME, "one") == "done"
        assert server.values(NAME) == ["two"]
    assert server.update("delete", NAME, "two", key="long", algorithm="hmac-sha512") == "done"
    assert server.values(NAME) == []


def test_at_the_same_time(server):
    values = [f"value-{i}" for i in range(24)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda v: server.update("add", NAME, v), values)) == {"done"}
        assert server.values(NAME) == sorted(values)
        assert set(pool.map(lambda v: server.update("delete", NAME, v), values[1:])) == {"done"}
    assert server.values(NAME) == [values[0]]
    server.update("delete", NAME, values[0])


@pytest.mark.parametrize("change,said", [
    ({"secret": b"x" * 32}, "key latchkey: BADSIG: its secret for the key is another one"),
    ({"key": "nobody"}, "key nobody: BADKEY: it does not know the key"),
    ({"algorithm": "hmac-sha512"}, "key latchkey: BADKEY: it does not know the key, or not with this"),
    ({"off": 4000}, "key latchkey: BADTIME: the clocks of both machines are too far apart"),
    ({"off": -4000}, "key latchkey: BADTIME: the clocks of both machines are too far apart"),
    ({"zone": "elsewhere.test"}, "key latchkey: NOTAUTH: it is not a server of the zone"),
    ({"name": "a.elsewhere.test"}, "key latchkey: NOTZONE: the name is not in the zone"),
])
def test_refused(server, change, said):
    zone, name = change.get("zone", ZONE), change.get("name", NAME)
    more = {key: value for key, value in change.items() if key != "name"}
    text = server.update("add", name, "value", **more)
    head = f"dns_update: name server {server.place} did not change zone {zone} with "
    assert text.startswith(head + said), text
    assert server.values(NAME) == []


def test_key_without_rights(server):
    """BIND says REFUSED; Knot does not tell such a key from one it does not know."""
    text = server.update("add", NAME, "value", key="idle")
    said = {Knot: "BADKEY: it does not know the key",
            Bind: "REFUSED: it does not let the key change TXT records there; the operator has to "
                  "allow it at the server"}[type(server)]
    assert f"with key idle: {said}" in text
    assert server.values(NAME) == []


def answer_once(listening, answer):
    listening.settimeout(30)  # so that a test that fails ends
    connection, _ = listening.accept()
    with connection:
        asked = connection.recv(4096)  # with its length, in one piece
        connection.sendall(struct.pack("!H", 2 + len(answer)) + asked[2:4] + answer)
        connection.recv(1)


def test_an_answer_that_cannot_be_read():
    """Whether it was done nobody knows: that is the operator's to look at, and no fault of the owner's."""
    answer = struct.pack("!5H", 0xa800, 0, 0, 0, 1)  # a record is said to follow
    with socket.create_server(("127.0.0.1", 5371)) as listening, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        pool.submit(answer_once, listening, answer)
        text = Knot("127.0.0.1@5371", {ZONE: []}).update("add", NAME, "value")
    assert text.startswith("dns_update: name server 127.0.0.1@5371 did not say whether it changed zone "
                           f"{ZONE}: the answer cannot be read: "), text


def test_no_answer(server):
    with stopped(server):
        assert server.update("add", NAME, "late") == f"timeout: {server.place} did not answer in time"
    server.update("delete", NAME, "late")
    assert server.values(NAME) == []


CLOSED = "127.0.0.1@9"


def test_another_server_takes_it():
    """Whatever is wrong with the first: the zone, the key, the answer; or it does not answer."""
    garbage = struct.pack("!5H", 0xa800, 0, 0, 0, 1)
    with Bind("127.0.0.1@5372", {"elsewhere.test": []}) as other, Knot("127.0.0.1@5373", {ZONE: []}) as last, \
            socket.create_server(("127.0.0.1", 5371)) as listening, \
            concurrent.futures.ThreadPoolExecutor(1) as pool:
        other.key = last.key
        pool.submit(answer_once, listening, garbage)
        for value, at in (("closed", CLOSED), ("zone", other.place), ("garbage", "127.0.0.1@5371")):
            assert last.update("add", NAME, value, at=[at]) == "done"
        assert last.values(NAME) == ["closed", "garbage", "zone"]
        # what one has said is told, wherever it stands among those that are silent
        for at in ([CLOSED, other.place], [other.place, CLOSED]):
            text = last.update("add", NAME, "none", zone="third.test", at=at)
            assert f"name server {other.place} did not change zone third.test with key" in text, text
