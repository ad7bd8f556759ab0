/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/profile.h"
#include "check.h"

#define MINUTE_MS   INT64_C(60000)
#define HOUR_MS     (60 * MINUTE_MS)
#define DAY_MS      (24 * HOUR_MS)
#define LE_BACKDATE INT64_C(3510000)

static void test_profiles(void **state)
{
    static const struct ca_own_profile own[] = {{"minutes", 600}, {"classic", 86400}, {"x", 60}};
    static const struct {
        const char *name;
        int64_t life_ms, backdate_ms;
        size_t names_max;
        bool has_common_name;
        enum ca_cert_kind kind;
        int64_t pending_ms, valid_ms, order_ms;
        const char *description;
    } rows[] = {
        {"classic", DAY_MS, 864000, 100, true, CA_CERT_LEAF, 7 * DAY_MS, 30 * DAY_MS, 7 * DAY_MS,
         "86400 seconds, at most 100 names, with a common name"},
        {"tlsserver", 45 * DAY_MS, LE_BACKDATE, 25, false, CA_CERT_SLIM_LEAF, HOUR_MS, 7 * HOUR_MS,
         8 * HOUR_MS, "45 days, at most 25 names, without a common name"},
        {"shortlived", 160 * HOUR_MS, LE_BACKDATE, 25, false, CA_CERT_SLIM_LEAF, HOUR_MS,
         7 * HOUR_MS, 8 * HOUR_MS, "160 hours, at most 25 names, without a common name"},
        {"minutes", 10 * MINUTE_MS, 6000, 25, false, CA_CERT_SLIM_LEAF, HOUR_MS, 7 * HOUR_MS,
         8 * HOUR_MS, "600 seconds, at most 25 names, without a common name"},
        {"x", MINUTE_MS, 600, 25, false, CA_CERT_SLIM_LEAF, HOUR_MS, 7 * HOUR_MS, 8 * HOUR_MS,
         "60 seconds, at most 25 names, without a common name"},
    };
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_profiles profiles = ca_profiles_make(mem, own, ARRAY_LEN(own));

    (void)state;
    assert_int_equal(profiles.count, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct ca_profile *p = ca_profile_find(&profiles, rows[i].name);

        if (!ok(p == &profiles.items[i], "%s: place", rows[i].name))
            continue;
        ok(p->life_ms == rows[i].life_ms && ca_profile_backdate_ms(p) == rows[i].backdate_ms,
           "%s: %lld, %lld", p->name, (long long)p->life_ms, (long long)ca_profile_backdate_ms(p));
        ok(p->names_max == rows[i].names_max && p->has_common_name == rows[i].has_common_name &&
               p->kind == rows[i].kind,
           "%s: shape", p->name);
        ok(p->pending_ms == rows[i].pending_ms && p->valid_ms == rows[i].valid_ms &&
               p->order_ms == rows[i].order_ms,
           "%s: lifetimes", p->name);
        ok(strcmp(p->description, rows[i].description) == 0, "%s: %s", p->name, p->description);
    }
    assert_int_equal(ca_profile_reuse_left_ms(&profiles.items[0]), 21 * HOUR_MS);
    assert_int_equal(ca_profile_reuse_left_ms(&profiles.items[1]), HOUR_MS);
    assert_int_equal(ca_profile_reuse_left_ms(&(struct ca_profile){.order_ms = 8 * DAY_MS}),
                     DAY_MS);
    assert_int_equal(ca_profile_reuse_left_ms(&(struct ca_profile){.order_ms = 9 * DAY_MS}),
                     DAY_MS);
    assert_null(ca_profile_find(&profiles, "gold"));
    assert_null(ca_profile_find(&profiles, ""));
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_profiles)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
