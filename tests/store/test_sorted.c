/* SPDX-License-Identifier: Apache-2.0 */

/* Lists in the order of a column: page by page they give each row once, in order, and each of their
 * statements walks an index. */
#include <sqlite3.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/account_store.h"
#include "store/overview_store.h"
#include "store/partner_store.h"
#include "store/schema.h"
#include "store/site_store.h"

#define DUE INT64_C(4000000000000) /* lines are out of date from 2096 on, in these tests */

static const struct scope platform = {.kind = SCOPE_PLATFORM};

/* --- plans --- */

static bool is_looked_at(const struct query *q)
{
    static const char *const names[] = {".sorted.",      "overview.list.",  "overview.needs.",
                                        "overview.due.", "overview.count.", "event.latest."};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strstr(q->name, names[i]))
            return true;
    return false;
}

static size_t check_plan(sqlite3 *sqlite, const struct query *q)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    sqlite3_stmt *stmt = NULL;

    if (!is_looked_at(q))
        return 0;
    assert_int_equal(sqlite3_prepare_v2(sqlite, arena_printf(mem, "EXPLAIN QUERY PLAN %s", q->sql),
                                        -1, &stmt, NULL),
                     SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(stmt, 3);

        ok((strstr(step, "INDEX ") || strstr(step, "PRIMARY KEY") || strstr(step, "SCALAR")) &&
               !strstr(step, "TEMP B-TREE"),
           "%s: %s", q->name, step);
    }
    sqlite3_finalize(stmt);
    return 1;
}

static void test_plans(void **state)
{
    (void)state;
    struct fixture f;
    size_t count, seen = 0;
    const struct query_list *const *lists = store_queries(&count);
    sqlite3 *sqlite;

    fixture_open_migrated(&f);
    assert_int_equal(sqlite3_open(f.path, &sqlite), SQLITE_OK);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < lists[i]->count; k++)
            seen += check_plan(sqlite, lists[i]->queries[k]);
    ok(seen > 50, "%zu statements were looked at", seen);
    sqlite3_close(sqlite);
    fixture_close(&f);
    all_ok();
}

/* --- pages --- */

#define ROWS 7

/* Adds the last letter of the id. */
static void note(char *found, const char **last, const char *id)
{
    size_t len = strlen(found);

    found[len] = id[strlen(id) - 1];
    found[len + 1] = '\0';
    *last = id;
}

#define COLLECT(list, id)                                                                          \
    do {                                                                                           \
        for (size_t k_ = 0; k_ < (list).count; k_++)                                               \
            note(found, last, (list).items[k_].id);                                                \
        return (list).has_more;                                                                    \
    } while (0)

/* One page of two rows behind *last; true: there are more. */
typedef bool page_fn(struct fixture *f, unsigned sort, struct sort_page page, char *found,
                     const char **last);

static bool page_of_accounts(struct fixture *f, unsigned sort, struct sort_page page, char *found,
                             const char **last)
{
    const struct account_sorting sorting = {page, (enum account_sort)sort, NULL};
    struct account_list list;

    MUST(f, account_store_sorted(f->mem, f->db, &platform, &sorting, &list, &f->err));
    COLLECT(list, id);
}

static bool page_of_sites(struct fixture *f, unsigned sort, struct sort_page page, char *found,
                          const char **last)
{
    const struct site_sorting sorting = {page, (enum site_sort)sort, NULL};
    const struct scope scope = scope_account("par_1", "acc_0");
    struct site_list list;

    MUST(f, site_store_sorted(f->mem, f->db, &scope, &sorting, &list, &f->err));
    COLLECT(list, id);
}

static bool page_of_partners(struct fixture *f, unsigned sort, struct sort_page page, char *found,
                             const char **last)
{
    const struct partner_sorting sorting = {page, (enum partner_sort)sort, NULL};
    struct partner_list list;

    MUST(f, partner_store_sorted(f->mem, f->db, &platform, &sorting, &list, &f->err));
    COLLECT(list, id);
}

static bool page_of_overviews(struct fixture *f, unsigned sort, struct sort_page page, char *found,
                              const char **last)
{
    static const enum badge_kind secured = BADGE_SECURED;
    const struct overview_filter filter = {.page = page,
                                           .sort = (enum overview_sort)(sort & 3u),
                                           .badge = sort & 4u ? &secured : NULL};
    struct overview_list list;

    MUST(f, overview_store_list(f->mem, f->db, &platform, &filter, &list, &f->err));
    COLLECT(list, domain_id);
}

static const struct {
    const char *what;
    page_fn *page;
    unsigned sort;
    const char *up; /* the ids in order; equal keys in order of the id */
} orders[] = {
    {"accounts by name", page_of_accounts, ACCOUNT_BY_NAME, "3105246"},
    {"accounts by e-mail", page_of_accounts, ACCOUNT_BY_EMAIL, "6543210"},
    {"accounts by partner", page_of_accounts, ACCOUNT_BY_PARTNER, "1350246"},
    {"sites by name", page_of_sites, SITE_BY_NAME, "3105246"},
    {"sites by https", page_of_sites, SITE_BY_HTTPS, "3150246"},
    {"partners by name", page_of_partners, PARTNER_BY_NAME, "21"},
    {"partners by brand", page_of_partners, PARTNER_BY_BRAND, "12"},
    {"domains by name", page_of_overviews, OVERVIEW_BY_NAME, "3105246"},
    {"domains by badge", page_of_overviews, OVERVIEW_BY_BADGE, "5246310"},
    {"domains by term", page_of_overviews, OVERVIEW_BY_TERM, "0123456"},
    {"domains of a badge", page_of_overviews, OVERVIEW_BY_NAME | 4u, "310"},
};

static const char *const names[ROWS] = {"delta", "Bravo", "same", "alpha", "Same", "echo", "SAME"};

static void add_row(struct fixture *f, int i)
{
    const char *account_id = arena_printf(f->mem, "acc_%d", i);
    const struct account account = {
        .id = account_id,
        .partner_id = i % 2 ? "par_2" : "par_1",
        .name = names[i],
        .email = arena_printf(f->mem, "%c@mail.example", 'z' - i),
        .created_at = T0,
    };
    const struct site site = {.id = arena_printf(f->mem, "site_%d", i),
                              .partner_id = "par_1",
                              .account_id = "acc_0",
                              .name = names[i],
                              .origin_id = "demo",
                              .is_https_on = i % 2 == 0,
                              .canonical = "www",
                              .created_at = T0,
                              .updated_at = T0};

    MUST(f, account_store_add(f->db, &account, &f->err));
    MUST(f, site_store_add(f->db, &site, &f->err));
}

static const char *const lower_names[ROWS] = {"delta", "bravo", "same", "alpha",
                                              "same",  "echo",  "same"};

/* Names of domains are unique in an account: "same" three times is of three accounts. */
static void add_domain(struct fixture *f, int i)
{
    const struct domain domain = {
        .id = arena_printf(f->mem, "dom_%d", i),
        .partner_id = i % 2 ? "par_2" : "par_1",
        .account_id = arena_printf(f->mem, "acc_%d", i),
        .name = arena_printf(f->mem, "%s.example", lower_names[i]),
        .registered_domain = "x",
        .created_at = T0,
    };
    struct overview overview = {.domain_id = domain.id,
                                .badge = i < 4 && i != 2 ? BADGE_SECURED : BADGE_AT_RISK,
                                .who_acts = WHO_NOBODY,
                                .term_end_at = i < 5 ? T0 + i : 0,
                                .due_at = DUE};

    if (i == 2)
        overview.badge = BADGE_ACTION_NEEDED;
    if (i > 3)
        overview.badge = i == 5 ? BADGE_AT_RISK : BADGE_ACTION_NEEDED;
    MUST(f, domain_store_add(f->db, &domain, &f->err));
    MUST(f, overview_store_save(f->db, &overview, &f->err));
}

static void prepare(struct fixture *f)
{
    static const struct partner partners[] = {{"par_1", "zebra", "A brand", T0},
                                              {"par_2", "Ape", "other brand", T0}};

    fixture_open_migrated(f);
    tenants_prepare(f);
    for (size_t i = 0; i < ARRAY_LEN(partners); i++)
        MUST(f, partner_store_add(f->db, &partners[i], &f->err));
    for (int i = 0; i < ROWS; i++) {
        add_row(f, i);
        add_domain(f, i);
    }
}

static void walk(struct fixture *f, size_t i, bool is_descending, char found[ROWS + 1])
{
    struct sort_page page = {.limit = 2, .is_descending = is_descending};

    found[0] = '\0';
    while (orders[i].page(f, orders[i].sort, page, found, &page.after) && strlen(found) < ROWS)
        continue;
}

static void test_pages(void **state)
{
    (void)state;
    struct fixture f;
    char found[2 * ROWS];

    prepare(&f);
    for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
        size_t len = strlen(orders[i].up);

        walk(&f, i, false, found);
        ok(strcmp(found, orders[i].up) == 0, "%s: %s", orders[i].what, found);
        walk(&f, i, true, found);
        for (size_t k = 0; k < len; k++)
            ok(found[k] == orders[i].up[len - 1 - k], "%s, down: %s", orders[i].what, found);
    }
    fixture_close(&f);
    all_ok();
}

static void test_filters(void **state)
{
    (void)state;
    struct fixture f;
    struct overview_filter filter = {.page = {.limit = 10}, .name_prefix = "sa"};
    struct account_sorting accounts = {.page = {.limit = 10}, .name_prefix = "SA"};
    struct overview_list list;
    struct account_list found;

    prepare(&f);
    MUST(&f, overview_store_list(f.mem, f.db, &platform, &filter, &list, &f.err));
    ok(list.count == 3, "domains that begin with sa: %zu", list.count);
    filter.is_ordered_only = true;
    MUST(&f, overview_store_list(f.mem, f.db, &platform, &filter, &list, &f.err));
    ok(list.count == 0, "none was ordered: %zu", list.count);
    MUST(&f, account_store_sorted(f.mem, f.db, &platform, &accounts, &found, &f.err));
    ok(found.count == 3, "accounts that begin with sa: %zu", found.count);
    accounts.page.after = "acc_of_nobody";
    ok(!account_store_sorted(f.mem, f.db, &platform, &accounts, &found, &f.err) &&
           f.err.code == ERR_BAD_INPUT && strcmp(f.err.field, "after") == 0,
       "a page behind nothing: %s", f.err.text);
    fixture_close(&f);
    all_ok();
}

/* --- what is out of date --- */

static size_t count_due(struct fixture *f, int64_t at)
{
    struct overview_list list;

    MUST(f, overview_store_due(f->mem, f->db, &platform, &(struct overview_due){at, ROWS}, &list,
                               &f->err));
    return list.count;
}

static void test_touched(void **state)
{
    (void)state;
    struct fixture f;
    struct overview_list list;
    struct overview made;

    prepare(&f);
    ok(count_due(&f, DUE - 1) == 0 && count_due(&f, DUE) == ROWS, "from its time on");
    MUST(&f, overview_store_touch(f.db, "dom_1", &f.err));
    MUST(&f, overview_store_due(f.mem, f.db, &platform, &(struct overview_due){DUE - 1, 1}, &list,
                                &f.err));
    ok(list.count == 1 && strcmp(list.items[0].domain_id, "dom_1") == 0, "it is touched");
    made = list.items[0];
    made.due_at = DUE;
    MUST(&f, overview_store_touch(f.db, "dom_1", &f.err)); /* while it was made */
    MUST(&f, overview_store_save(f.db, &made, &f.err));
    ok(count_due(&f, DUE - 1) == 1, "it stays out of date");
    made.version++;
    MUST(&f, overview_store_save(f.db, &made, &f.err));
    ok(count_due(&f, DUE - 1) == 0, "it is up to date");
    MUST(&f, domain_store_remove(f.db, &platform, "dom_1", &f.err));
    ok(count_due(&f, DUE) == ROWS - 1, "a domain that is removed has none");
    MUST(&f, overview_store_touch(f.db, "dom_1", &f.err));
    fixture_close(&f);
    all_ok();
}

static void test_touched_when(void **state)
{
    (void)state;
    struct fixture f;
    int64_t before = clock_now(), after;

    prepare(&f);
    MUST(&f, overview_store_touch(f.db, "dom_1", &f.err));
    after = clock_now();
    ok(count_due(&f, before - 1) == 0 && count_due(&f, after) == 1, "from now on");
    MUST(&f, overview_store_clock_back(f.db, before - 200, 100, &f.err));
    ok(count_due(&f, before - 1) == 0, "out of date later than the clock had come");
    MUST(&f, overview_store_clock_back(f.db, before - 200, after - before + 200, &f.err));
    ok(count_due(&f, before - 201) == 0 && count_due(&f, before - 200) == 1, "as before the step");
    MUST(&f, overview_store_touch(f.db, "dom_1", &f.err));
    ok(count_due(&f, before - 200) == 1, "since the first time");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_filters),      cmocka_unit_test(test_touched),
        cmocka_unit_test(test_touched_when),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
