# SPDX-License-Identifier: Apache-2.0
"""latchkey signer as a process: who may ask, what it gives up, restarts, what it refuses."""
import base64
import json
import os
import pathlib
import signal
import socket
import stat
import subprocess
import time

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BUILD = pathlib.Path(os.environ.get(
    "LATCHKEY_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
PROGRAM = BUILD / "src/bin/latchkey"
# LeakSanitizer cannot look into a process that refuses to be traced, and would fail it for that.
ENVIRONMENT = os.environ | {"ASAN_OPTIONS": "detect_leaks=0"}
HEADER = b'{"alg":"ES256","url":"https://ca.example/x","nonce":"n","kid":"k"}'
MAKE_KEY = {"op": "make_key", "owner": "caa_01jd0000000000000000000000"}


class Signer:
    """A folder with keys, and processes that answer in it."""

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "latchkey.yaml"
        self.config.write_text("ca:\n- {id: a, name: A, directory: 'https://ca.example/dir'}\n")
        self.keys = folder / "keys"
        self.socket = folder / "s.sock"
        self.log = folder / "log"
        self.process = None

    def run(self, *words):
        return subprocess.run([PROGRAM, "signer", *words, "--config", self.config],
                              capture_output=True, text=True, timeout=20, env=ENVIRONMENT)

    def start(self, *words, fds=()):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "signer", *words, "--config", self.config], stderr=log, stdout=log,
                pass_fds=fds, env=ENVIRONMENT)
        return self.process

    def listen(self):
        self.start("--socket", self.socket)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                return self.connect()
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)
        raise AssertionError(self.log.read_text())

    def connect(self):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(10)
        connection.connect(str(self.socket))
        return connection

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(10)


def ask(connection, number=1, **fields):
    connection.send(json.dumps({"id": number, **fields}).encode())
    while True:
        reply = json.loads(connection.recv(1 << 17))
        if reply["id"] == number:
            return reply


def encode(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def signer(tmp_path):
    made = Signer(tmp_path)
    assert made.run("init").returncode == 0
    yield made
    if made.process and made.process.poll() is None:
        made.stop(signal.SIGKILL)


@pytest.mark.req("R44")
def test_first_keys_are_for_the_owner_alone(signer):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in signer.keys.iterdir()}
    assert modes == {"edge-1": 0o400, "signer-1": 0o400, "feed-default-1": 0o400}
    assert stat.S_IMODE(signer.keys.stat().st_mode) == 0o700
    before = {path.name: path.read_bytes() for path in signer.keys.iterdir()}
    assert signer.run("init").returncode == 0
    assert before == {path.name: path.read_bytes() for path in signer.keys.iterdir()}
    assert len(set(before.values())) == 3


@pytest.mark.req("R21")
def test_answers_at_its_path_and_leaves_nothing_behind(signer):
    connection = signer.listen()
    assert stat.S_IMODE(signer.socket.stat().st_mode) == 0o600
    reply = ask(connection, **MAKE_KEY)
    assert reply["ok"] and set(reply) == {"id", "ok", "type", "sealed", "spki"}
    assert signer.stop() == 0
    assert not signer.socket.exists()


@pytest.mark.req("R44")
def test_killed_and_started_again(signer):
    signer.listen().close()
    signer.stop(signal.SIGKILL)
    assert signer.socket.exists()
    reply = ask(signer.listen(), **MAKE_KEY)
    assert reply["ok"]


@pytest.mark.req("R44")
def test_killed_and_replaced_on_the_same_descriptor(signer):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(10)
    account = None
    for number in range(1, 4):
        ours.send(json.dumps({"id": 1000 + number, **MAKE_KEY}).encode())  # nobody is there yet
        signer.start("--fd", str(theirs.fileno()), fds=[theirs.fileno()])
        reply = ask(ours, number, **MAKE_KEY)
        assert reply["ok"]
        account = account or reply["sealed"]
        jwk = ask(ours, number + 100, op="public_jwk", owner=MAKE_KEY["owner"], sealed=account)
        assert jwk["ok"], jwk
        signer.stop(signal.SIGKILL)


@pytest.mark.req("R44")
def test_ends_when_nobody_is_left_to_ask(signer):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = signer.start("--fd", str(theirs.fileno()), fds=[theirs.fileno()])
    theirs.close()
    assert ask(ours, **MAKE_KEY)["ok"]
    ours.close()
    assert process.wait(10) == 0


@pytest.mark.req("R50")
def test_gives_up_what_it_does_not_need(signer):
    signer.listen()
    folder = pathlib.Path("/proc") / str(signer.process.pid)
    status = dict(line.split(":\t", 1) for line in (folder / "status").read_text().splitlines()
                  if ":\t" in line)
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    limits = (folder / "limits").read_text()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]
    assert signer.stop(signal.SIGABRT) == -signal.SIGABRT
    assert not list(signer.folder.glob("core*"))


@pytest.mark.req("R50")
def test_log_holds_no_secret(signer):
    connection = signer.listen()
    sealed = ask(connection, **MAKE_KEY)["sealed"]
    connection.send(b"{\"id\":1,\"op\":\"" + sealed.encode() + b"\"}")
    connection.recv(1 << 17)
    assert signer.stop() == 0
    text = signer.log.read_text()
    assert "signer.ready" in text and sealed not in text
    for path in signer.keys.iterdir():
        assert path.read_bytes().hex() not in text


@pytest.mark.req("R44")
def test_a_second_one_at_the_same_path_is_refused(signer):
    connection = signer.listen()
    second = signer.run("--socket", str(signer.socket))
    assert second.returncode == 2
    assert f"another signer answers at {signer.socket}" in second.stderr
    assert ask(connection, **MAKE_KEY)["ok"]


@pytest.mark.req("R44")
@pytest.mark.parametrize("spoil, text", [
    (lambda keys: (keys / "edge-1").chmod(0o440), "edge-1 has mode 0440, 0400 is needed"),
    (lambda keys: keys.chmod(0o755), "keys has mode 0755, others may enter it"),
    (lambda keys: (keys / "signer-1").unlink(), "keys has no signer key"),
    (lambda keys: (keys / "notes").touch(0o400), "notes has 0 octets, 32 are needed"),
])
def test_keys_that_are_not_as_they_should_be(signer, spoil, text):
    spoil(signer.keys)
    result = signer.run("--socket", str(signer.socket))
    assert result.returncode == 2
    assert text in result.stderr


def test_wrong_usage(signer):
    assert signer.run("export").returncode == 64
    assert signer.run("--fd", "x").returncode == 64
    assert signer.run("--fd", "3", "--socket", "x").returncode == 64
    result = signer.run("--fd", "0")
    assert result.returncode == 2
    assert "descriptor 0" in result.stderr


def memory_of(pid):
    """All that the process has in memory and may write."""
    found = []
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, modes = line.split()[:2]
        if not modes.startswith("rw"):
            continue
        start, end = (int(part, 16) for part in span.split("-"))
        if end - start > 1 << 30:
            pytest.skip("the shadow memory of a sanitizer is too large to be searched")
        with open(f"/proc/{pid}/mem", "rb") as memory:
            memory.seek(start)
            found.append(memory.read(end - start))
    return b"".join(found)


@pytest.mark.req("R50")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the signer")
def test_no_account_or_certificate_key_stays_in_memory(signer):
    connection = signer.listen()
    sealing = {"account-key": (signer.keys / "signer-1").read_bytes(),
               "certificate-key": (signer.keys / "edge-1").read_bytes()}
    secrets = []
    for number in range(1, 8):
        kind = "account-key" if number % 2 else "certificate-key"
        owner = f"x_{number}"
        if kind == "account-key":
            sealed = ask(connection, number, op="make_key", owner=owner)["sealed"]
            used = ask(connection, number, op="jws", owner=owner, sealed=sealed,
                       payload=encode(b"{}"), protected=encode(HEADER))
        else:
            used = ask(connection, number, op="csr", owner=owner, names=["a.example"])
            sealed = used["sealed"]
        assert used["ok"], used
        assert ask(connection, number, op="reseal", kind=kind, owner=owner, sealed=sealed)["ok"]
        blob = decode(sealed)
        secrets.append(AESGCM(sealing[kind]).decrypt(
            blob[2:14], blob[14:], f"latchkey-seal-1|{kind}|{owner}|1".encode()))
    memory = memory_of(signer.process.pid)
    assert memory.count(sealing["account-key"]) == 1  # so that the search is known to find
    for secret in secrets:
        assert len(secret) == 32
        text = encode(secret).encode()
        found = [(form, at) for form, octets in
                 {"raw": secret, "reversed": secret[::-1], "base64url": text}.items()
                 for at in range(0, len(octets) - 11, 4)  # a part alone would be bad enough
                 if octets[at:at + 12] in memory]
        assert not found
