# SPDX-License-Identifier: Apache-2.0
"""That bench/orders, bench/issuance and bench/check go with the code as it is: their numbers are made by hand, and
seldom."""
import json
import os
import sqlite3
import subprocess
import sys
import types

import pytest
from edge_kit import ROOT, free_port
from pebble_kit import Pebble

sys.path.append(str(ROOT / "bench" / "issuance"))
# pylint: disable=wrong-import-position
import ours
from meter import Meter

NAMES = 20


@pytest.mark.req("R9")
def test_names_that_are_secured_without_an_order(tmp_path):
    ca = {"id": "idle", "name": "Idle", "kind": "private", "is_default": True,
          "directory": "https://127.0.0.1:9/dir"}
    keeper = ours.Keeper(tmp_path, ca, 2)
    subprocess.run([ours.ISSUER, keeper.config, "idle", "idle", str(NAMES)], check=True)
    with sqlite3.connect(tmp_path / "latchkey.db") as db:
        assert db.execute("SELECT state, ca, COUNT(*) FROM certificate GROUP BY state, ca"
                          ).fetchall() == [("live", "idle", NAMES)]


@pytest.mark.req("R22")
def test_certificates_by_the_workers_own_way(tmp_path):
    port = free_port()
    pebble = Pebble(tmp_path / "pebble", port).start()
    try:
        issuer = ours.Issuer(types.SimpleNamespace(pebble=pebble, http_port=port),
                             tmp_path / "client", 2)
        issuer.warm_up = 2
        issuer.prepare()
        with Meter(60) as meter:
            assert issuer.run(meter, NAMES)[0] == NAMES
        assert issuer.requests["newOrder"] == NAMES
    finally:
        pebble.stop()


@pytest.mark.req("R49")
def test_checks_beside_a_script(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "LATCHKEY_NETNS"}
    subprocess.run([ROOT / "bench" / "check" / "run", "--domains", "3", "--count", "40", "--at-once", "4",
                    "--peer", "2", "--json", tmp_path / "results"], check=True, env=environment)
    results = json.loads((tmp_path / "results").read_text())
    assert set(results) == {"peer", "recursion, 4 at once", "forwarder, 4 at once"}
    for way, result in results.items():
        assert way == "peer" or (result["not_ready"] == 0 and 0 < result["p50_ms"] < 150
                                 and len(result["kib"]) == 10 and min(result["kib"]) > 0), results


@pytest.mark.req("R22")
def test_orders_stage_by_stage(tmp_path):
    subprocess.run([ROOT / "bench" / "orders" / "run", "--orders", "6", "--at-once", "1,3", "--warm-up", "2",
                    "--json", tmp_path / "results"], check=True)
    results = json.loads((tmp_path / "results").read_text())
    assert [(run["orders"], run["at_once"]) for run in results["runs"]] == [(6, 1), (6, 3)]
    for run in results["runs"]:
        total = run["stages"].pop("total")
        assert len(run["stages"]) == 7 and all(
            0 <= stage["p50"] <= stage["p95"] <= total["p95"] for stage in run["stages"].values()), run
        assert all(used["memory_kib"] > 0 for used in run["processes"].values())
        assert {"worker", "signer", "web", "edge-1", "edge-1-agent", "edge-2", "ca"} <= set(run["processes"])
        assert run["processes"]["worker"]["cpu_ms_per_order"] > 0
    assert results["peers"]["handshake"] > 0
