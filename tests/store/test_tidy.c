/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "fixture.h"
#include "job/jobs.h"
#include "store/idempotency_store.h"

static void add_answer(struct fixture *f, const char *token, const char *key, int64_t created_at)
{
    const struct idempotent_answer answer = {
        .token_id = token,
        .key = key,
        .request_hash = SLICE_LIT("0123456789abcdef0123456789abcdef"),
        .status = 201,
        .body = "{}",
        .created_at = created_at,
    };

    MUST(f, idempotency_store_add(f->db, &answer, &f->err));
}

static bool is_kept(struct fixture *f, const char *token, const char *key)
{
    const struct idempotent_answer *answer;

    MUST(f, idempotency_store_find(f->mem, f->db, token, key, &answer, &f->err));
    return answer != NULL;
}

static void test_answers(void **state)
{
    int64_t now = clock_now();
    struct job_result result = {0};
    struct fixture f;
    struct tenant tenant;
    struct app app;
    struct worker worker;
    (void)state;

    fixture_open_migrated(&f);
    tenants_prepare(&f);
    partner_add(&f, "par_1");
    tenant = tenant_add(&f, "par_1", "a");
    app = (struct app){.db = f.db};
    worker = (struct worker){.app = &app};
    add_answer(&f, tenant.token, "old", now - JOB_ANSWERS_KEPT_MS - 1);
    add_answer(&f, tenant.token, "young", now - JOB_ANSWERS_KEPT_MS + 60000);
    MUST(&f, job_tidy(&worker, f.mem, NULL, &result, &f.err));
    ok(!is_kept(&f, tenant.token, "old"), "an old answer is kept");
    ok(is_kept(&f, tenant.token, "young"), "a young answer is forgotten");
    ok(!result.is_done && result.run_at >= now + JOB_TIDY_EVERY_MS, "it runs again");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_answers)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
