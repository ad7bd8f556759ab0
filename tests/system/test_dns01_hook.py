# SPDX-License-Identifier: Apache-2.0
"""Validation by DNS through a program of the operator's, called as lego's and as acme.sh's are."""
import json
import re

import pytest
from dns_kit import dig, not_put, platform_events
from platform_kit import Platform, wait_for

HOOK = """#!/usr/bin/python3
import os, pathlib, re, sys
zone = pathlib.Path(os.environ["ZONE_FILE"])
with open(os.environ["CALLS"], "a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
op, name, value = sys.argv[1:]
line = f'{name.rstrip(".")}. 1 IN TXT "{value}"\\n'
text = zone.read_text().replace(line, "")
if op in ("present", "add"):
    text += line
text = re.sub(r"hostmaster.invalid. (\\d+)", lambda m: f"hostmaster.invalid. {int(m[1]) + 1}", text)
part = zone.with_suffix(".part")
part.write_text(text)
part.rename(zone)
"""


@pytest.mark.req("R42", "A18")
def test_by_a_program_of_the_operators():
    """As lego's and as acme.sh's are called; each name is delegated to one of the two zones."""
    platform = Platform()
    path = platform.dir / "latchkey.yaml"
    config = json.loads(path.read_text())
    hook, calls = platform.dir / "hook", platform.dir / "calls"
    ways = {"lego.example": "lego", "acme.example": "acme.sh"}
    config["dns"]["update"] = [
        {"zone": zone, "via": via, "hook": "hook", "wait_s": 20,
         "hook_env": [f"ZONE_FILE={platform.dir}/dns/zones/{zone}.zone", f"CALLS={calls}"]}
        for zone, via in ways.items()]
    path.write_text(json.dumps(config))
    hook.write_text(HOOK)
    hook.chmod(0o700)
    with platform:
        partner = platform.tenant()
        for zone in ways:
            platform.zone(zone, ["ns 1 IN A 127.0.0.1"], ns=f"ns.{zone}.")
        for zone, via in ways.items():
            domain = platform.domain(partner, f"*.by-{via[:4]}.example")
            told, = partner.get(f"/v1/domains/{domain['id']}")["delegations"]
            label = told["value"].partition(".")[0]
            assert told["value"] == f"{label}.lego.example", "the first zone is offered"
            platform.zone(domain["name"][2:], [
                *platform.right_records(), f"_acme-challenge 1 IN CNAME {label}.{zone}."])
            platform.order(partner, domain)
            platform.wait_live(partner, domain)
            wait_for(lambda: dig(f"127.0.0.1@{platform.dns_port}", f"{label}.{zone}", "TXT") == "")
            lines = [line for line in calls.read_text().splitlines() if label in line]
            dot = "." if via == "lego" else ""
            put, drop = ("present", "cleanup") if via == "lego" else ("add", "rm")
            pattern = rf"({put}|{drop}) {label}\.{re.escape(zone)}{re.escape(dot)} [\w-]{{43}}"
            assert all(re.fullmatch(pattern, line) for line in lines), lines
            assert sorted(line.split()[0] for line in lines) == sorted([put, put, drop, drop])

        hook.write_text("#!/bin/sh\necho no such zone >&2\nexit 7\n")
        domain = platform.domain(partner, "*.fails.example")
        label = partner.get(f"/v1/domains/{domain['id']}")["delegations"][0]["value"]
        platform.zone("fails.example", [*platform.right_records(),
                                        f"_acme-challenge 1 IN CNAME {label}."])
        platform.order(partner, domain)
        wait_for(lambda: platform.status(partner, domain)["issuance"]["error"])
        assert platform.status(partner, domain)["issuance"]["error"]["text"] == not_put("lego.example")
        said = f"zone lego.example could not be changed: {hook} ended with status 7: no such zone"
        event, = platform_events(platform, "dns.update_failed")
        assert event["text"] == said and event["subject_id"] == "lego.example"
        assert "no such zone" not in json.dumps(partner.get("/v1/events?limit=200"))
        assert "no such zone" not in platform.log("worker")
        hook.write_text(HOOK)
        platform.wait_live(partner, domain)
