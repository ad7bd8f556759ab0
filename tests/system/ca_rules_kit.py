# SPDX-License-Identifier: Apache-2.0
"""The rules of the sandbox CA's validator as tables: a row is records in a real zone, what a real server
does, and what the CA then says. Each row has a name of its own below .test, "@" in its records, and an
address of its own, {v4}, where it needs a server that the others do not have."""
import base64
import contextlib
import dataclasses
import gzip
import hashlib
import socket
import struct
import threading

import pytest

from ca_client_kit import Client
from ca_fixtures import Knot, Responder, SandboxCa

DETAIL_MAX = 1024
BROKEN = "broken.test"  # a zone without a file: its server says SERVFAIL
AT_FIRST_HOST = ("@ A 127.0.0.1",)


@dataclasses.dataclass(frozen=True)
class Row:
    what: str
    expect: str = ""  # "type: detail"; "": control was shown. {used}: the last address that was tried
    records: tuple = AT_FIRST_HOST
    name: str = "@"
    answers: dict = dataclasses.field(default_factory=dict)  # path, or "": (status, headers, body)
    serve: object = None  # on {v4}: has start(attempt, address), stop()
    hosts: tuple = ()  # those of the validation record
    used: tuple = ()   # addresses of the validation record
    is_slow: bool = False


def digest_of(key_authorization):
    octets = hashlib.sha256(key_authorization.encode()).digest()
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def filled(text, words):
    for word, value in words.items():
        text = text.replace("{" + word + "}", str(value))
    return text


class Say:
    """A server that reads a request, says these octets ("{good}" is the key authorization), and then
    closes the connection, resets it, or waits. With `is_first` it does not wait for the request, with
    `pause` it says one octet after each such time."""

    def __init__(self, octets=b"", then="close", *, is_first=False, pause=0.0, port="http"):
        self.octets, self.then, self.is_first, self.pause = octets, then, is_first, pause
        self.port = port

    def start(self, attempt, address):
        octets = self.octets.replace(b"{good}", attempt.good.encode())
        return Listener(address, attempt.ports[self.port], lambda one: self._talk(one, octets))

    def _talk(self, connection, octets):
        if not self.is_first:
            connection.recv(65536)
        for part in ([octets] if not self.pause else [octets[i:i + 1] for i in range(len(octets))]):
            connection.sendall(part)
            if self.pause:
                threading.Event().wait(self.pause)
        if self.then == "wait":
            connection.recv(65536)
            connection.recv(65536)
        if self.then == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(1)
                while connection.recv(65536):
                    pass


class Gzip(Say):
    """The key authorization as gzip has it, for whoever takes that."""

    def start(self, attempt, address):
        good = attempt.good.encode()

        def talk(connection):
            is_taken = b"accept-encoding: gzip" in connection.recv(65536).lower()
            head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" if is_taken else b""
            connection.sendall(head + gzip.compress(good))

        return Listener(address, attempt.ports["http"], talk)


class At:
    """A server at another address than the row's own."""

    def __init__(self, address, server):
        self.address, self.server = address, server

    def start(self, attempt, _):
        return self.server.start(attempt, self.address)


class Listener:
    """Talks with each that connects, in a thread."""

    def __init__(self, address, port, talk):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.create_server((address, port), family=family, backlog=64)
        self.talk, self.open = talk, []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                self.open.append(connection)
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection):
        with contextlib.suppress(OSError):
            self.talk(connection)
        connection.close()

    def stop(self):
        for one in (self.socket, *self.open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # closing alone would leave accept() waiting
        self.socket.close()


class Full:
    """A server whose queue is full: what is sent to it is lost, as behind a firewall."""

    def __init__(self, port="http"):
        self.port = port

    def start(self, attempt, address):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.sockets = [socket.create_server((address, attempt.ports[self.port]), family=family,
                                             backlog=0)]
        for _ in range(4):
            filler = socket.socket(family)
            filler.setblocking(False)
            filler.connect_ex((address, attempt.ports[self.port]))
            self.sockets.append(filler)
        return self

    def stop(self):
        for one in self.sockets:
            one.close()


class Attempt:
    """A row on its way through the CA."""

    def __init__(self, world, number, row, kind):
        self.world, self.row, self.kind = world, row, kind
        self.ports = {"http": world.ca.http_port, "https": world.ca.https_port}
        self.identifier = row.name.replace("@", own_name(number))
        self.name = self.identifier.removeprefix("*.")
        self.v4 = own_address(number)
        self.client = Client(world.ca)  # of its own: an open order for the name would come back
        self.client.register()
        self.order = self.client.order(self.identifier)
        assert self.order.status == 201, self.order.json
        self.url = self.order.json["authorizations"][0]
        self.challenge = self.client.challenge(self.url, kind)
        self.good = f"{self.challenge['token']}.{self.client.key.thumbprint}"
        self.path = "/.well-known/acme-challenge/" + self.challenge["token"]
        digest = digest_of(self.good)
        self.words = {"name": self.name, "NAME": self.name.upper(), "v4": self.v4, "good": self.good, "path": self.path,
                      "token": self.challenge["token"], "digest": digest,
                      "DIGEST": digest.upper(), "head": digest[:20], "tail": digest[20:],
                      "url": f"http://{self.name}{self.path}", "own": own_name(number),
                      "hex": hashlib.sha256(self.good.encode()).hexdigest(), **self.ports}
        self._answer()
        self.server = row.serve.start(self, self.v4) if row.serve else None

    def fill(self, text):
        return filled(text, self.words)

    def _answer(self):
        for path, (status, headers, body) in self.row.answers.items():
            where = self.fill(path) or self.path
            if isinstance(body, str):
                body = self.fill(body).encode()
            headers = {key: self.fill(value) for key, value in headers.items()}
            for server in self.world.responders:
                server.answers[where] = (status, headers, body)
        if "" not in self.row.answers and self.kind == "http-01":
            for server in self.world.responders:
                server.answers[self.path] = (200, {}, self.good.encode())

    def begin(self):
        self.client.post(self.challenge["url"], {})
        return self

    def outcome(self):
        """("" or "type: detail", the validation record)"""
        self.client.poll(self.order.headers["Location"], ["pending"], 60)
        if self.server:
            self.server.stop()
        challenge, = self.client.post(self.url).json["challenges"]
        error = challenge.get("error")
        said = f"{error['type'].rsplit(':', 1)[1]}: {error['detail']}" if error else ""
        return said, challenge.get("validationRecord", [])

    def check(self):
        said, record = self.outcome()
        self.words["used"] = record[-1].get("addressUsed") if record else ""
        expected = self.fill(self.row.expect)[:DETAIL_MAX + len(said.split(" ")[0])]
        assert said == expected, (said, expected)
        if self.row.hosts:
            assert [hop["hostname"] for hop in record] == [
                self.fill(host).replace("@", self.words["own"]) for host in self.row.hosts]
        if self.row.used:
            assert [hop["addressUsed"] for hop in record] == [
                self.fill(one) for one in self.row.used]


def own_name(number):
    return f"row{number}.test"


def own_address(number):
    return f"127.1.{number // 200}.{number % 200 + 1}"


def zone_lines(number, row):
    lines = [line.replace("{v4}", own_address(number)) for line in row.records]
    return [line.replace("@", own_name(number) + ".") for line in lines]


class World:
    """Knot with the records of all rows, the CA, and servers that answer on 127.0.0.1 and ::1; the
    rows that take long are begun at once."""

    def __init__(self, folder, rows, kind, *, records=(), zones=None):
        lines = [line for number, row in enumerate(rows) for line in zone_lines(number, row)]
        self.knot = Knot(folder / "knot", [*records, *lines], zones={BROKEN: None, **(zones or {})})
        self.ca = SandboxCa(folder / "ca", self.knot.port).start()
        self.responders = [Responder(self.ca.http_port), Responder(self.ca.http_port, "::1")]
        self.rows, self.kind = rows, kind
        self.slow = {number: self.attempt(number).begin()
                     for number, row in enumerate(rows) if row.is_slow}

    def attempt(self, number):
        return Attempt(self, number, self.rows[number], self.kind)

    def check(self, number):
        (self.slow.get(number) or self.attempt(number).begin()).check()

    def stop(self):
        for server in (*self.responders, self.ca, self.knot):
            server.stop()


def world_of(rows, kind):
    """The fixture of a module whose rows are all shown in one world."""
    @pytest.fixture(scope="module")
    def world(tmp_path_factory):
        world = World(tmp_path_factory.mktemp("rules"), rows, kind)
        yield world
        world.stop()
    return world


def ids_of_names(names):
    """No two rows are about the same."""
    assert len(set(names)) == len(names), [name for name in names if names.count(name) > 1]
    return names


def ids_of(rows):
    return ids_of_names([row.what for row in rows])
