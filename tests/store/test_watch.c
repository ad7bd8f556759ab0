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

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_a");
    t = tenant_add(&f, "par_a", "a");
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

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_a");
    t = tenant_add(&f, "par_a", "a");
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

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_a");
    t = tenant_add(&f, "par_a", "a");
    care(&f, t.domain, T0, T0);
    was = is = *get(&f, t.domain);
    is.look_at = T0 + 5;
    is.woken_at = is.changed_at = T0 + 1;
    is.servers = "{\"a\":\"1\"}";
    MUST(&f, watch_store_save(f.db, &was, &is, &f.err));
    was = *get(&f, t.domain);
    ok(was.look_at == T0 + 5 && was.woken_at == T0 + 1 && was.changed_at == T0 + 1 &&
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_care),
        cmocka_unit_test(test_care_that_wakes),
        cmocka_unit_test(test_save),
        cmocka_unit_test(test_spread),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
