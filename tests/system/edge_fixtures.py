# SPDX-License-Identifier: Apache-2.0
"""An edge with two sites, for `from edge_fixtures import ...`; _settings with it, which puts back what a
test has done to the settings."""
import os
import ssl
import struct

import pytest

from edge_kit import Nginx, Origin, World

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
CHECK_TOKEN = "abcdefghijklmnopqrstuv"


@pytest.fixture(scope="module")
def origin():
    server = Origin()
    yield server
    server.close()


@pytest.fixture(scope="module")
def edge(tmp_path_factory, origin):
    """Site one: one.example and www, site two: two.example; nothing is redirected."""
    world = World(tmp_path_factory.mktemp("edge"))
    world.settings({"demo": origin.address})
    world.leaves = {"one": world.site("site_1", ["one.example", "www.one.example"]),
                    "two": world.site("site_2", ["two.example"])}
    nginx = Nginx(world).start()
    yield nginx
    nginx.stop()
    text = nginx.log_text()
    assert "ERROR: AddressSanitizer" not in text
    assert "stale global SSL error" not in text
    bad = [line for line in text.splitlines()
           if any(level in line for level in ("[crit]", "[emerg]", "[alert]"))
           and "exited on signal 9" not in line]
    assert not bad, bad


def alert_of(nginx, sni, **kind):
    with pytest.raises(ssl.SSLError) as caught:
        nginx.connect(sni, verify=False, **kind).close()
    return caught.value.reason


def client_hello(extension):
    """A TLS 1.2 ClientHello with this server_name extension."""
    extensions = struct.pack(">HH", 0, len(extension)) + extension
    extensions += bytes.fromhex("000a00060004001d0017" "000b00020100" "000d000400020403")
    body = b"\3\3" + os.urandom(32) + b"\0" + bytes.fromhex("0002c02b0100")
    body += struct.pack(">H", len(extensions)) + extensions
    hello = b"\1" + len(body).to_bytes(3, "big") + body
    return b"\x16\3\1" + struct.pack(">H", len(hello)) + hello


def sni_extension(*names):
    entries = b"".join(b"\0" + struct.pack(">H", len(n)) + n for n in names)
    return struct.pack(">H", len(entries)) + entries


@pytest.fixture(autouse=True)
def _settings(edge, origin):
    """Whatever a test has done to the settings."""
    yield
    edge.world.settings({"demo": origin.address})
