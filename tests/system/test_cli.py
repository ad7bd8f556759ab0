# SPDX-License-Identifier: Apache-2.0
"""The commands that people and their scripts use: order, status, token, migrate."""
import json
import re
import shutil
import subprocess

import pytest

from platform_kit import LATCHKEY, Platform, wait_for
from web_kit import Client, Web


@pytest.fixture(scope="module")
def platform():
    with Platform() as p:
        yield p


@pytest.fixture(scope="module")
def partner(platform):
    return platform.tenant()


@pytest.mark.asan
@pytest.mark.req("A1")
def test_order_wait(platform, partner):
    platform.zone("typed.example", platform.right_records())
    done = platform.run("order", "Typed.Example", "--wait", "--timeout", "30", "--account",
                        partner.account["id"], api=partner)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "typed.example: Test certificate\n" in done.stdout
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  \S", done.stdout, re.M)
    assert "  CDN locations  2/2\n" in done.stdout and "Records to set" not in done.stdout
    again = platform.run("order", "typed.example", api=partner)
    assert again.returncode == 1 and again.stderr.startswith("latchkey: "), again
    shown = platform.run("status", "typed.example", api=partner)
    assert shown.returncode == 0 and "Timeline\n" in shown.stdout
    assert len(re.findall(r"was ordered for typed.example", shown.stdout)) == 1


def printed(platform, start):
    """The line of what `latchkey run` has printed that begins so."""
    return re.search(rf"^ +({re.escape(start)}.*)$", platform.log("output"), re.M)[1]


def test_lines_that_run_prints(platform):
    """Pasted into a shell as they are, they open the API to the commands, and show the demo's site."""
    ask = f"{printed(platform, 'export LATCHKEY_URL=')}; {LATCHKEY} status demo.example"
    for line in (ask, printed(platform, "curl --cacert") + " -fsS"):
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0 and "demo.example" in done.stdout, done.stderr
    times = re.findall(r"^ +([+-]\d+\.\d{3}) s  ", platform.log("output"), re.M)
    assert len(times) > 5 and times == sorted(times, key=float)
    assert times[0].startswith("+"), "what was before the order is none of its timeline"


@pytest.mark.req("A2", "R30")
def test_order_of_a_name_that_is_not_ready(platform, partner):
    """The records to set are an aligned table; once they are set it goes on by itself."""
    platform.zone("later.example", [])
    done = platform.run("order", "later.example", "--account", partner.account["id"], api=partner)
    assert done.returncode == 0, done.stderr
    platform_status = wait_for(lambda: platform.run("status", "later.example", api=partner).stdout
                               if "Records to set" in
                               platform.run("status", "later.example", api=partner).stdout else None)
    table = platform_status.split("Records to set\n")[1].split("\n\n")[0].splitlines()
    assert re.match(r"  DO +TYPE +NAME +HOST +VALUE +TTL$", table[0])
    for address in platform.addresses():
        assert any(re.match(rf"  add +(A|AAAA) +later.example +@ +{re.escape(address)} +\d+$", row)
                   for row in table), table
    columns = {row.index(cell) for row in table for cell in ["TYPE" if row is table[0] else " "]
               if cell == "TYPE"}
    assert columns == {table[0].index("TYPE")}
    shown = platform.run("status", "later.example", api=partner)
    assert shown.returncode == 1
    waiting = platform.run("order", "other-later.example", "--account", partner.account["id"],
                           "--wait", "--timeout", "2", api=partner)
    assert waiting.returncode == 2 and "Records to set" in waiting.stdout, waiting
    platform.zone("later.example", platform.right_records())
    wait_for(lambda: platform.run("status", "later.example", api=partner).returncode == 0)


def test_json(platform, partner):
    platform.zone("json.example", platform.right_records())
    done = platform.run("order", "json.example", "--wait", "--json", "--account",
                        partner.account["id"], api=partner)
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert status["badge"]["code"] == "test_certificate" and status["issuance"]["state"] == "live"
    shown = platform.run("status", "json.example", "--json", api=partner)
    assert json.loads(shown.stdout)["certificate"]["serial"] == status["certificate"]["serial"]


@pytest.mark.parametrize("arguments,code,text", [
    (["status", "never.example"], 1, "there is no domain never.example"),
    (["status", "not a name"], 2, "name: "),
    (["order", "never.example"], 1, "--account or --site must say whose it becomes"),
    (["order", "localhost", "--account", "ACCOUNT"], 1, "name: "),
    (["status"], 64, "Usage"),
    (["status", "a", "b"], 64, "too many arguments"),
    (["order", "a.example", "--timeout", "0"], 64, "not a number of seconds"),
    (["order", "a.example", "--bad"], 64, "unrecognized option"),
])
def test_refused(platform, partner, arguments, code, text):
    arguments = [partner.account["id"] if a == "ACCOUNT" else a for a in arguments]
    done = platform.run(*arguments, api=partner)
    assert done.returncode == code and text in done.stderr, done


def test_where_and_who(platform, partner):
    def status(environment):
        return subprocess.run([LATCHKEY, "status", "a.example"], env=environment, text=True,
                              capture_output=True, timeout=30, check=False)

    whole = {"LATCHKEY_URL": platform.url, "LATCHKEY_TOKEN": partner.token,
             "LATCHKEY_CA_FILE": str(platform.roots)}
    assert status(whole).returncode == 1
    for change, text in [({"LATCHKEY_URL": ""}, "LATCHKEY_URL is not set"),
                         ({"LATCHKEY_TOKEN": ""}, "LATCHKEY_TOKEN is not set"),
                         ({"LATCHKEY_URL": "ftp://x"}, "is not an http or https URL"),
                         ({"LATCHKEY_TOKEN": "lk_wrong"}, "the token is unknown or revoked"),
                         ({"LATCHKEY_CA_FILE": ""}, "certificate"),
                         ({"LATCHKEY_URL": "https://127.0.0.1:1"}, "127.0.0.1")]:
        done = status({**whole, **change})
        assert done.returncode == 2 and text in done.stderr, (change, done)
        assert "lk_" not in done.stderr + done.stdout


@pytest.mark.req("A4", "R32")
def test_check_over_the_api(platform, partner):
    platform.zone("checked.example", platform.right_records())
    done = partner.post("/v1/checks", {"name": "checked.example"})
    assert done["verdict"] == "ready" and done["findings"] == []
    assert partner.get(f"/v1/checks/{done['id']}")["verdict"] == "ready"
    platform.zone("checked.example", platform.right_records() + ["@ 1 IN AAAA 2001:db8::bad"])
    done = partner.post("/v1/checks", {"name": "checked.example"})
    assert done["verdict"] == "not_ready"
    assert "foreign_aaaa" in [f["code"] for f in done["findings"]]
    assert any(r["op"] == "remove" and r["value"] == "2001:db8::bad"
               for r in done["report"]["records"])
    stranger = platform.tenant("Stranger")
    assert stranger.call("GET", f"/v1/checks/{done['id']}").status_code == 404


@pytest.mark.req("A5")
def test_caa_of_another_account(platform, partner):
    """CAA that names another account than ours: the finding has the record that names ours."""
    zone = ["@ 1 IN CAA 0 issue \"sandbox-ca.example; accounturi=https://ca.example/acct/1\""]
    platform.zone("account.example", platform.right_records() + zone)
    done = partner.post("/v1/checks", {"name": "account.example"})
    assert [f["code"] for f in done["findings"]][0] == "caa_wrong_account"
    add, = [r for r in done["report"]["records"] if r["op"] == "add" and r["type"] == "CAA"]
    assert re.fullmatch(r'0 issue "sandbox-ca.example; accounturi=https://localhost:\d+/acme/\S+"',
                        add["value"]), add
    platform.zone("account.example", platform.right_records() + [f"@ 1 IN CAA {add['value']}"])
    assert partner.post("/v1/checks", {"name": "account.example"})["verdict"] == "ready"
    done = platform.run("order", "account.example", "--wait", "--timeout", "30", "--account",
                        partner.account["id"], api=partner)
    assert done.returncode == 0, done.stdout + done.stderr


# --- commands that open the store ---

@pytest.mark.asan
@pytest.mark.req("R50")
def test_token():
    with Web() as web:
        partner = web.partner()
        made = web.run("token", "create", "for a script", "--partner", partner.partner["id"],
                       "--scope", "read")
        assert re.fullmatch(r"lk_[\w-]{43}\n", made.stdout)
        client = Client(web, made.stdout.strip())
        caller = client.get("/v1/caller")
        assert caller["partner_id"] == partner.partner["id"] and caller["scopes"] == ["read"]
        listed = web.run("token", "list").stdout
        line, = [row for row in listed.splitlines() if caller["token_id"] in row]
        assert "for a script" in line and line.endswith("valid")
        assert made.stdout.strip() not in listed
        web.run("token", "revoke", caller["token_id"])
        assert client.call("GET", "/v1/caller").status_code == 401
        assert "revoked" in [row for row in web.run("token", "list").stdout.splitlines()
                             if caller["token_id"] in row][0]
        assert "there is no valid token" in web.run("token", "revoke", "tok_x", want=2).stderr
        assert "no partner" in web.run("token", "create", "x", "--partner", "par_x", want=2).stderr
        assert "there is no scope" in web.run("token", "create", "x", "--scope", "all", want=2).stderr
        created = json.loads(web.run("token", "create", "x", "--json").stdout)
        assert Client(web, created["token"]).get("/v1/caller")["kind"] == "platform"
        for words in ([], ["create"], ["list", "x"], ["revoke"], ["unknown"]):
            web.run("token", *words, want=64)


def test_migrate_twice():
    with Web() as web:
        web.run("migrate")
        assert json.loads(web.run("migrate", "--json").stdout) == {"ok": True}


def test_token_without_a_store(tmp_path):
    config = tmp_path / "latchkey.yaml"
    config.write_text("mode: sandbox\nstore:\n  url: sqlite:none.db\nca:\n  - id: x\n    name: X\n"
                      "    kind: sandbox\n    directory: https://localhost:1/d\n")
    done = subprocess.run([LATCHKEY, "token", "list", "--config", config], capture_output=True,
                          text=True, check=False, timeout=30)
    assert done.returncode == 2 and done.stderr.startswith("latchkey: "), done


@pytest.mark.req("R49")
def test_roots_that_are_given_are_the_only_ones(platform, partner, tmp_path):
    """The system trusts the CA of the API's https here; who names another file does not."""
    system = tmp_path / "certs"
    system.mkdir()
    shutil.copy(platform.dir / "ca/root.pem", system)
    subprocess.run(["openssl", "rehash", system], check=True, capture_output=True)
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=Other",
                    "-keyout", "/dev/null", "-out", other], check=True, capture_output=True)
    mount = 'mount --bind "$0" /etc/ssl/certs && exec "$@"'

    def status(ca_file):
        environment = dict(platform.environment, LATCHKEY_URL=platform.url,
                           LATCHKEY_TOKEN=partner.token, LATCHKEY_CA_FILE=str(ca_file))
        return subprocess.run(["unshare", "-rm", "sh", "-c", mount, system, LATCHKEY, "status",
                               "typed.example"], capture_output=True, text=True, env=environment,
                              timeout=60, check=False)
    good, bad = status(platform.roots), status(other)
    assert good.returncode in (0, 1) and "typed.example" in good.stdout, good.stderr
    assert bad.returncode == 2 and "certificate" in bad.stderr, bad
