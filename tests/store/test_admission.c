/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/admission_store.h"

#define CA "sandbox"

static const struct rate_key orders = {CA, "orders_per_account", ""};

static int64_t tat_of(struct fixture *f, const struct rate_key *key)
{
    int64_t tat = -1;

    MUST(f, admission_store_tat(f->db, key, &tat, &f->err));
    return tat;
}

static void test_buckets(void **state)
{
    (void)state;
    struct fixture f;
    const struct rate_key other = {"other", "orders_per_account", ""};
    const struct rate_key domain = {CA, "certificates_per_domain", "a.example"};

    fixture_open_migrated(&f);
    ok(tat_of(&f, &orders) == 0, "never asked");
    MUST(&f, admission_store_put_tat(f.db, &orders, 5, &f.err));
    MUST(&f, admission_store_put_tat(f.db, &orders, 7, &f.err));
    MUST(&f, admission_store_put_tat(f.db, &domain, 9, &f.err));
    ok(tat_of(&f, &orders) == 7 && tat_of(&f, &domain) == 9 && tat_of(&f, &other) == 0,
       "each by itself");
    MUST(&f, admission_store_tidy(f.db, 9, &f.err));
    ok(tat_of(&f, &orders) == 0 && tat_of(&f, &domain) == 9, "full before 9 goes");
    fixture_close(&f);
    all_ok();
}

/* An attempt that waits; domains have one that is open, so each tenant has one. */
static const char *issuance(struct fixture *f, const char *partner, const char *suffix)
{
    return tenant_add(f, partner, suffix).issuance;
}

static int64_t ahead_of(struct fixture *f, const struct line_place *place, int64_t most)
{
    int64_t ahead = -1;

    MUST(f, admission_store_ahead(f->db, place, most, &ahead, &f->err));
    return ahead;
}

static bool is_first(struct fixture *f, const char *id)
{
    const char *first;

    MUST(f, admission_store_first(f->mem, f->db, CA, &first, &f->err));
    return id ? first && strcmp(first, id) == 0 : !first;
}

static void test_line(void **state)
{
    (void)state;
    struct fixture f;
    struct line_place a, b, c;
    const struct line_place *read;
    int64_t tag;

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_1");
    a = (struct line_place){issuance(&f, "par_1", "a"), CA, "par_1", 1, 7};
    b = (struct line_place){issuance(&f, "par_1", "b"), CA, "par_1", 1, 8};
    c = (struct line_place){issuance(&f, "par_1", "c"), CA, "par_2", 1, 7};
    ok(is_first(&f, NULL) && ahead_of(&f, &a, 10) == 0, "nobody waits");
    MUST(&f, admission_store_join(f.db, &b, &f.err));
    MUST(&f, admission_store_join(f.db, &a, &f.err));
    ok(!admission_store_join(f.db, &a, &f.err), "one place each");
    ok(is_first(&f, a.issuance_id) && ahead_of(&f, &b, 10) == 1, "the lower tag");
    ok(ahead_of(&f, &c, 10) == 1 && ahead_of(&f, &c, 0) == 0, "equal tags: by the attempt");
    c.class = 0;
    MUST(&f, admission_store_join(f.db, &c, &f.err));
    ok(is_first(&f, c.issuance_id) && ahead_of(&f, &b, 10) == 2, "a lower class goes first");
    ok(ahead_of(&f, &b, 1) == 1, "counted so far only");
    MUST(&f, admission_store_last_tag(f.db, CA, "par_1", &tag, &f.err));
    ok(tag == 8, "of the partner");
    MUST(&f, admission_store_last_tag(f.db, "other", "par_1", &tag, &f.err));
    ok(tag == 0, "at this CA");
    MUST(&f, admission_store_place(f.mem, f.db, b.issuance_id, &read, &f.err));
    ok(read && read->tag == 8 && read->class == 1 && strcmp(read->partner_id, "par_1") == 0,
       "as stored");
    MUST(&f, admission_store_leave(f.db, c.issuance_id, &f.err));
    MUST(&f, admission_store_leave(f.db, c.issuance_id, &f.err));
    MUST(&f, admission_store_place(f.mem, f.db, c.issuance_id, &read, &f.err));
    ok(!read && is_first(&f, a.issuance_id), "left");
    fixture_close(&f);
    all_ok();
}

static void test_spent(void **state)
{
    (void)state;
    struct fixture f;
    const struct rate_spent one = {"orders_per_account", ""}, two = {"certificates_per_set", "x"};
    struct rate_spent_list list;
    const char *id;

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_1");
    id = issuance(&f, "par_1", "a");
    MUST(&f, admission_store_spend(f.db, id, &one, &f.err));
    MUST(&f, admission_store_spend(f.db, id, &one, &f.err));
    MUST(&f, admission_store_spend(f.db, id, &two, &f.err));
    MUST(&f, admission_store_spent(f.mem, f.db, id, &list, &f.err));
    ok(list.count == 2 && strcmp(list.items[0].subject, "x") == 0 &&
           strcmp(list.items[1].limit, "orders_per_account") == 0,
       "each once");
    MUST(&f, admission_store_forget(f.db, id, &f.err));
    MUST(&f, admission_store_spent(f.mem, f.db, id, &list, &f.err));
    ok(list.count == 0, "forgotten");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_spent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
