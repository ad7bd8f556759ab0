# SPDX-License-Identifier: Apache-2.0
"""Who is signed in to the pages, for how long, and how wrong passwords are counted."""
import contextlib
import html
import os
import re
import time

import pytest
from page_kit import ORIGIN, PASSWORD, Visitor, link_of, new_person
from platform_kit import wait_for
from web_kit import Web

HOUR_MS = 3600 * 1000
PARTNER = "--partner"


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        w.mine = w.partner("Mine")
        yield w


def person(web, email):
    return new_person(web, email, PARTNER, web.mine.partner["id"])


def is_in(visitor):
    page = visitor.get("/accounts")
    assert page.status in (200, 303)
    return page.status == 200


@pytest.mark.req("R46")
def test_cookies(web):
    """Bound to this host, kept from scripts and from other sites; the secret is not in the store."""
    visitor, path = Visitor(web), link_of(web, "cookies@mail.example", PARTNER,
                                          web.mine.partner["id"])
    code = visitor.code(path)
    page = visitor.post(path, [("form_code", code), ("password", PASSWORD)])
    session, = [c for c in page.set_cookies() if c.startswith("__Host-session=")]
    assert session.split("; ")[1:] == ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"]
    secret = visitor.cookies["__Host-session"]
    assert len(secret) == 43
    store = (web.dir / "latchkey.db").read_bytes() + (web.dir / "latchkey.db-wal").read_bytes()
    assert secret.encode() not in store and PASSWORD.encode() not in store
    log = (web.dir / "web.log").read_text()
    assert secret not in log and path.rsplit("/", 1)[1] not in log and PASSWORD not in log


@pytest.mark.req("R46")
def test_no_session_is_taken_over(web):
    """What a stranger planted in the browser before sign-in is worth nothing after it."""
    person(web, "fixed@mail.example")
    victim = Visitor(web)
    victim.cookies["__Host-session"] = "x" * 43
    page = victim.sign_in("fixed@mail.example")
    assert page.status == 303 and victim.cookies["__Host-session"] != "x" * 43
    planted = Visitor(web)
    planted.cookies["__Host-session"] = "x" * 43
    assert is_in(victim) and not is_in(planted)
    # a form's code from before sign-in does not work after it
    visitor = Visitor(web)
    before = visitor.code()
    visitor.sign_in("fixed@mail.example")
    assert visitor.post("/sign-out", [("form_code", before)]).status == 403


@pytest.mark.req("R46")
def test_sign_out_and_new_passwords(web):
    email = "ends@mail.example"
    first = person(web, email)
    second, kept = Visitor(web), Visitor(web)
    second.sign_in(email)
    kept.cookies = dict(second.cookies)
    assert second.post("/sign-out", [("form_code", second.code("/accounts"))]).status == 303
    assert not is_in(second) and not is_in(kept) and is_in(first)
    again = new_person(web, email)  # a new link, a new password: the others end
    assert is_in(again) and not is_in(first)


@pytest.mark.req("R46")
@pytest.mark.parametrize("path, back", [
    ("/accounts/x/ssl/new?domain_id=a%20b&search=%C3%BC", "/accounts/x/ssl/new?domain_id=a%20b&search=%C3%BC"),
    ("/accounts?search=" + "x" * 200, "/accounts"),  # longer than what leads back may be
    ("/accounts/" + "x" * 200, "/"),
])
def test_back_to_what_was_asked_for(web, path, back):
    person(web, email := f"back{len(path)}@mail.example")
    visitor = Visitor(web)
    asked = visitor.get(path).header("Location")
    next_path = html.unescape(re.search(r'name="next" value="([^"]*)"', visitor.get(asked).text)[1])
    assert next_path == back
    assert visitor.sign_in(email, next_path=next_path).header("Location") == back


@pytest.mark.req("R46")
@pytest.mark.parametrize("form, sign_in", [("/accounts/new", "/sign-in?next=/accounts/new"),
                                           ("/domains/x/check", "/sign-in")])
def test_forms_after_the_session(web, form, sign_in):
    """Who signs in again is at the form again, if it has a page."""
    visitor = Visitor(web)
    page = visitor.post(form, [("form_code", visitor.code())])
    assert page.status == 401 and f'href="{sign_in}"' in page.text


@pytest.mark.req("R46")
def test_links_are_on_the_configured_host(web):
    done = web.run("user", "add", "host@mail.example", "--name", "H", PARTNER,
                   web.mine.partner["id"])
    assert done.stdout.startswith(ORIGIN + "/welcome/")
    page = Visitor(web).ask("GET", "/accounts", headers={"Host": "evil.example"})
    assert page.header("Location") == "/sign-in?next=/accounts"
    visitor = Visitor(web)  # who came by another name of the host is told the right one
    page = visitor.post("/sign-in", [("form_code", visitor.code())], {"Origin": "https://127.0.0.1"})
    assert page.status == 403 and f"page of this site, {ORIGIN}" in page.text


@pytest.mark.req("R46")
@pytest.mark.parametrize("email", ["guessed@mail.example", "nobody@mail.example"])
def test_wrong_passwords(web, email):
    """The same for somebody who is there and for somebody who is not."""
    if email.startswith("guessed"):
        person(web, email)
    said = [Visitor(web).sign_in(email, "a wrong password") for _ in range(8)]
    assert [page.status for page in said[:6]] == [422] * 6
    assert said[6].status == 429
    assert all("The address or the password is wrong" in page.text for page in said[:6])
    assert "Too many wrong passwords: try again in" in said[6].text


@pytest.mark.req("R46")
def test_one_client_tries_many_addresses(web):
    statuses = [Visitor(web, client="203.0.113.9").sign_in(f"p{i}@mail.example", "wrong").status
                for i in range(33)]
    assert statuses[:31] == [422] * 31 and 429 in statuses[31:]
    assert Visitor(web, client="203.0.113.10").sign_in("q@mail.example", "wrong").status == 422


@contextlib.contextmanager
def web_on_a_movable_clock():
    web = Web()
    clock = web.dir / "clock"
    clock.write_text("0")
    os.environ["LATCHKEY_CLOCK_FILE"] = str(clock)
    try:
        with web:
            yield web, clock
    finally:
        del os.environ["LATCHKEY_CLOCK_FILE"]


@pytest.mark.req("R46")
def test_sessions_end():
    """After 12 hours without a request, and after 7 days in any case."""
    with web_on_a_movable_clock() as (web, clock):
        web.mine = web.partner("Mine")
        idle, busy = person(web, "idle@mail.example"), person(web, "busy@mail.example")
        open_tab, follows = person(web, "tab@mail.example"), []
        domain = web.domain(web.mine, "followed.example")
        for hours in range(11, 7 * 24, 11):
            clock.write_text(str(hours * HOUR_MS))
            time.sleep(0.25)  # until the clock is read again
            assert is_in(busy), hours
            follows.append(open_tab.get(f"/domains/{domain['id']}/live").status)
        assert not is_in(idle)
        assert follows[0] == 200 and set(follows[1:]) == {303}  # a page left open keeps nobody in
        clock.write_text(str(7 * 24 * HOUR_MS))
        wait_for(lambda: not is_in(busy), 5)
        link = link_of(web, "late@mail.example", PARTNER, web.mine.partner["id"])
        assert Visitor(web).get(link).status == 200
        clock.write_text(str((7 * 24 + 1) * HOUR_MS))
        wait_for(lambda: Visitor(web).get(link).status == 410, 5)
