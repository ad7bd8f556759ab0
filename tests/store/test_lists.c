/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/account_store.h"
#include "store/domain_store.h"
#include "store/event_store.h"

static const struct scope platform = {.kind = SCOPE_PLATFORM};

static void add_accounts(struct fixture *f)
{
    static const char *const names[] = {"Bakery", "bakker", "Zoo", "100%", "ba_ker"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *id = arena_printf(f->mem, "acc_%zu", i);
        struct account account = {id, "par_1", names[i], "a@a.example", NULL, NULL, NULL, T0};

        MUST(f, account_store_add(f->db, &account, &f->err));
    }
}

static const struct {
    const char *prefix, *after;
    int64_t limit;
    const char *found; /* the last characters of the ids; '+' when there are more */
} searches[] = {
    {NULL, NULL, 200, "01234"}, {NULL, NULL, 5, "01234"},   {NULL, NULL, 4, "0123+"},
    {NULL, "acc_3", 4, "4"},    {NULL, "acc_4", 4, ""},     {"", NULL, 1, "0+"},
    {"BAK", NULL, 200, "01"},   {"bakker", NULL, 200, "1"}, {"ba_", NULL, 200, "4"},
    {"100%", NULL, 200, "3"},   {"x", NULL, 200, ""},
};

static void test_lists(void **state)
{
    (void)state;
    struct fixture f;

    fixture_open_migrated(&f);
    partner_add(&f, "par_1");
    add_accounts(&f);
    for (size_t i = 0; i < ARRAY_LEN(searches); i++) {
        struct account_filter filter = {.page = {searches[i].after, searches[i].limit},
                                        .name_prefix = searches[i].prefix};
        struct account_list list;
        const char *found = "";

        MUST(&f, account_store_list(f.mem, f.db, &platform, &filter, &list, &f.err));
        for (size_t k = 0; k < list.count; k++)
            found = arena_printf(f.mem, "%s%s", found, list.items[k].id + 4);
        found = arena_printf(f.mem, "%s%s", found, list.has_more ? "+" : "");
        ok(strcmp(found, searches[i].found) == 0, "prefix %s after %s limit %lld: %s",
           searches[i].prefix ? searches[i].prefix : "-",
           searches[i].after ? searches[i].after : "-", (long long)searches[i].limit, found);
    }
    fixture_close(&f);
    all_ok();
}

static void test_filters(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant a;
    const enum order_state placed = ORDER_PLACED, draft = ORDER_DRAFT;
    struct order_filter filter = {.page = {.limit = 10}, .state = &placed};
    struct domain_filter domains = {.page = {.limit = 10}, .name_prefix = "a."};
    struct order_list orders;
    struct domain_list found;

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_1");
    a = tenant_add(&f, "par_1", "a");
    MUST(&f, order_store_list(f.mem, f.db, &platform, &filter, &orders, &f.err));
    ok(orders.count == 1, "in the state");
    filter.state = &draft;
    MUST(&f, order_store_list(f.mem, f.db, &platform, &filter, &orders, &f.err));
    ok(orders.count == 0, "in another state");
    MUST(&f, domain_store_list(f.mem, f.db, &platform, &domains, &found, &f.err));
    ok(found.count == 1, "by prefix");
    MUST(&f, domain_store_remove(f.db, &platform, a.domain, &f.err));
    MUST(&f, domain_store_list(f.mem, f.db, &platform, &domains, &found, &f.err));
    ok(found.count == 0, "not when removed");
    domains.with_removed = true;
    MUST(&f, domain_store_list(f.mem, f.db, &platform, &domains, &found, &f.err));
    ok(found.count == 1, "but when asked");
    fixture_close(&f);
    all_ok();
}

/* In the order of storing, whatever the ids say. */
static void test_events(void **state)
{
    (void)state;
    struct fixture f;
    struct event event = {.subject_id = "ord_x", .at = T0, .kind = "k", .text = "t", .data = "{}"};
    struct event_filter filter = {.page = {.limit = 2}};
    struct event_list list;

    fixture_open_migrated(&f);
    for (size_t i = 0; i < 3; i++) {
        event.id = &"evt_3\0evt_2\0evt_1"[6 * i];
        MUST(&f, event_store_add(f.db, &event, &f.err));
    }
    MUST(&f, event_store_list(f.mem, f.db, &platform, &filter, &list, &f.err));
    ok(list.count == 2 && list.has_more && strcmp(list.items[0].id, "evt_3") == 0 &&
           strcmp(list.items[1].id, "evt_2") == 0 && strcmp(list.items[1].data, "{}") == 0,
       "the first page");
    filter.page.after = "evt_2";
    MUST(&f, event_store_list(f.mem, f.db, &platform, &filter, &list, &f.err));
    ok(list.count == 1 && !list.has_more && strcmp(list.items[0].id, "evt_1") == 0, "the second");
    filter.page.after = NULL;
    filter.subject_id = "ord_y";
    MUST(&f, event_store_list(f.mem, f.db, &platform, &filter, &list, &f.err));
    ok(list.count == 0, "of another subject");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
