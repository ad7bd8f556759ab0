# SPDX-License-Identifier: Apache-2.0
"""Terms of service that change (RFC 8555 section 7.3.3): what an account meets until its holder has
agreed to the new ones."""
import json

import pytest

from ca_client_kit import Client, make_csr
from ca_fixtures import Management, Responder, SandboxCa, client, knot  # noqa: F401

pytestmark = pytest.mark.req("R45")


@pytest.fixture
def ca(tmp_path, knot):  # noqa: F811
    server = SandboxCa(tmp_path / "ca", knot.port).start()
    yield server
    server.stop()


@pytest.fixture
def responder(ca):
    server = Responder(ca.http_port)
    yield server
    server.stop()


def terms_of(ca):
    return json.loads(ca.connect().request("GET", "/directory")[2])["meta"]["termsOfService"]


def page_of(refused):
    """The page of the agreement that a refusal names, in the form that the RFC has."""
    assert refused.problem == (403, "userActionRequired"), refused.json
    assert refused.json["detail"] == "Terms of service have changed"
    return refused.json["instance"]


def test_changed_terms(ca, client):  # noqa: F811
    order = client.order("agreed.example")
    assert client.validate(order).json["status"] == "ready"
    assert (terms_of(ca), ca.run("terms")) == (f"{ca.url}/terms/1", "version: 1\n")
    assert ca.run("terms", "change") == "version: 2\n"
    assert (terms_of(ca), ca.run("terms")) == (f"{ca.url}/terms/2", "version: 2\n")

    refused = client.order("new.example")
    page = page_of(refused)
    assert f'<{ca.url}/terms/2>;rel="terms-of-service"' in refused.headers.get_all("Link")
    csr = make_csr(["agreed.example"])[1]
    assert page_of(client.finalize(order, csr)) == page
    # what asks for nothing new is served, and an update does not agree (section 7.3.2)
    assert client.post(order.headers["Location"]).json["status"] == "ready"
    assert client.post(client.kid, {"termsOfServiceAgreed": True}).status == 200
    assert page_of(client.order("new.example")) == page

    path = page.removeprefix(ca.url)
    status, _, text = ca.connect().request("GET", path)
    assert status == 200 and f"{ca.url}/terms/2".encode() in text
    assert page_of(client.order("new.example")) == page  # looking changes nothing
    status, _, text = ca.connect().request("POST", path)
    assert (status, text) == (200, f"Account 1 has agreed to {ca.url}/terms/2.\n".encode())
    assert client.order("new.example").status == 201
    assert client.finalize(order, csr).json["status"] == "processing"
    assert [(e["kind"], e["account"], e["subject"]) for e in ca.journal()
            if e["kind"].startswith("terms")] == [("terms.changed", 0, "2"), ("terms.agreed", 1, "2")]


def test_new_accounts_agree_to_what_is_in_force(ca, client):  # noqa: F811
    ca.run("terms", "change")
    fresh = Client(ca)
    assert fresh.register().status == 201
    assert fresh.order("fresh.example").status == 201
    page_of(client.order("old.example"))
    found = Client(ca, client.key)
    assert found.register().status == 200  # is found, and has not agreed by that
    page_of(found.order("old.example"))


def test_agreed_by_command(ca, client):  # noqa: F811
    others = [Client(ca) for _ in range(2)]
    for one in others:
        one.register()
    ca.run("terms", "change")
    ca.run("terms", "change")
    assert ca.run("terms", "agree", "1") == "accounts: 1\n"
    assert ca.run("terms", "agree", "1", "--json") == '{"ok":true,"accounts":0}\n'
    assert client.order("one.example").status == 201
    page_of(others[0].order("two.example"))
    assert ca.run("terms", "agree", "all") == "accounts: 2\n"
    assert others[0].order("two.example").status == 201


def test_each_account_has_a_page(ca, client):  # noqa: F811
    other = Client(ca)
    other.register()
    ca.run("terms", "change")
    pages = {page_of(one.order("page.example")) for one in (client, other, client)}
    assert len(pages) == 2
    for path in ("/agreement/x", "/terms/0", "/terms/3", "/terms/x"):
        assert ca.connect().request("GET", path)[0] == 404
    assert ca.connect().request("POST", "/agreement/x")[0] == 404
    assert b"no longer in force" in ca.connect().request("GET", "/terms/1")[2]


def test_over_a_restart(ca, client):  # noqa: F811
    Management(ca).ask("POST", "/terms")
    page = page_of(client.order("later.example"))
    ca.kill()
    ca.start_ca()
    again = Client(ca, client.key)
    again.kid = client.kid
    assert page_of(again.order("later.example")) == page
    assert terms_of(ca) == f"{ca.url}/terms/2"
