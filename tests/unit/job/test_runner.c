/* SPDX-License-Identifier: Apache-2.0 */

/* Who runs which job when. */
#include "runner_world.h"

static bool done(struct world *w, const struct job *job, struct job_result *out, struct err *err)
{
    (void)w, (void)job, (void)err;
    out->is_done = true;
    return true;
}

static void test_done(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    (void)state;
    world.body = done;
    start();
    enqueue(SUBJECT, clock_now());
    ok(wait_for_runs(1), "a job that is enqueued later runs at once");
    job_runner_stop(world.runner);
    ok(!find(mem, SUBJECT), "and is removed when it is done");
    ok(atomic_load(&world.runs) == 1, "after one run: %d", atomic_load(&world.runs));
    all_ok();
}

static bool later(struct world *w, const struct job *job, struct job_result *out, struct err *err)
{
    (void)job, (void)err;
    out->is_done = atomic_load(&w->runs) > 1;
    out->run_at = clock_now() + 150;
    return true;
}

static void test_wait(void **state)
{
    int64_t began = clock_now(), took;

    (void)state;
    world.body = later;
    enqueue(SUBJECT, began);
    start();
    ok(wait_for_runs(2), "a job that waits runs again");
    took = atomic_load(&world.second) - began;
    ok(took >= 150 && took < 400, "at its time, not sooner and not much later: %lld ms",
       (long long)took);
    job_runner_stop(world.runner);
    all_ok();
}

static bool slow(struct world *w, const struct job *job, struct job_result *out, struct err *err)
{
    (void)w, (void)job, (void)err;
    usleep(100 * 1000);
    out->is_done = true;
    return true;
}

static void test_threads(void **state)
{
    (void)state;
    world.body = slow;
    for (int i = 0; i < 3 * THREADS; i++) {
        char subject[16];

        snprintf(subject, sizeof(subject), "iss_%d", i);
        enqueue(subject, clock_now());
    }
    start();
    ok(wait_for_runs(3 * THREADS), "all jobs run: %d", atomic_load(&world.runs));
    ok(atomic_load(&world.most) == THREADS, "%d at once, never more: %d", THREADS,
       atomic_load(&world.most));
    job_runner_stop(world.runner);
    all_ok();
}

static bool fails(struct world *w, const struct job *job, struct job_result *out, struct err *err)
{
    (void)w, (void)job, (void)out;
    return err_set(err, ERR_NET, "could not reach it");
}

static void test_failure(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct job *job;
    int64_t wait;

    (void)state;
    world.body = fails;
    enqueue(SUBJECT, clock_now());
    start();
    ok(wait_for_runs(1), "it runs");
    job_runner_stop(world.runner);
    job = find(mem, SUBJECT);
    wait = job ? job->run_at - clock_now() : 0;
    ok(job && job->attempts == 1 && job->last_error &&
           strcmp(job->last_error, "could not reach it") == 0,
       "the failure is stored: %s", job && job->last_error ? job->last_error : "no");
    ok(wait > 500 && wait <= job_backoff_ms(0), "and it is tried again in a while: %lld ms",
       (long long)wait);
    all_ok();
}

static bool loses_race(struct world *w, const struct job *job, struct job_result *out,
                       struct err *err)
{
    (void)job;
    out->is_done = true;
    return atomic_load(&w->runs) > 1 || err_set(err, ERR_LOST_RACE, "somebody was faster");
}

static void test_lost_race(void **state)
{
    int64_t began = clock_now();

    (void)state;
    world.body = loses_race;
    enqueue(SUBJECT, began);
    start();
    ok(wait_for_runs(2), "a lost race is run again");
    ok(atomic_load(&world.second) - began < 500, "at once");
    job_runner_stop(world.runner);
    all_ok();
}

static bool woken_while_running(struct world *w, const struct job *job, struct job_result *out,
                                struct err *err)
{
    if (atomic_load(&w->runs) == 1 &&
        !job_store_wake(w->db, job->subject_id, clock_now(), NULL, err))
        return false;
    out->is_done = atomic_load(&w->runs) > 1;
    out->run_at = clock_now() + 3600000;
    return true;
}

static void test_wake(void **state)
{
    (void)state;
    world.body = woken_while_running;
    enqueue(SUBJECT, clock_now());
    start();
    ok(wait_for_runs(2), "a wake during the run is not lost to the hour that the run asks for");
    job_runner_stop(world.runner);
    all_ok();
}

/* Issuances that a CA holds up, until the jobs that ask none have run. */
static bool held(struct world *w, const struct job *job, struct job_result *out, struct err *err)
{
    int64_t end = clock_boot_ms() + WAIT_MS;

    (void)err;
    out->is_done = true;
    if (strcmp(job->kind, job_kind_name(JOB_ISSUE)) != 0)
        atomic_fetch_add(&w->local, 1);
    else
        while (atomic_load(&w->local) < 2 && clock_boot_ms() < end)
            usleep(1000);
    return true;
}

static void test_relief(void **state)
{
    struct err err = {0};
    int64_t began = clock_boot_ms();

    (void)state;
    world.body = held;
    start();
    for (int i = 0; i < THREADS + 1; i++)
        enqueue((const char *[]){"a", "b", "c", "d", "e"}[i], clock_now());
    ok(wait_for_runs(THREADS), "all threads are held");
    for (int i = 0; i < 2; i++)
        ok(job_store_enqueue(world.db, job_kind_name(JOB_PUBLISH), i ? "x" : "y", clock_now(),
                             &err),
           "%s", err.text);
    ok(wait_for_runs(THREADS + 3), "the others run, and then the last issuance");
    ok(clock_boot_ms() - began < WAIT_MS - 500, "while the threads were held");
    ok(atomic_load(&world.local) == 2 && atomic_load(&world.most) == THREADS + 1, "%d at once",
       atomic_load(&world.most));
    job_runner_stop(world.runner);
    all_ok();
}

static void test_stop_when_idle(void **state)
{
    (void)state;
    world.body = done;
    for (int i = 0; i < 20; i++) {
        enqueue(SUBJECT, clock_now());
        start();
        job_runner_stop(world.runner);
    }
    ok(true, "starting and stopping twenty times ends");
    all_ok();
}

/* The dispatcher is in the middle of its wait for the next look. */
static void test_stop_is_prompt(void **state)
{
    int64_t begin;

    (void)state;
    enqueue(SUBJECT, clock_now() + 60000);
    start();
    usleep(100000);
    begin = clock_boot_ms();
    job_runner_stop(world.runner);
    ok(clock_boot_ms() - begin < 500, "stopping took %lld ms",
       (long long)(clock_boot_ms() - begin));
    all_ok();
}

static void test_backoff(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 10; i++)
        ok(job_backoff_ms(i + 1) >= job_backoff_ms(i), "it never shrinks: %lld", (long long)i);
    ok(job_backoff_ms(0) == 1000 && job_backoff_ms(1000) == 3600000, "from a second to an hour");
    all_ok();
}

/* The store takes no change of a job while there is this trigger, as on a full disk. */
static void block(struct world *w, bool is_blocked)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct err err = {0};

    if (!db_tx_begin(w->db, &tx, &err) ||
        !db_script(tx,
                   is_blocked ? "CREATE TRIGGER blocked BEFORE UPDATE ON job "
                                "BEGIN SELECT RAISE(ABORT, 'no room'); END"
                              : "DROP TRIGGER blocked",
                   &err) ||
        !db_tx_commit(&tx, &err))
        fail_msg("%s", err.text);
}

static bool blocks_once(struct world *w, const struct job *job, struct job_result *out,
                        struct err *err)
{
    (void)job;
    (void)err;
    if (atomic_load(&w->runs) == 1)
        block(w, true);
    out->run_at = clock_now() + 3600000;
    return true;
}

/* What came of the run is not stored: it runs again when the store takes changes, long before its
 * lease is over. */
static void test_store_without_room(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    (void)state;

    world.body = blocks_once;
    start();
    enqueue(SUBJECT, clock_now());
    ok(wait_for_runs(1), "it runs");
    usleep(300000);
    ok(atomic_load(&world.runs) == 1 && find(mem, SUBJECT)->fence == 1, "it is leased still");
    block(&world, false);
    ok(wait_for_runs(2), "it runs again");
    job_runner_stop(world.runner);
    ok(find(mem, SUBJECT)->run_at > clock_now() + 3500000, "and what came of it is stored");
    all_ok();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_done),
        TEST(test_wait),
        TEST(test_threads),
        TEST(test_failure),
        TEST(test_lost_race),
        TEST(test_wake),
        TEST(test_relief),
        TEST(test_stop_when_idle),
        TEST(test_stop_is_prompt),
        TEST(test_store_without_room),
        cmocka_unit_test(test_backoff),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
