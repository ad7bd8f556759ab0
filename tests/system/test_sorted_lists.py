# SPDX-License-Identifier: Apache-2.0
"""Each list of the pages in the order of each of its columns, by links that need no JavaScript, a page
at a time; and the page after sign-in."""
import html
import re
import time

import pytest
from page_kit import new_person
from web_kit import Web

MANY = 120  # three pages


@pytest.fixture(scope="module")
def web():
    with Web() as w:
        w.mine, w.theirs = w.partner("Mine"), w.partner("Theirs")
        w.names = [f"shop{i * 7 % MANY:03}.example" for i in range(MANY)]  # made in no order
        w.domains = {name: w.domain(w.mine, name) for name in w.names}
        w.domain(w.theirs, "theirs.example")
        for i in range(MANY - 1):
            w.mine.post("/v1/accounts", {"name": f"Account {i * 7 % MANY:03}",
                                         "email": f"{'zyx'[i % 3]}{i:03}@mail.example"})
        w.paul = new_person(w, "paul@partner.example", "--partner", w.mine.partner["id"])
        w.owen = new_person(w, "owen@operator.example", "--operator")
        yield w


class Listed:
    """A list as a browser without JavaScript walks it: by its links."""

    def __init__(self, visitor, path):
        self.visitor = visitor
        self.open(path)

    def open(self, path):
        answer = self.visitor.get(path)
        assert answer.status == 200, answer.text
        self.text = answer.text
        table = answer.text.partition("<thead>")[2]
        self.head, _, self.body = table.partition("</thead>")
        self.firsts = [html.unescape(t) for t in
                       re.findall(r"<tr><td>(?:<a[^>]*>)?([^<]*)", self.body)]
        return self

    def link(self, text, where=None):
        found = re.search(r'<a[^>]*href="([^"]*)"[^>]*>' + re.escape(text) + "</a>",
                          self.text if where is None else where)
        return html.unescape(found[1]) if found else None

    def sort_by(self, title):
        return self.open(self.link(title, self.head))

    def sorted_by(self):
        """{title: aria-sort} of the columns."""
        return {title: way for way, title in
                re.findall(r'<th scope="col"(?: aria-sort="(\w+)")?>(?:<a[^>]*>)?([^<]*)', self.head)}

    def all_pages(self):
        rows, pages = list(self.firsts), 1
        while (link := self.link("Next page")):
            self.open(link)
            rows += self.firsts
            pages += 1
        return rows, pages


@pytest.mark.req("R16", "R17")
def test_domains_by_name_up_and_down(web):
    path = f"/accounts/{web.mine.account['id']}/domains"
    listed = Listed(web.paul, path)
    assert listed.sorted_by() == {"Domain": "ascending", "State": "", "What happens next": "",
                                  "Paid until": ""}
    assert listed.all_pages() == (sorted(web.names), 3)
    listed.open(listed.link("First page")).sort_by("Domain")
    assert listed.sorted_by()["Domain"] == "descending"
    assert listed.all_pages() == (sorted(web.names, reverse=True), 3)
    assert listed.link("What happens next", listed.head) is None  # a text has no order


@pytest.mark.req("R16")
def test_search_and_order_stay_together(web):
    listed = Listed(web.paul, f"/accounts/{web.mine.account['id']}/domains?search=shop0&sort=-name")
    want = sorted((n for n in web.names if n.startswith("shop0")), reverse=True)
    assert listed.all_pages() == (want, 2)
    listed.open(listed.link("First page"))
    assert 'name="search" type="search" maxlength="200" value="shop0"' in listed.text
    assert '<input type="hidden" name="sort" value="-name">' in listed.text


def put(web, name, **columns):
    """Changes what is kept ready of a domain; nothing makes it again meanwhile."""
    columns = {"due_at": 1 << 60, **columns}
    web.sql((f"UPDATE domain_overview SET {', '.join(f'{c} = ?' for c in columns)}, version = version"
             " + 1 WHERE name = ?", (*columns.values(), name)))


@pytest.mark.req("R16", "R10")
def test_domains_by_state_and_term(web):
    path = f"/accounts/{web.mine.account['id']}/domains"
    Listed(web.paul, path).all_pages()
    put(web, "shop050.example", badge="at_risk", badge_rank=1, term_end_at=3000)
    put(web, "shop010.example", badge="action_needed", badge_rank=2, term_end_at=2000)
    put(web, "shop099.example", badge="action_needed", badge_rank=2, term_end_at=1000)
    put(web, "shop000.example", badge="secured", badge_rank=6)
    listed = Listed(web.paul, path).sort_by("State")
    assert listed.firsts[:3] == ["shop050.example", "shop010.example", "shop099.example"]
    assert listed.all_pages()[0][-1] == "shop000.example"
    listed = Listed(web.paul, path).sort_by("Paid until")
    assert listed.firsts[:3] == ["shop099.example", "shop010.example", "shop050.example"]
    rows, pages = listed.sort_by("Paid until").all_pages()
    assert rows[-3:] == ["shop050.example", "shop010.example", "shop099.example"] and pages == 3
    # across accounts, of one state; of the other partner nothing
    listed = Listed(web.paul, "/domains?state=action_needed")
    assert listed.firsts == ["shop010.example", "shop099.example"]
    assert Listed(web.paul, "/domains").all_pages()[0] == sorted(web.names)
    everything = Listed(web.owen, "/domains").all_pages()[0]
    assert everything == sorted(web.names + ["theirs.example"])


@pytest.mark.req("R40")
def test_accounts_sites_and_partners(web):
    listed = Listed(web.paul, "/accounts")
    names = [f"Account {i:03}" for i in range(MANY)]
    del names[(MANY - 1) * 7 % MANY]
    assert listed.all_pages() == (names + ["Mine's"], 3)
    mails = re.compile(r"[a-z0-9]+@mail\.example")
    listed = Listed(web.paul, "/accounts").sort_by("E-mail")
    shown = mails.findall(listed.body)
    assert shown == sorted(shown) and shown[0] == "o@mail.example"
    shown = mails.findall(listed.sort_by("E-mail").body)
    assert shown == sorted(shown, reverse=True)
    assert listed.link("Partner", listed.head) is None  # of one's own there is one
    of_all = Listed(web.owen, "/accounts").sort_by("Partner").sort_by("Partner")
    assert of_all.firsts[0] == "Theirs's"
    sites = Listed(web.paul, f"/accounts/{web.mine.account['id']}/sites")
    assert sites.sort_by("Site").all_pages() == (sorted(web.names, reverse=True), 3)
    on = web.domains["shop077.example"]["site_id"]
    web.mine.patch(f"/v1/sites/{on}", {"https": True})
    sites = Listed(web.paul, f"/accounts/{web.mine.account['id']}/sites")
    assert sites.sort_by("Enable SSL (https)").sort_by("Enable SSL (https)").firsts[0] == \
        "shop077.example"
    partners = Listed(web.owen, "/partners")
    assert partners.firsts == ["Mine", "Theirs"]
    assert partners.sort_by("Name").firsts == ["Theirs", "Mine"]
    assert Listed(web.owen, "/partners?search=th").firsts == ["Theirs"]


@pytest.mark.parametrize("query", ["sort=nothing", "sort=-", "sort=--name", "sort=name;x", "state=x",
                                   "after=dom_0", "sort=" + "n" * 50])
def test_orders_that_there_are_not(web, query):
    answer = web.paul.get(f"/domains?{query}")
    assert answer.status == 422, answer.text


def test_a_row_of_somebody_else_is_no_place_to_begin(web):
    theirs = web.theirs.get("/v1/domains")["items"][0]["id"]
    assert web.paul.get(f"/domains?after={theirs}").status == 422
    assert web.owen.get(f"/domains?after={theirs}").status == 200


@pytest.mark.req("R39")
def test_start_page(web):
    """What must be done first comes first; the counts are those of the list behind each."""
    now = int(time.time() * 1000)
    day = 86400000
    Listed(web.paul, "/domains")
    web.sql(("UPDATE domain_overview SET need_rank = 0",))
    for name, badge, rank, need, at, who in [
            ("shop001.example", "action_needed", 2, 3, now - 9 * day, "owner"),
            ("shop002.example", "at_risk", 1, 2, now + 12 * day, "operator"),
            ("shop003.example", "at_risk", 1, 2, now + 3 * day, "operator"),
            ("shop004.example", "not_secured", 3, 1, now - day, "operator")]:
        put(web, name, badge=badge, badge_rank=rank, need_rank=need, need_at=at, who_acts=who)
    text = web.paul.get("/").text
    needs = text.partition('id="needs_title"')[2].partition("</section>")[0]
    order = re.findall(r'href="/domains/[^"]*">(shop\d+)', needs)
    assert order == ["shop004", "shop003", "shop002", "shop001"]
    rows = needs.split("<tr>")[2:]
    assert "the operator" in rows[1] and "until" in rows[1] and "(in 2 days)" in rows[1]
    assert "the owner of the domain" in rows[3] and "waits since" in rows[3] and "9 days ago" in rows[3]
    legend = {html.unescape(h): int(n) for h, n in re.findall(
        r'<li><a href="([^"]*)"><span[^>]*></span><strong>(\d+)</strong>', text)}
    assert sum(legend.values()) == MANY and legend["/domains?state=at_risk"] >= 2
    for path, count in legend.items():
        assert len(Listed(web.paul, path).all_pages()[0]) == count, path
    assert '<svg class="share-bar"' in text and text.count("<rect ") == len(legend)
    assert "theirs.example" not in text
    assert "theirs.example" in web.owen.get("/").text  # among what has happened
