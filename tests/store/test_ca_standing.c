/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "store/ca_standing_store.h"
#include "store/job_store.h"

#define CA "sandbox"

static void test_standing(void **state)
{
    (void)state;
    struct fixture f;
    struct ca_standing mine, theirs, read;

    fixture_open_migrated(&f);
    MUST(&f, ca_standing_store_get(f.mem, f.db, CA, &mine, &f.err));
    ok(mine.version == 0 && !ca_breaker_is_troubled(&mine.breaker), "nothing is known");
    theirs = mine;
    mine.breaker = (struct ca_breaker){5, T0, T0 + 1, 2, T0 + 2, true};
    mine.error_text = "the CA cannot be reached";
    MUST(&f, ca_standing_store_save(f.db, &mine, &f.err));
    MUST(&f, ca_standing_store_get(f.mem, f.db, CA, &read, &f.err));
    ok(read.breaker.failures == 5 && read.breaker.failing_since_at == T0 &&
           read.breaker.open_since_at == T0 + 1 && read.breaker.tries == 2 &&
           read.breaker.next_try_at == T0 + 2 && read.breaker.is_trying && read.version == 1 &&
           strcmp(read.error_text, mine.error_text) == 0,
       "every member reads back");
    ok(!ca_standing_store_save(f.db, &theirs, &f.err) && f.err.code == ERR_LOST_RACE,
       "of two that try, one does: %s", f.err.text);
    MUST(&f, ca_standing_store_save(f.db, &read, &f.err));
    ok(!ca_standing_store_save(f.db, &mine, &f.err) && f.err.code == ERR_LOST_RACE, "later too: %s",
       f.err.text);
    MUST(&f, ca_standing_store_get(f.mem, f.db, "other", &read, &f.err));
    ok(read.version == 0, "each by itself");
    fixture_close(&f);
    all_ok();
}

static int64_t run_at(struct fixture *f, const char *issuance)
{
    const struct job *job;

    MUST(f, job_store_find(f->mem, f->db, "issue", issuance, &job, &f->err));
    return job->run_at;
}

/* When a CA answers again: who waits for it, and not who it has told to wait. */
static void test_waking(void **state)
{
    (void)state;
    struct fixture f;
    static const struct {
        const char *tag, *ca, *code;
        int64_t failures;
        bool is_woken;
    } rows[] = {{"a", CA, "ca_down", 3, true},
                {"b", CA, "net", 1, true},
                {"c", CA, "rate_limited", 1, false},
                {"d", "other", "ca_down", 3, false},
                {"e", CA, "ca_down", 0, false}};

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_1");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct tenant t = tenant_add(&f, "par_1", rows[i].tag);
        struct issuance issuance = issuance_of(&t);

        issuance.ca = rows[i].ca;
        issuance.error_code = rows[i].code;
        issuance.ca_failures = rows[i].failures;
        issuance.version = 1;
        MUST(&f, issuance_store_save(f.db, &issuance, &f.err));
        MUST(&f, job_store_enqueue(f.db, "issue", t.issuance, T0 + 900, &f.err));
    }
    MUST(&f, job_store_wake_of_ca(f.db, CA, T0, &f.err));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *id = arena_printf(f.mem, "iss_%s", rows[i].tag);

        ok(run_at(&f, id) == (rows[i].is_woken ? T0 : T0 + 900), "%s", id);
    }
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_standing),
        cmocka_unit_test(test_waking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
