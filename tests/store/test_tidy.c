/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "fixture.h"
#include "job/jobs.h"
#include "model/sign_in.h"
#include "store/admission_store.h"
#include "store/feed_store.h"
#include "store/idempotency_store.h"
#include "store/session_store.h"
#include "store/user_store.h"

#define GROUP "default"

static const struct config config; /* without a CA */

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
    app = (struct app){.config = &config, .db = f.db};
    worker = (struct worker){.app = &app, .feed.group = GROUP};
    add_answer(&f, tenant.token, "old", now - JOB_ANSWERS_KEPT_MS - 1);
    add_answer(&f, tenant.token, "young", now - JOB_ANSWERS_KEPT_MS + 60000);
    MUST(&f, job_tidy(&worker, f.mem, NULL, &result, &f.err));
    ok(!is_kept(&f, tenant.token, "old"), "an old answer is kept");
    ok(is_kept(&f, tenant.token, "young"), "a young answer is forgotten");
    ok(!result.is_done && result.run_at >= now + JOB_TIDY_EVERY_MS, "it runs again");
    fixture_close(&f);
    all_ok();
}

static void test_buckets(void **state)
{
    const int64_t now = clock_now();
    const struct rate_key old = {"ca", "limit", "old"}, young = {"ca", "limit", "young"};
    struct job_result result = {0};
    struct fixture f;
    struct app app;
    struct worker worker;
    int64_t tat_old, tat_young;
    (void)state;

    fixture_open_migrated(&f);
    app = (struct app){.config = &config, .db = f.db};
    worker = (struct worker){.app = &app, .feed.group = GROUP};
    MUST(&f, admission_store_put_tat(f.db, &old, (now - JOB_BUCKETS_KEPT_MS - 1) * 1000, &f.err));
    MUST(&f,
         admission_store_put_tat(f.db, &young, (now - JOB_BUCKETS_KEPT_MS + 60000) * 1000, &f.err));
    MUST(&f, job_tidy(&worker, f.mem, NULL, &result, &f.err));
    MUST(&f, admission_store_tat(f.db, &old, &tat_old, &f.err));
    MUST(&f, admission_store_tat(f.db, &young, &tat_young, &f.err));
    ok(tat_old == 0 && tat_young != 0, "what has been full for long is forgotten");
    fixture_close(&f);
    all_ok();
}

/* One old deletion more than is forgotten at once, and what must stay. */
static void test_deletions(void **state)
{
    const int64_t old = clock_real_ms() - JOB_TOMBSTONES_KEPT_MS - 1, young = old + 60000;
    struct job_result result = {0};
    struct feed_record_list left;
    struct feed_head head;
    struct fixture f;
    struct app app;
    struct worker worker;
    (void)state;

    fixture_open_migrated(&f);
    app = (struct app){.config = &config, .db = f.db};
    worker = (struct worker){.app = &app, .feed.group = GROUP};
    MUST(&f, feed_store_start_epoch(f.db, GROUP, 1, &f.err));
    feed_tell(&f, "live", old, false);
    for (int i = 0; i <= FEED_FORGET_MAX; i++)
        feed_tell(&f, arena_printf(f.mem, "old%d", i), old, true);
    feed_tell(&f, "young", young, true);
    for (int i = 0; i < 2; i++) {
        MUST(&f, job_tidy(&worker, f.mem, NULL, &result, &f.err));
        MUST(&f, feed_store_snapshot(f.mem, f.db, GROUP, (struct slice){NULL, 0}, &left, &f.err));
        MUST(&f, feed_store_head(f.db, GROUP, &head, &f.err));
        ok(left.count == 2 && slice_eq(left.items[0].key, SLICE_LIT("live")) &&
               slice_eq(left.items[1].key, SLICE_LIT("young")),
           "old deletions alone are forgotten: %zu are left", left.count);
        ok(head.tombstone_floor == head.seq - 1, "from before %lld a snapshot is needed",
           (long long)head.tombstone_floor);
    }
    fixture_close(&f);
    all_ok();
}

static void add_session(struct fixture *f, const char *hash, int64_t created_at, int64_t seen_at)
{
    MUST(f, session_store_add(f->db,
                              &(struct session){.hash = slice_of(hash, SHA256_SIZE),
                                                .user_id = "usr_1",
                                                .created_at = created_at,
                                                .seen_at = seen_at},
                              &f->err));
}

static bool is_session_kept(struct fixture *f, const char *hash)
{
    const struct session *session;

    MUST(f, session_store_find(f->mem, f->db, slice_of(hash, SHA256_SIZE), &session, &f->err));
    return session != NULL;
}

static void test_sessions(void **state)
{
    static const char idle[] = "idle567890123456789012345678901",
                      old[] = "old4567890123456789012345678901",
                      young[] = "young67890123456789012345678901",
                      link[] = "link567890123456789012345678901";
    const int64_t now = clock_now(), minute = 60000;
    struct job_result result = {0};
    struct fixture f;
    struct app app;
    struct worker worker;
    const struct login_link *found;
    (void)state;

    fixture_open_migrated(&f);
    app = (struct app){.config = &config, .db = f.db};
    worker = (struct worker){.app = &app, .feed.group = GROUP};
    MUST(&f, user_store_add(
                 f.db, &(struct user){.id = "usr_1", .email = "a@b.example", .name = "A"}, &f.err));
    add_session(&f, idle, now - SESSION_IDLE_MS - minute, now - SESSION_IDLE_MS);
    add_session(&f, old, now - SESSION_MAX_MS, now);
    add_session(&f, young, now - SESSION_MAX_MS + minute, now - SESSION_IDLE_MS + minute);
    MUST(&f, login_link_store_add(f.db,
                                  &(struct login_link){.hash = slice_of(link, SHA256_SIZE),
                                                       .user_id = "usr_1",
                                                       .created_at = now - LOGIN_LINK_MS,
                                                       .expires_at = now},
                                  &f.err));
    MUST(&f, job_tidy(&worker, f.mem, NULL, &result, &f.err));
    MUST(&f, login_link_store_find(f.mem, f.db, slice_of(link, SHA256_SIZE), &found, &f.err));
    ok(!is_session_kept(&f, idle), "an idle session is kept");
    ok(!is_session_kept(&f, old), "an old session is kept");
    ok(is_session_kept(&f, young), "a young session is forgotten");
    ok(!found, "a link that is over is kept");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers), cmocka_unit_test(test_buckets),
        cmocka_unit_test(test_deletions), cmocka_unit_test(test_sessions)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
