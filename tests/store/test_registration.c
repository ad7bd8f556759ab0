/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/registration_store.h"

static const struct domain_registration *get(struct fixture *f, const char *domain_id)
{
    const struct domain_registration *out;

    MUST(f, registration_store_get(f->mem, f->db, domain_id, &out, &f->err));
    return out;
}

static bool is_same(const struct domain_registration *a, const struct domain_registration *b)
{
    return a->is_registered == b->is_registered && strcmp(a->states, b->states) == 0 &&
           a->expires_at == b->expires_at && a->seen_at == b->seen_at;
}

static void test_newer_counts(void **state)
{
    (void)state;
    struct fixture f;
    struct tenant t;
    struct domain_registration first = {
        .is_registered = true, .states = "[]", .expires_at = T0 + 1, .seen_at = T0};
    struct domain_registration second = {.states = "[\"clientHold\"]", .seen_at = T0 + 1};

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_a");
    t = tenant_add(&f, "par_a", "a");
    first.domain_id = second.domain_id = t.domain;
    ok(!get(&f, t.domain), "not asked");
    MUST(&f, registration_store_save(f.db, &first, &f.err));
    ok(is_same(get(&f, t.domain), &first), "first");
    MUST(&f, registration_store_save(f.db, &second, &f.err));
    ok(is_same(get(&f, t.domain), &second), "second");
    MUST(&f, registration_store_save(f.db, &first, &f.err));
    ok(is_same(get(&f, t.domain), &second), "an older one comes late");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_newer_counts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
