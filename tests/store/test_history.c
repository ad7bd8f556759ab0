/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/history_store.h"

static void add(struct fixture *f, const struct tenant *t, const char *name, int i)
{
    const struct name_change change = {.id =
                                           arena_printf(f->mem, "his_%s_%s_%03d", t->tag, name, i),
                                       .partner_id = t->partner_id,
                                       .account_id = t->account,
                                       .domain_id = t->domain,
                                       .name = name,
                                       .at = T0 + i,
                                       .dns_state = i % 2 ? "ok" : "missing",
                                       .code = i % 2 ? NULL : "name_not_found",
                                       .title = i % 2 ? NULL : "a title",
                                       .seen = "{\"answered\":[],\"records\":[]}"};

    MUST(f, history_store_add(f->db, &change, &f->err));
}

static struct name_change_list list(struct fixture *f, const struct scope *scope,
                                    const struct tenant *t, const char *prefix, const char *after,
                                    int64_t limit)
{
    const struct history_filter filter = {
        .domain_id = t->domain, .name_prefix = prefix, .page = {.after = after, .limit = limit}};
    struct name_change_list out;

    MUST(f, history_store_list(f->mem, f->db, scope, &filter, &out, &f->err));
    return out;
}

static void test_list(void **state)
{
    const struct scope all = scope_platform();
    (void)state;
    struct fixture f;
    struct tenant a, b;
    struct name_change_list page;
    struct name_change_list last;
    struct history_of_name of = {.name = "shop.example", .most = 2};

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_a");
    partner_add(&f, "par_b");
    a = tenant_add(&f, "par_a", "a");
    b = tenant_add(&f, "par_b", "b");
    add(&f, &a, "shop.example", 0);
    add(&f, &a, "www.shop.example", 1);
    add(&f, &a, "shop.example", 3);
    add(&f, &b, "shop.example", 9);
    page = list(&f, &all, &a, NULL, NULL, 2);
    ok(page.count == 2 && page.has_more && page.items[0].at == T0 + 3 && !page.items[0].code &&
           page.items[1].at == T0 + 1,
       "the newest first, a page at a time");
    page = list(&f, &all, &a, NULL, page.items[1].id, 2);
    ok(page.count == 2 && !page.has_more && page.items[0].at == T0 &&
           strcmp(page.items[0].code, "name_not_found") == 0 &&
           strcmp(page.items[0].title, "a title") == 0 && strcmp(page.items[1].id, a.change) == 0,
       "then the older ones");
    page = list(&f, &all, &a, "www", NULL, 2);
    ok(page.count == 1 && strcmp(page.items[0].name, "www.shop.example") == 0, "by name");
    of.domain_id = a.domain;
    MUST(&f, history_store_latest(f.mem, f.db, &of, &last, &f.err));
    ok(last.count == 2 && last.items[0].at == T0 + 3 && last.items[1].at == T0,
       "the last of a name, and of this domain");
    of.most = 1;
    MUST(&f, history_store_latest(f.mem, f.db, &of, &last, &f.err));
    ok(last.count == 1 && last.items[0].at == T0 + 3, "so many");
    of.name = "other.example";
    MUST(&f, history_store_latest(f.mem, f.db, &of, &last, &f.err));
    ok(last.count == 0, "nothing is known of it");
    fixture_close(&f);
    all_ok();
}

static void test_bound(void **state)
{
    const struct scope all = scope_platform();
    (void)state;
    struct fixture f;
    struct tenant a, b;
    struct name_change_list page;

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_a");
    a = tenant_add(&f, "par_a", "a");
    b = tenant_add(&f, "par_a", "b");
    for (int i = 1; i < HISTORY_MAX; i++) /* it has one */
        add(&f, &a, "shop.example", i);
    page = list(&f, &all, &a, NULL, NULL, PAGE_LIMIT_MAX);
    ok(page.count == HISTORY_MAX && strcmp(page.items[HISTORY_MAX - 1].id, a.change) == 0,
       "all are kept: %zu", page.count);
    add(&f, &a, "shop.example", HISTORY_MAX);
    page = list(&f, &all, &a, NULL, NULL, PAGE_LIMIT_MAX);
    ok(page.count == HISTORY_MAX && !page.has_more && page.items[0].at == T0 + HISTORY_MAX &&
           page.items[HISTORY_MAX - 1].at == T0 + 1,
       "the oldest is forgotten: %zu", page.count);
    ok(list(&f, &all, &b, NULL, NULL, 10).count == 1, "but not that of another domain");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
