/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/clock.h"
#include "fixture.h"
#include "store/job_store.h"

#define LEASE_MS 60000

static const struct job *claim_for(struct fixture *f, const char *owner, int64_t now,
                                   int64_t lease_ms)
{
    struct job_claim claim = {.owner = owner, .now = now, .lease_ms = lease_ms};
    const struct job *job;

    MUST(f, job_store_claim(f->mem, f->db, &claim, &job, &f->err));
    return job;
}

static const struct job *claim_at(struct fixture *f, int64_t now)
{
    return claim_for(f, "worker-1/1", now, LEASE_MS);
}

static void enqueue(struct fixture *f, const char *subject, int64_t run_at)
{
    MUST(f, job_store_enqueue(f->db, "issue", subject, run_at, &f->err));
}

/* run_at of the job; -1 when there is none. */
static int64_t run_at_of(struct fixture *f, const char *subject)
{
    const struct job *job;

    MUST(f, job_store_find(f->mem, f->db, "issue", subject, &job, &f->err));
    return job ? job->run_at : -1;
}

static bool lost(struct fixture *f, bool done)
{
    return !done && f->err.code == ERR_LOST_RACE;
}

static void test_enqueue(void **state)
{
    (void)state;
    struct fixture f;

    fixture_open_migrated(&f);
    enqueue(&f, "a", T0 + 10);
    ok(run_at_of(&f, "a") == T0 + 10, "as asked");
    enqueue(&f, "a", T0 + 20);
    ok(run_at_of(&f, "a") == T0 + 10, "not later");
    enqueue(&f, "a", T0 + 5);
    ok(run_at_of(&f, "a") == T0 + 5, "but earlier");
    MUST(&f, job_store_enqueue(f.db, "check", "a", T0, &f.err));
    ok(run_at_of(&f, "a") == T0 + 5, "another kind is another job");
    fixture_close(&f);
    all_ok();
}

static void test_claim(void **state)
{
    (void)state;
    struct fixture f;
    const struct job *job;
    int64_t next;

    fixture_open_migrated(&f);
    MUST(&f, job_store_next(f.db, &next, &f.err));
    ok(next == INT64_MAX, "the queue is empty");
    enqueue(&f, "late", T0 + 10);
    enqueue(&f, "early", T0 + 5);
    MUST(&f, job_store_next(f.db, &next, &f.err));
    ok(next == T0 + 5, "when the next is due");
    ok(!claim_at(&f, T0 + 4), "none is due");
    job = claim_at(&f, T0 + 5);
    ok(job && strcmp(job->subject_id, "early") == 0 && job->fence == 1, "due now");
    ok(!claim_at(&f, T0 + 9), "a claimed one is not claimed again");
    MUST(&f, job_store_next(f.db, &next, &f.err));
    ok(next == T0 + 10, "nor looked at for the next");
    MUST(&f, job_store_finish(f.db, job, &f.err));
    ok(run_at_of(&f, "early") == -1, "a finished one is gone");
    enqueue(&f, "early", T0 + 8);
    job = claim_at(&f, T0 + 20);
    ok(job && strcmp(job->subject_id, "early") == 0, "the longest due first");
    job = claim_at(&f, T0 + 20);
    ok(job && strcmp(job->subject_id, "late") == 0, "then the next");
    fixture_close(&f);
    all_ok();
}

/* A lease that ran out: the job goes to another worker, and the first one can store nothing. */
static void test_fence(void **state)
{
    (void)state;
    struct fixture f;
    const struct job *first, *second;

    fixture_open_migrated(&f);
    enqueue(&f, "a", T0);
    first = claim_for(&f, "worker-1/1", T0, 20);
    ok(!claim_at(&f, T0), "leased");
    usleep(30000);
    second = claim_at(&f, T0);
    ok(second && second->fence == first->fence + 1, "the lease ran out");
    ok(lost(&f, job_store_extend(f.db, first, LEASE_MS, &f.err)), "extend: %s", f.err.text);
    ok(lost(&f, job_store_finish(f.db, first, &f.err)), "finish: %s", f.err.text);
    ok(lost(&f, job_store_reschedule(f.db, first, T0 + 1, NULL, &f.err)), "reschedule: %s",
       f.err.text);
    MUST(&f, job_store_extend(f.db, second, LEASE_MS, &f.err));
    MUST(&f, job_store_reschedule(f.db, second, T0 + 7, NULL, &f.err));
    ok(run_at_of(&f, "a") == T0 + 7, "rescheduled");
    second = claim_at(&f, T0 + 7);
    ok(second != NULL, "and free again");
    MUST(&f, job_store_finish(f.db, second, &f.err));
    ok(lost(&f, job_store_finish(f.db, second, &f.err)), "finished once: %s", f.err.text);
    fixture_close(&f);
    all_ok();
}

static void test_extend(void **state)
{
    (void)state;
    struct fixture f;
    const struct job *job;

    fixture_open_migrated(&f);
    enqueue(&f, "a", T0);
    job = claim_for(&f, "worker-1/1", T0, 20);
    MUST(&f, job_store_extend(f.db, job, LEASE_MS, &f.err));
    usleep(30000);
    ok(!claim_at(&f, T0), "still leased");
    fixture_close(&f);
    all_ok();
}

static const struct query other_boot = {
    .name = "test.other_boot",
    .sql = "UPDATE job SET lease_boot = '00000000-0000-0000-0000-000000000000'",
    .params = "",
    .cols = "",
};

static void test_boot(void **state)
{
    (void)state;
    struct fixture f;
    int64_t next;

    fixture_open_migrated(&f);
    enqueue(&f, "a", T0);
    ok(claim_at(&f, T0) != NULL, "claimed");
    MUST(&f, db_exec(f.db, &other_boot, NULL, &f.err, QNONE));
    MUST(&f, job_store_next(f.db, &next, &f.err));
    ok(next == T0, "the lease of another boot has ended");
    ok(claim_at(&f, T0) != NULL, "so it is claimed again");
    fixture_close(&f);
    all_ok();
}

static void test_failures(void **state)
{
    (void)state;
    struct fixture f;
    const struct job *job;

    fixture_open_migrated(&f);
    enqueue(&f, "a", T0);
    for (int i = 0; i < 3; i++) {
        job = claim_at(&f, T0 + i);
        ok(job && job->attempts == i && !job->last_error == (i == 0), "attempt %d", i);
        MUST(&f, job_store_reschedule(f.db, job, T0 + i + 1, "could not", &f.err));
    }
    job = claim_at(&f, T0 + 3);
    ok(strcmp(job->last_error, "could not") == 0, "why");
    MUST(&f, job_store_reschedule(f.db, job, T0 + 4, NULL, &f.err));
    job = claim_at(&f, T0 + 4);
    ok(job->attempts == 0 && !job->last_error, "one success ends the row of failures");
    fixture_close(&f);
    all_ok();
}

/* What comes while the job runs is not lost when it ends. */
static const struct {
    const char *what;
    int64_t wake_at, enqueue_at, reschedule_to; /* 0: not; reschedule_to 0: finish */
    int64_t expected;                           /* -1: the job is gone */
} wakes[] = {
    {"finished", 0, 0, 0, -1},
    {"woken, then finished", T0 + 2, 0, 0, T0 + 2},
    {"enqueued, then finished", 0, T0 + 9, 0, T0 + 9},
    {"woken and enqueued, then finished", T0 + 2, T0 + 9, 0, T0 + 2},
    {"rescheduled", 0, 0, T0 + 5, T0 + 5},
    {"woken, then rescheduled later", T0 + 2, 0, T0 + 5, T0 + 2},
    {"enqueued for later, rescheduled earlier", 0, T0 + 9, T0 + 5, T0 + 5},
    {"enqueued for earlier, rescheduled later", 0, T0 + 9, T0 + 50, T0 + 9},
};

static void test_wake_while_running(void **state)
{
    (void)state;
    struct fixture f;

    fixture_open_migrated(&f);
    for (size_t i = 0; i < ARRAY_LEN(wakes); i++) {
        const char *subject = arena_printf(f.mem, "s%zu", i);
        const struct job *job;

        enqueue(&f, subject, T0 - 1);
        job = claim_at(&f, T0);
        if (wakes[i].wake_at)
            MUST(&f, job_store_wake(f.db, subject, wakes[i].wake_at, NULL, &f.err));
        if (wakes[i].enqueue_at)
            enqueue(&f, subject, wakes[i].enqueue_at);
        if (wakes[i].reschedule_to)
            MUST(&f, job_store_reschedule(f.db, job, wakes[i].reschedule_to, NULL, &f.err));
        else
            MUST(&f, job_store_finish(f.db, job, &f.err));
        ok(run_at_of(&f, subject) == wakes[i].expected, "%s: T0%+lld", wakes[i].what,
           (long long)(run_at_of(&f, subject) - T0));
    }
    fixture_close(&f);
    all_ok();
}

/* A wake from before the claim has done its work: the run that it caused may reschedule freely. */
static void test_wake_before(void **state)
{
    (void)state;
    struct fixture f;
    const struct job *job;
    int64_t woken;

    fixture_open_migrated(&f);
    enqueue(&f, "a", T0 + 100);
    MUST(&f, job_store_wake(f.db, "a", T0, &woken, &f.err));
    ok(woken == 1 && run_at_of(&f, "a") == T0, "due now");
    MUST(&f, job_store_wake(f.db, "nobody", T0, &woken, &f.err));
    ok(woken == 0, "nothing to wake");
    job = claim_at(&f, T0);
    MUST(&f, job_store_reschedule(f.db, job, T0 + 500, NULL, &f.err));
    ok(run_at_of(&f, "a") == T0 + 500, "rescheduled");
    fixture_close(&f);
    all_ok();
}

/* req: R23 */
/* After a restore: all of a kind, but not at once, and none later than it was to be. */
static void test_spread(void **state)
{
    (void)state;
    struct fixture f;

    fixture_open_migrated(&f);
    enqueue(&f, "sooner", T0 - 1);
    for (const char *name = "abcdefgh"; *name; name++)
        enqueue(&f, (const char[]){*name, 0}, T0 + 3600000);
    MUST(&f, job_store_enqueue(f.db, "check", "another", T0 + 3600000, &f.err));
    MUST(&f, job_store_spread(f.db, "issue", T0, 20, &f.err));
    ok(run_at_of(&f, "sooner") == T0 - 1, "as it was");
    for (const char *name = "abcdefgh"; *name; name++) {
        int64_t at = run_at_of(&f, (const char[]){*name, 0});

        ok(at >= T0 && at <= T0 + (9 * 20), "%c: %lld ms", *name, (long long)(at - T0));
    }
    fixture_close(&f);
    all_ok();
}

static void test_clock_back(void **state)
{
    (void)state;
    struct fixture f;

    fixture_open_migrated(&f);
    enqueue(&f, "due", T0);
    enqueue(&f, "soon", T0 + 40);
    enqueue(&f, "later", T0 + 150);
    MUST(&f, job_store_clock_back(f.db, T0, 100, &f.err));
    ok(run_at_of(&f, "due") == T0, "what is due stays");
    ok(run_at_of(&f, "soon") == T0, "what would be sooner than now is due");
    ok(run_at_of(&f, "later") == T0 + 50, "the others are sooner by the step");
    fixture_close(&f);
    all_ok();
}

static void test_release(void **state)
{
    (void)state;
    struct fixture f;
    const struct job *mine, *theirs;
    int64_t released;

    fixture_open_migrated(&f);
    enqueue(&f, "a", T0);
    enqueue(&f, "b", T0 + 1);
    mine = claim_for(&f, "worker-1/7", T0 + 1, LEASE_MS);
    theirs = claim_for(&f, "worker-12/7", T0 + 1, LEASE_MS);
    MUST(&f, job_store_release(f.db, "worker-1", &released, &f.err));
    ok(released == 1, "%lld released", (long long)released);
    ok(lost(&f, job_store_finish(f.db, mine, &f.err)), "the dead one can store nothing");
    MUST(&f, job_store_finish(f.db, theirs, &f.err));
    ok(claim_at(&f, T0 + 1) != NULL, "its job is claimed again");
    fixture_close(&f);
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enqueue),
        cmocka_unit_test(test_claim),
        cmocka_unit_test(test_fence),
        cmocka_unit_test(test_extend),
        cmocka_unit_test(test_boot),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_wake_while_running),
        cmocka_unit_test(test_wake_before),
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_clock_back),
        cmocka_unit_test(test_release),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
