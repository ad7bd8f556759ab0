# SPDX-License-Identifier: Apache-2.0
"""The edge with damaged records, a refused configuration, killed processes, and names without end."""
import os
import pathlib
import random
import signal
import socket
import ssl

import pytest

import edge_records as er
from edge_fixtures import CHECK_TOKEN, _settings, client_hello, edge, origin, sni_extension
from edge_kit import PRELOAD, Nginx, World, wait_for


# What goes wrong

def damage(octets, at, value):
    return octets[:at] + bytes([value]) + octets[at + 1:]


@pytest.mark.req("A16")
def test_damaged_records(edge):
    """Whatever stands in LMDB: no crash, no wrong certificate; the others are served."""
    world = edge.world
    rng = random.Random(7)
    workers = edge.workers()
    ident, records, _ = world.certificate_records(["damaged.example"])
    host = world.host_record("damaged.example", "site_9", certificate=ident)
    for _ in range(60):
        for kind, key, good in (("c", ident, records[1]), ("h", "damaged.example", host)):
            bad = damage(good, rng.randrange(len(good)), rng.randrange(256))
            world.raw(kind, key, bad if rng.random() < .7 else good[:rng.randrange(len(good))])
        try:
            edge.connect("damaged.example", verify=False).close()
        except (ssl.SSLError, ConnectionResetError):
            pass
        edge.plain("damaged.example")
    assert edge.serial("one.example") == world.leaves["one"].serial_number
    assert edge.workers() == workers


@pytest.mark.req("R44")
@pytest.mark.parametrize("owner,names", [("crt_other", ["swapped.example"])])
def test_key_sealed_for_another_certificate(edge, owner, names):
    ident, records, _ = edge.world.certificate_records(names, owner=owner)
    edge.world.put(*records, edge.world.host_record(names[0], "s", certificate=ident))
    with pytest.raises(ssl.SSLError):
        edge.connect(names[0])
    assert "could not open the key of certificate" in edge.log_text()


def test_missing_chain(edge):
    ident, records, _ = edge.world.certificate_records(["no-chain.example"])
    body = list(er.split(records[1]))[0][5]
    body = body[:3] + bytes(32) + body[35:]
    edge.world.put(er.record("c", ident, body, edge.world.next_rev()),
                   edge.world.host_record("no-chain.example", "s", certificate=ident))
    with pytest.raises(ssl.SSLError):
        edge.connect("no-chain.example")


def test_lmdb_comes_later(tmp_path, origin):
    world = World(tmp_path)
    nginx = Nginx(world, workers=2).start()
    try:
        assert nginx.plain("one.example").status == 503
        with pytest.raises(ssl.SSLError) as caught:
            nginx.connect("one.example")
        assert caught.value.reason == "TLSV1_ALERT_INTERNAL_ERROR"
        workers = nginx.workers()
        (tmp_path / "lmdb").mkdir()
        assert nginx.plain("one.example").status == 503
        world.put()  # an LMDB without any record
        assert nginx.plain("one.example").status == 404
        assert nginx.plain("one.example", f"/.well-known/host-check/{CHECK_TOKEN}").status == 503
        world.settings({"demo": origin.address})
        leaf = world.site("site_1", ["one.example"])
        for _ in range(6):
            assert nginx.plain("one.example").status == 200
            assert nginx.serial("one.example") == leaf.serial_number
        assert nginx.workers() == workers
    finally:
        nginx.stop()


@pytest.mark.parametrize("change,text", [
    ("keys-missing", "no key"), ("keys-mode", "readable by its owner only"),
    ("keys-size", "must hold 32 octets"), ("ssl-variable", "cannot go with variables"),
    ("no-listen-ssl", "needs a \"listen ... ssl\""),
])
def test_configuration_is_refused(tmp_path, change, text):
    world = World(tmp_path)
    key = world.keys / "edge-1"
    if change == "keys-missing":
        key.rename(world.keys / "other")
    elif change == "keys-mode":
        key.chmod(0o440)
    elif change == "keys-size":
        key.chmod(0o600)
        key.write_bytes(bytes(33))
    nginx = Nginx(world)
    conf = nginx.conf.read_text()
    if change == "ssl-variable":
        conf = conf.replace("ssl_reject_handshake on;",
                            "ssl_certificate $ssl_server_name; ssl_certificate_key $host;")
    elif change == "no-listen-ssl":
        conf = conf.replace("ssl_reject_handshake on;", "").replace(" ssl http2", "")
    nginx.conf.write_text(conf)
    code, output = nginx.test_config()
    assert code != 0 and text in output, output


# Crashes

@pytest.mark.req("R43")
def test_killed_worker_leaves_no_reader(edge):
    world = edge.world
    for _ in range(3):
        edge.serial("one.example")
        victim = edge.workers()[0]
        os.kill(victim, signal.SIGKILL)
        wait_for(lambda: victim not in edge.workers() and len(edge.workers()) == 2, 5, "worker")
        edge.plain("one.example")
    assert world.readers() <= 2
    for _ in range(20):  # pages are reused: no stale reader holds them
        world.site("site_1", ["churn.example"])
    assert edge.serial("one.example") == world.leaves["one"].serial_number


def test_killed_master(tmp_path, origin):
    world = World(tmp_path)
    world.settings({"demo": origin.address})
    leaf = world.site("site_1", ["one.example"])
    first = Nginx(world).start()
    conf = first.conf.read_text()
    workers = first.workers()
    os.kill(first.process.pid, signal.SIGKILL)
    first.process.wait()
    for pid in workers:  # they go on listening: whoever restarts nginx has to end them
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(pathlib.Path(f"/proc/{pid}/fd").exists() and
                             open(f"/proc/{pid}/stat").read().split()[2] != "Z"
                             for pid in workers), 5, "end of the orphans")
    second = Nginx(world, https_port=first.https)
    second.http = first.http
    second.conf.write_text(conf)
    second.start()
    try:
        assert second.serial("one.example") == leaf.serial_number
        assert world.readers() <= 2
    finally:
        second.stop()


def test_reload_keeps_serving(edge):
    old = edge.workers()
    edge.process.send_signal(signal.SIGHUP)
    wait_for(lambda: edge.workers() and not set(edge.workers()) & set(old), 10, "new workers")
    assert edge.serial("one.example") == edge.world.leaves["one"].serial_number
    assert edge.plain("one.example").status == 200


# Memory

def anonymous_kb(pid):
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(next(line for line in rollup.splitlines() if line.startswith("Anonymous:"))
               .split()[1])


def flood(nginx, names):
    for name in names:
        with socket.create_connection(("127.0.0.1", nginx.https), 5) as s:
            s.sendall(client_hello(sni_extension(name.encode())))
            assert s.recv(7)[0] == 0x15


measures_memory = pytest.mark.skipif(bool(PRELOAD), reason="a sanitizer keeps what is freed")


@measures_memory
@pytest.mark.req("A17")
def test_random_names_cost_no_memory(tmp_path, origin):
    world = World(tmp_path)
    world.settings({"demo": origin.address})
    world.site("site_1", ["one.example"])
    nginx = Nginx(world, workers=1).start()
    try:
        size = sum(f.stat().st_size for f in world.lmdb.iterdir())
        worker = nginx.workers()[0]
        flood(nginx, (f"r{i}.example" for i in range(1000)))
        before = anonymous_kb(worker)
        flood(nginx, (f"{random.getrandbits(64):x}.example" for _ in range(20000)))
        assert nginx.workers() == [worker]
        assert anonymous_kb(worker) - before < 512
        assert sum(f.stat().st_size for f in world.lmdb.iterdir()) == size
        assert nginx.tls("one.example").status == 200
    finally:
        nginx.stop()


@measures_memory
def test_cache_is_bounded_in_bytes(tmp_path, origin):
    world = World(tmp_path)
    world.settings({"demo": origin.address})
    leaves, records = {}, []
    for i in range(660):
        host = f"h{i}.example"
        ident, made, leaves[host] = world.certificate_records([host])
        records += made + [world.host_record(host, "site_1", certificate=ident)]
    world.put(*records)
    nginx = Nginx(world, workers=1, cache="300k").start()
    try:
        hosts = list(leaves)
        for host in hosts[:60]:
            assert nginx.serial(host) == leaves[host].serial_number
        before = anonymous_kb(nginx.workers()[0])
        for host in hosts[60:]:  # 5.6 MB if they were kept
            assert nginx.serial(host) == leaves[host].serial_number
        assert anonymous_kb(nginx.workers()[0]) - before < 1024
    finally:
        nginx.stop()
