/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/watch_store.h"

static const struct domain_watch *get(struct fixture *f, const char *domain_id)
{
    const struct domain_watch *out;

    MUST(f, watch_store_get(f->mem, f->db, domain_id, &out, &f->err));
    return out;
}

/* By somebody whose wish wakes nobody yet. */
static void care(struct fixture *f, const char *domain_id, int64_t now, int64_t look_at)
{
    const struct domain_watch watch = {.domain_id = domain_id, .cared_at = now, .look_at = look_at};

    MUST(f, watch_store_care(f->db, &watch, &f->err));
}

static struct tenant open_with_one(struct fixture *f)
{
    fixture_open_migrated(f);
    tenants_prepare(f);
    partner_add(f, "par_a");
    return tenant_add(f, "par_a", "a");
}

static int64_t next(struct fixture *f)
{
    int64_t out;

    MUST(f, watch_store_next(f->db, &out, &f->err));
    return out;
}

static void test_care(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant t;

    t = open_with_one(&f);
    ok(!get(&f, t.domain) && next(&f) == INT64_MAX, "nothing is watched");
    care(&f, t.domain, T0, T0 + 3000);
    ok(get(&f, t.domain)->cared_at == T0 && get(&f, t.domain)->look_at == T0 + 3000, "it is");
    care(&f, t.domain, T0 + 10, T0 + 9000);
    ok(get(&f, t.domain)->cared_at == T0 + 10 && get(&f, t.domain)->look_at == T0 + 3000,
       "caring makes no glance later");
    care(&f, t.domain, T0 + 20, T0 + 1000);
    ok(next(&f) == T0 + 1000, "but sooner");
    MUST(&f, watch_store_end(f.db, t.domain, &f.err));
    ok(!get(&f, t.domain), "it is over");
    fixture_close(&f);
    all_ok();
}

static void test_care_that_wakes(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant t;
    struct domain_watch ordered = {.cared_at = T0, .look_at = T0, .woken_at = T0};

    t = open_with_one(&f);
    ordered.domain_id = t.domain;
    MUST(&f, watch_store_care(f.db, &ordered, &f.err));
    ok(get(&f, t.domain)->woken_at == T0, "who has ordered has woken who checks the names");
    care(&f, t.domain, T0 + 10, T0);
    ok(get(&f, t.domain)->woken_at == T0, "who opens the page has not");
    ordered.cared_at = ordered.woken_at = T0 + 20;
    MUST(&f, watch_store_care(f.db, &ordered, &f.err));
    ok(get(&f, t.domain)->woken_at == T0 + 20, "who asks for a look has, again");
    fixture_close(&f);
    all_ok();
}

static void test_save(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant t;
    struct domain_watch was, is;

    t = open_with_one(&f);
    care(&f, t.domain, T0, T0);
    was = is = *get(&f, t.domain);
    is.look_at = T0 + 5;
    is.woken_at = is.changed_at = T0 + 1;
    is.parent_at = T0 + 2;
    is.changes_tat = 7;
    is.facts = "0123";
    is.servers = "{\"a\":\"1\"}";
    MUST(&f, watch_store_save(f.db, &was, &is, &f.err));
    was = *get(&f, t.domain);
    ok(was.look_at == T0 + 5 && was.woken_at == T0 + 1 && was.changed_at == T0 + 1 &&
           was.parent_at == T0 + 2 && was.changes_tat == 7 && strcmp(was.facts, "0123") == 0 &&
           strcmp(was.servers, is.servers) == 0,
       "what came of a glance");
    is.look_at = T0 + 99;
    is.servers = "{\"a\":\"2\"}";
    care(&f, t.domain, T0 + 2, T0 + 2);
    MUST(&f, watch_store_set_servers(f.db, t.domain, "{\"b\":\"\"}", T0 + 2, &f.err));
    MUST(&f, watch_store_save(f.db, &was, &is, &f.err));
    ok(get(&f, t.domain)->look_at == T0 + 2, "who has cared meanwhile is heard");
    ok(strcmp(get(&f, t.domain)->servers, "{\"b\":\"\"}") == 0, "and who has found other servers");
    fixture_close(&f);
    all_ok();
}

/* A worker that was away for a day finds all of them late. */
static void test_spread(void **state)
{
    enum { COUNT = 40, APART_MS = 100 };
    (void)state;
    struct fixture f;
    struct domain_watch_list due;
    struct tenant fresh;
    size_t early = 0;

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_a");
    for (int i = 0; i < COUNT; i++) {
        struct tenant t = tenant_add(&f, "par_a", arena_printf(f.mem, "t%d", i));

        care(&f, t.domain, T0 + 7 * i, T0 + 11 * i);
    }
    fresh = tenant_add(&f, "par_a", "fresh");
    care(&f, fresh.domain, T0 + 86400000, T0);
    MUST(&f, watch_store_spread(f.db, T0 + 80000000, T0 + 86400000, APART_MS, &f.err));
    MUST(&f, watch_store_due(f.mem, f.db, T0 + 86399999, 100, &due, &f.err));
    ok(due.count == 1 && strcmp(due.items[0].domain_id, fresh.domain) == 0,
       "who cares now comes first: %zu", due.count);
    MUST(&f,
         watch_store_due(f.mem, f.db, T0 + 86400000 + (COUNT + 1) * APART_MS, 100, &due, &f.err));
    ok(due.count == COUNT + 1, "all come within their share: %zu", due.count);
    for (size_t i = 0; i < due.count; i++)
        early += due.items[i].look_at < T0 + 86400000 + COUNT * APART_MS / 4;
    ok(early < COUNT / 2, "and not at once: %zu", early);
    MUST(&f, watch_store_due(f.mem, f.db, INT64_MAX, 3, &due, &f.err));
    ok(due.count == 3 && due.items[0].look_at <= due.items[1].look_at, "the first of them");
    fixture_close(&f);
    all_ok();
}

/* A partner with a hundred that are due, one with three and one with one. */
static void test_in_turn(void **state)
{
    enum { EACH = 2, MOST = 4 };
    static const struct {
        const char *partner;
        int count, first_at;
    } rows[] = {{"par_a", 100, 0}, {"par_b", 3, 500}, {"par_c", 1, 400}};
    static const int want[MOST] = {0, 2, 1,
                                   0}; /* whose: the firsts as they are due, then seconds */
    (void)state;
    struct domain_watch_list due;
    const char *ids[ARRAY_LEN(rows)][100];
    struct fixture f;

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        partner_add(&f, rows[r].partner);
        for (int i = 0; i < rows[r].count; i++) {
            const char *name = arena_printf(f.mem, "%c%d", rows[r].partner[4], i);

            ids[r][i] = tenant_add(&f, rows[r].partner, name).domain;
            care(&f, ids[r][i], T0, T0 + rows[r].first_at + i);
        }
    }
    MUST(&f, watch_store_due_in_turn(f.mem, f.db, T0 + 1000, EACH, MOST, &due, &f.err));
    ok(due.count == MOST, "%zu", due.count);
    for (size_t i = 0, second = 0; i < due.count; i++) {
        second = i == 3;
        ok(strcmp(due.items[i].domain_id, ids[want[i]][second]) == 0, "turn %zu", i);
    }
    MUST(&f, watch_store_due_in_turn(f.mem, f.db, T0 + 1000, EACH, 100, &due, &f.err));
    ok(due.count == 2 * EACH + 1, "no more of each: %zu", due.count);
    MUST(&f, watch_store_due_in_turn(f.mem, f.db, T0 + 400, EACH, MOST, &due, &f.err));
    ok(due.count == 3, "only what is due: %zu", due.count);
    fixture_close(&f);
    all_ok();
}

static void test_clock_back(void **state)
{
    (void)state;
    struct fixture f;
    struct domain_watch was, is;
    struct tenant t;

    t = open_with_one(&f);
    care(&f, t.domain, T0, T0);
    was = is = *get(&f, t.domain);
    is.look_at = T0 + 90;
    is.woken_at = T0 + 80;
    is.changed_at = T0 - 1000;
    is.parent_at = T0 + 70;
    MUST(&f, watch_store_save(f.db, &was, &is, &f.err));
    MUST(&f, watch_store_clock_back(f.db, T0 - 500, 600, &f.err));
    is = *get(&f, t.domain);
    ok(is.cared_at == T0 - 600 && is.look_at == T0 - 510 && is.woken_at == T0 - 520 &&
           is.parent_at == T0 - 530,
       "what lay ahead: %lld", (long long)(is.look_at - T0));
    ok(is.changed_at == T0 - 1000, "not what was");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_care),    cmocka_unit_test(test_care_that_wakes),
        cmocka_unit_test(test_save),    cmocka_unit_test(test_spread),
        cmocka_unit_test(test_in_turn), cmocka_unit_test(test_clock_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
