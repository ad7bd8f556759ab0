# SPDX-License-Identifier: Apache-2.0
"""What `latchkey check` says of each case of doctor-cases, alone, over real name servers and an edge."""
import contextlib
import json
import os
import pathlib
import pty
import re
import socket
import subprocess

import pytest

from doctor_kit import CASES, LATCHKEY, OWN, ROOT, V4, Clinic, load
from rdap_kit import day

if not os.environ.get("LATCHKEY_NETNS"):
    pytest.skip("needs a network of its own: tests/system/in-namespace", allow_module_level=True)

ALL = load(CASES)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    clinic = Clinic(tmp_path_factory.mktemp("doctor"), ALL)
    yield clinic
    clinic.stop()


@pytest.fixture(scope="module")
def results(clinic):
    return clinic.look_twice()


@pytest.mark.req("A2", "A3", "A4", "A6", "A7", "R30", "R32", "R33", "R34", "R35", "R36")
@pytest.mark.parametrize("case", ALL, ids=[case.case for case in ALL])
def test_case(results, case):
    assert results[case.case].wrong() == {}


# What no DNS and no server is the reason for, and who looks at its sentence.
OUTSIDE = {"not_certified": "test_refused_names.py", "under_wildcard": "test_dns01.py",
           "unreachable_from_here": "test_vantages.py", "vantage_unreachable": "test_vantages.py",
           "vantage_blocked": "test_vantages.py", "vantage_dns": "test_vantages.py"}


def test_every_finding_has_a_case(results):
    header = (ROOT / "src/check/finding.h").read_text()
    known = set(re.findall(r'X\([A-Z_0-9]+, "(\w+)", [A-Z]+, [A-Z]+\)', header))
    codes = known - set(OUTSIDE)
    seen = {code for result in results.values() for code in result.codes}
    read = {code for result in results.values() if result.case.expect.get("says")
            for code in result.codes}
    assert len(codes) > 30 and codes - seen == set()
    assert codes - read == set(), "their sentences are not looked at"
    assert set(OUTSIDE) <= known - seen, "what can be seen here has a case here"
    for code, where in OUTSIDE.items():
        assert f'"{code}"' in pathlib.Path(__file__).with_name(where).read_text(), code


def test_at_least_ten_are_healthy(results):
    assert len([case for case in ALL if "healthy-" in case.case]) >= 10
    assert all(result.got["findings"] == [] for name, result in results.items()
               if "healthy-" in name)


@pytest.mark.req("R37")
@pytest.mark.parametrize("names, code", [
    (["healthy-pair.example"], 0), (["wrong-address.example"], 1), (["servers-silent.example"], 2),
    (["healthy-pair.example", "servers-silent.example"], 2),
    (["servers-silent.example", "wrong-address.example", "healthy-pair.example"], 1)])
def test_exit_code(clinic, names, code):
    done = clinic.run(*names)
    assert done.returncode == code and done.stderr == ""
    heads = re.findall(r"^(\S+): (?:ready|not ready|could not tell)$", done.stdout, re.M)
    assert heads == names


def test_text(clinic):
    text = clinic.run("wrong-address.example").stdout
    case, = [case for case in ALL if case.case == "wrong-address"]
    assert text.startswith("wrong-address.example: not ready\n\nwww.wrong-address.example has issues\n"
                           "  wrong-address.example points elsewhere: it has A " + case.words["a"])
    assert "  Who acts: the owner.\n" in text and "\x1b" not in text
    assert re.search(r"Records to set\n  DO +TYPE +NAME +HOST +VALUE +TTL\n"
                     rf"  replace +A +wrong-address.example +@ +{V4} +3600\n", text)


@pytest.mark.req("R49")
def test_reserved_addresses_are_left_alone(clinic):
    """A stranger's zone names a server and a website on this machine: neither is talked to."""
    met = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, \
            socket.create_server(("127.0.0.99", 80)) as http, \
            socket.create_server(("127.0.0.99", 53)) as tcp:
        udp.bind(("127.0.0.99", 53))
        for one in (udp, http, tcp):
            one.setblocking(False)
        assert clinic.run("reserved-server.example").returncode == 1
        for one, take in ((udp, lambda: udp.recv(9)), (http, http.accept), (tcp, tcp.accept)):
            with contextlib.suppress(BlockingIOError):
                met.append((one, take()))
        assert met == []
        assert clinic.run("--own", "127.0.0.0/8", "reserved-server.example").returncode == 1
        assert udp.recv(9) and http.accept()  # so it would have been seen


@pytest.mark.req("R31")
def test_how_long_the_old_answer_lives(clinic):
    """By the TTL of the records (300 s), and of the answer that there are none (the SOA's 60 s)."""
    for name, text in (("wrong-address.example", "5 minutes"), ("empty-zone.example", "60 seconds")):
        assert f"\nOnce changed, the old answer may be seen for up to {text} more.\n" in \
            clinic.run(name).stdout
    assert "Once changed" not in clinic.run("healthy-pair.example").stdout


@pytest.mark.req("R36")
def test_provider(clinic):
    text = clinic.run("known-provider.example").stdout
    assert "\nDNS is at Cloudflare; its records are edited in \"DNS > Records\". The form adds the domain to " \
        "a host by itself; the host of known-provider.example itself is \"@\". In place of all addresses of " \
        "known-provider.example, one record of the type \"CNAME\" with the value edge.platform.example can be " \
        "set: it follows when our addresses change. Set the proxy status of the record to \"DNS only\".\n" in text
    assert re.search(r"replace +A +known-provider\.example +@ +\S+ +3600\n", text), text


@pytest.mark.req("R36")
def test_what_is_typed(clinic):
    """At a provider whose form wants nothing for the domain itself, and a dot at the end of a name."""
    name = "provider-that-adds-the-domain.example"
    text = clinic.run(name).stdout
    assert re.search(rf"replace +A +{name} +\(empty\) +{V4} +3600\n", text), text
    assert re.search(rf"add +CNAME +www\.{name} +www +{name}\. +3600\n", text), text
    assert f"the host of {name} itself is left empty. A name as value ends with a dot, else the domain is added " \
        "to it.\n" in text


@pytest.mark.req("R36")
def test_provider_not_known(clinic):
    """Both forms are told, and no provider's."""
    text = clinic.run("wrong-address.example").stdout
    assert "DNS is at" not in text
    assert "\nMost forms add the domain to a host by themselves: \"www\" is typed, and \"@\" or nothing for " \
        "wrong-address.example itself. Others want the full name: " in text


@pytest.mark.parametrize("setting", ["RDAP", "RDAP_SERVICES", ""])
def test_registration(clinic, setting):
    """Asked of the one server, or of the one that the list has for the name; or of nobody."""
    held, good = (clinic.run(name, asks_registry=setting).stdout
                  for name in ("held-but-served.example", "healthy-registered.example"))
    assert (f"\nRegistered until {day(300)}, serverHold.\n" in held) == bool(setting), held
    assert (f"\nRegistered until {day(300)}.\n" in good) == bool(setting), good
    assert ("Registered" in good) == bool(setting)


def test_a_list_of_registries_that_is_none(clinic):
    (clinic.folder / "services.jsonx").write_text("{}")
    clinic.environment["LATCHKEY_CHECK_RDAP_SERVICES"] = str(clinic.folder / "services.jsonx")
    try:
        done = clinic.run("healthy-pair.example")
    finally:
        del clinic.environment["LATCHKEY_CHECK_RDAP_SERVICES"]
    assert done.returncode == 2 and "services.jsonx: this is no list of RDAP servers as IANA has it " \
        "(RFC 9224)" in done.stderr, done


def test_on_a_terminal(clinic):
    """Colours, and a line for each name as it is done."""
    for no_color, coloured in (("", True), ("1", False)):
        ours, theirs = pty.openpty()
        with subprocess.Popen([LATCHKEY, "check", "--expect", V4, "healthy-pair.example",
                               "wrong-address.example"], stdout=theirs, stderr=theirs,
                              cwd=clinic.folder,
                              env={**clinic.environment, "NO_COLOR": no_color}) as process:
            process.wait(20)
        os.close(theirs)
        text = os.read(ours, 65536).decode()
        os.close(ours)
        ready = "\x1b[32mready\x1b[0m" if coloured else "ready"
        assert re.search(rf"^healthy-pair.example: {re.escape(ready)} \(\d+ ms\)\r$", text, re.M)
        assert ("\x1b[31mnot ready\x1b[0m" in text) == coloured and ("\x1b" in text) == coloured


@pytest.mark.parametrize("words, code, text", [
    (["--expect", "nonsense", "a.example"], 2, "--expect: \"nonsense\" is not an IP address"),
    (["--expect", "192.0.2.1", "--resolver", "x", "a.example"], 2, "\"x\" is not a resolver"),
    (["a.example"], 2, "--expect ADDRESS says it, or edge.ipv4"),
    ([], 64, "Usage"),
])
def test_refused(clinic, words, code, text):
    done = subprocess.run([LATCHKEY, "check", *words], env=clinic.environment, cwd=clinic.folder,
                          text=True, capture_output=True, timeout=30, check=False)
    assert done.returncode == code and text in done.stderr, done


def test_by_configuration(clinic, tmp_path):
    """edge.ipv4 says where names must lead, net.own_prefixes what may be asked, and dns.forwarder whom."""
    case, = [case for case in ALL if case.case == "old-answer"]
    config = tmp_path / "latchkey.yaml"
    environment = {**clinic.environment, "LATCHKEY_DNS_TRUST_ANCHOR": ""}

    def check(**settings):
        config.write_text(json.dumps({"edge": {"ipv4": [V4]}, **settings}))
        return subprocess.run([LATCHKEY, "check", "--config", config, case.domain], env=environment,
                              text=True, capture_output=True, timeout=30, check=False)

    dns = {"dns": {"forwarder": case.words["c"] + "@53"}}
    done = check(net={"own_prefixes": OWN}, **dns)
    assert done.returncode == 0 and "may get the old answer until" in done.stdout, done
    assert check(**dns).returncode == 1  # what the servers say themselves is not seen
    done = check()
    assert done.returncode == 2 and "no DNS forwarder is set" in done.stderr


def test_cases_of_another_folder(tmp_path):
    """A file that is dropped into a folder is run, and what is not as it says is told."""
    (tmp_path / "own.yaml").write_text("case: own\nzone: |\n  @ A {v4}\n  www CNAME @\n---\n"
                                       "case: wrong\nzone: |\n  @ A {a}\n  www A {a}\n")
    script = pathlib.Path(__file__).with_name("doctor-table")
    done = subprocess.run([script, tmp_path], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1, done
    assert re.search(r"^own +ready .* ok *$", done.stdout, re.M), done.stdout
    assert re.search(r"^wrong +not_ready +wrong_address\(@\) .* NOT AS EXPECTED", done.stdout, re.M)
