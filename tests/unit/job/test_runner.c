/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "job/held.h"
#include "store/schema.h"

#define WAIT_MS 5000
#define THREADS 4
#define SUBJECT "iss_test"

/* What the jobs of a test do, and what they saw. */
static struct world {
    char dir[32];
    struct db *db;
    struct job_runner *runner;
    _Atomic int runs;       /* of any job */
    _Atomic int at_once;    /* running now */
    _Atomic int most;       /* ever at once */
    _Atomic int local;      /* of jobs that ask no CA */
    _Atomic int64_t second; /* clock_now() of the second run */
    _Atomic int gone_on;    /* runs that were held */
    _Atomic int taken;      /* runs that have ended themselves, and then saw OTHER claimed */
    const struct job *job;  /* of the last run */
    bool (*body)(struct world *w, const struct job *job, struct job_result *out, struct err *err);
} world;

static bool run(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                struct err *err)
{
    struct world *w = arg;
    int now = atomic_fetch_add(&w->at_once, 1) + 1, most = atomic_load(&w->most);
    bool is_done;

    (void)mem;
    while (now > most && !atomic_compare_exchange_weak(&w->most, &most, now))
        continue;
    if (atomic_fetch_add(&w->runs, 1) == 1)
        atomic_store(&w->second, clock_now());
    is_done = w->body(w, job, out, err);
    atomic_fetch_sub(&w->at_once, 1);
    return is_done;
}

static void start(void)
{
    struct job_runner_options options = {
        .db = world.db, .owner = "test", .threads = THREADS, .run = {run, run, run}, .arg = &world};
    struct err err = {0};

    if (!job_runner_start(&options, &world.runner, &err))
        fail_msg("%s", err.text);
}

static void enqueue(const char *subject, int64_t run_at)
{
    struct err err = {0};

    if (!job_store_enqueue(world.db, job_kind_name(JOB_ISSUE), subject, run_at, &err))
        fail_msg("%s", err.text);
}

static bool wait_for_runs(int n)
{
    int64_t end = clock_boot_ms() + WAIT_MS;

    while (atomic_load(&world.runs) < n && clock_boot_ms() < end)
        usleep(1000);
    return atomic_load(&world.runs) >= n;
}

static const struct job *find(struct arena *mem, const char *subject)
{
    const struct job *job;
    struct err err = {0};

    if (!job_store_find(mem, world.db, job_kind_name(JOB_ISSUE), subject, &job, &err))
        fail_msg("%s", err.text);
    return job;
}

static int open_world(void **state)
{
    char path[64];
    struct err err = {0};

    (void)state;
    world = (struct world){0};
    snprintf(world.dir, sizeof(world.dir), "/tmp/latchkey-job-XXXXXX");
    assert_non_null(mkdtemp(world.dir));
    snprintf(path, sizeof(path), "%s/t.db", world.dir);
    if (!db_open_sqlite(path, 4, &world.db, &err) || !store_migrate(world.db, NULL, &err))
        fail_msg("%s", err.text);
    return 0;
}

static int close_world(void **state)
{
    static const char *const files[] = {"t.db", "t.db-wal", "t.db-shm", "t.db-turn"};
    char path[64];

    (void)state;
    db_close(world.db);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        snprintf(path, sizeof(path), "%s/%s", world.dir, files[i]);
        unlink(path);
    }
    return rmdir(world.dir);
}

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

#define OTHER   "iss_other"
#define HOUR_MS INT64_C(3600000)

/* In the first run it fails after it has stored something. */
static bool learn(void *arg, struct db *tx, struct err *err)
{
    struct world *w = arg;
    bool is_first = atomic_load(&w->runs) == 1;
    int64_t at = clock_now() + (is_first ? 0 : HOUR_MS);

    return job_store_enqueue(tx, job_kind_name(JOB_ISSUE), OTHER, at, err) &&
           (!is_first || err_set(err, ERR_STORE, "not this time"));
}

static bool learned(struct world *w, const struct job *job, struct job_result *out, struct err *err)
{
    (void)job, (void)err;
    *out = (struct job_result){.is_done = true, .also = learn, .also_arg = w};
    return true;
}

static bool learn_more(void *arg, struct db *tx, struct err *err)
{
    (void)arg;
    return job_store_enqueue(tx, job_kind_name(JOB_ISSUE), OTHER, clock_now() + HOUR_MS, err);
}

static void test_also(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct job *other;

    (void)state;
    world.body = learned;
    start();
    enqueue(SUBJECT, clock_now());
    ok(wait_for_runs(2), "a run whose outcome is not stored is repeated");
    job_runner_stop(world.runner);
    other = find(mem, OTHER);
    ok(other && other->run_at > clock_now(), "what is stored is of the run that had an outcome");
    ok(!find(mem, SUBJECT) && atomic_load(&world.runs) == 2, "and nothing runs after that: %d",
       atomic_load(&world.runs));
    all_ok();
}

static bool store_itself(struct world *w, const struct job *job, struct job_result *out,
                         struct err *err)
{
    *out = (struct job_result){.is_done = true, .is_stored = true};
    return job_store_reschedule(w->db, job, clock_now() + HOUR_MS, NULL, err);
}

static void test_stored_by_the_run(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct job *job;

    (void)state;
    world.body = store_itself;
    start();
    enqueue(SUBJECT, clock_now());
    ok(wait_for_runs(1), "it runs");
    job_runner_stop(world.runner);
    job = find(mem, SUBJECT);
    ok(job && job->run_at > clock_now(), "what a run has stored of itself stays");
    all_ok();
}

static void wait_until_gone(const char *subject)
{
    int64_t end = clock_boot_ms() + WAIT_MS;
    bool is_there = true;

    while (is_there && clock_boot_ms() < end) {
        AUTO(arena_freep) struct arena *mem = arena_new();

        is_there = find(mem, subject) != NULL;
        usleep(1000);
    }
    ok(!is_there, "%s is done", subject);
}

/* All threads have one, so that the dispatcher claims none. */
static void wait_for_all_threads(const struct world *w)
{
    int64_t end = clock_boot_ms() + WAIT_MS;

    while (atomic_load(&w->most) < THREADS && clock_boot_ms() < end)
        usleep(1000);
}

static bool end_itself(struct world *w, const struct job *job, struct job_result *out,
                       struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct job *other;

    wait_for_all_threads(w);
    out->is_done = strcmp(job->subject_id, SUBJECT) != 0;
    out->run_at = clock_now() + HOUR_MS;
    out->is_stored =
        db_tx_begin(w->db, &tx, err) && job_end(out, tx, job, err) && db_tx_commit(&tx, err);
    other = find(mem, OTHER);
    if (other && other->fence == 1 && strcmp(job->subject_id, OTHER) != 0)
        atomic_fetch_add(&w->taken, 1);
    return out->is_stored;
}

/* As many as there are threads, and OTHER. */
static void enqueue_more_than_threads(void)
{
    enqueue(SUBJECT, clock_now() - 2);
    for (int i = 1; i < THREADS; i++)
        enqueue((const char *[]){"a", "b", "c"}[i - 1], clock_now() - 1);
    enqueue(OTHER, clock_now());
}

static void test_ends_itself(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct job *job;

    (void)state;
    world.body = end_itself;
    enqueue_more_than_threads();
    start();
    ok(wait_for_runs(THREADS + 1), "all jobs run: %d", atomic_load(&world.runs));
    job_runner_stop(world.runner);
    ok(atomic_load(&world.taken) > 0, "the next job is claimed in the same transaction");
    job = find(mem, SUBJECT);
    ok(job && job->run_at > clock_now(), "one waits, as its run has stored");
    ok(!find(mem, "a") && !find(mem, "b") && !find(mem, "c") && !find(mem, OTHER),
       "the others are done");
    ok(atomic_load(&world.runs) == THREADS + 1, "and nothing has run twice: %d",
       atomic_load(&world.runs));
    all_ok();
}

/* The transaction is not committed: neither the end of the run nor the next job is of it. */
static bool end_in_vain(struct world *w, const struct job *job, struct job_result *out,
                        struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    int64_t end = clock_boot_ms() + WAIT_MS;
    bool is_begun;

    wait_for_all_threads(w);
    out->is_done = true;
    if (strcmp(job->subject_id, SUBJECT) != 0) {
        while (atomic_load(&w->taken) == 0 && clock_boot_ms() < end)
            usleep(1000);
        return true;
    }
    if (atomic_load(&w->taken) > 0)
        return true;
    is_begun = db_tx_begin(w->db, &tx, err) && job_end(out, tx, job, err);
    db_tx_endp(&tx);
    atomic_fetch_add(&w->taken, 1);
    return is_begun && err_set(err, ERR_LOST_RACE, "somebody was faster");
}

static void test_ends_in_vain(void **state)
{
    static const char *const subjects[] = {SUBJECT, "a", "b", "c", OTHER};

    (void)state;
    world.body = end_in_vain;
    enqueue_more_than_threads();
    start();
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        wait_until_gone(subjects[i]);
    job_runner_stop(world.runner);
    ok(atomic_load(&world.taken) == 1 && atomic_load(&world.runs) == THREADS + 2,
       "it runs again, the others once: %d", atomic_load(&world.runs));
    all_ok();
}

static bool go_on(void *arg, struct job_result *out, struct err *err)
{
    struct world *w = arg;
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct job *stored = find(mem, SUBJECT);

    (void)err;
    ok(stored && stored->fence == w->job->fence && stored->run_at == w->job->run_at,
       "nothing was stored of the wait");
    atomic_fetch_add(&w->gone_on, 1);
    out->is_done = true;
    return true;
}

static bool wait_for(struct world *w, const struct job *job, int64_t ms, struct job_result *out)
{
    w->job = job;
    *out = (struct job_result){.run_at = clock_now() + ms,
                               .is_done = atomic_load(&w->runs) > 1,
                               .go_on = go_on,
                               .go_on_arg = w,
                               .also = learn_more,
                               .also_arg = w};
    return true;
}

static bool wait_shortly(struct world *w, const struct job *job, struct job_result *out,
                         struct err *err)
{
    (void)err;
    return wait_for(w, job, HELD_MS / 2, out);
}

static bool wait_long(struct world *w, const struct job *job, struct job_result *out,
                      struct err *err)
{
    (void)err;
    return wait_for(w, job, HELD_MS + 20, out);
}

/* What waits for a moment goes on where it was. */
static void test_held(void **state)
{
    (void)state;
    world.body = wait_shortly;
    start();
    enqueue(SUBJECT, clock_now());
    wait_until_gone(SUBJECT);
    job_runner_stop(world.runner);
    ok(atomic_load(&world.runs) == 1 && atomic_load(&world.gone_on) == 1,
       "run %d times, gone on %d times", atomic_load(&world.runs), atomic_load(&world.gone_on));
    all_ok();
}

static void test_waits_too_long_to_be_held(void **state)
{
    (void)state;
    world.body = wait_long;
    start();
    enqueue(SUBJECT, clock_now());
    wait_until_gone(SUBJECT);
    job_runner_stop(world.runner);
    ok(atomic_load(&world.runs) == 2 && atomic_load(&world.gone_on) == 0,
       "run %d times, gone on %d times", atomic_load(&world.runs), atomic_load(&world.gone_on));
    all_ok();
}

/* What was held is stored as it would have been, and nothing is leased. */
static void test_held_when_it_stops(void **state)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct job *other;

    (void)state;
    world.body = wait_shortly;
    start();
    enqueue(SUBJECT, clock_now());
    ok(wait_for_runs(1), "it runs");
    job_runner_stop(world.runner);
    other = find(mem, OTHER);
    ok(atomic_load(&world.gone_on) == 1 || (other && find(mem, SUBJECT)),
       "what it has learned is stored");
    ok(atomic_load(&world.runs) == 1, "run %d times", atomic_load(&world.runs));
    start();
    wait_until_gone(SUBJECT);
    job_runner_stop(world.runner);
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

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_world, close_world)

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
        TEST(test_also),
        TEST(test_held),
        TEST(test_waits_too_long_to_be_held),
        TEST(test_held_when_it_stops),
        TEST(test_stored_by_the_run),
        TEST(test_ends_itself),
        TEST(test_ends_in_vain),
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
