/* SPDX-License-Identifier: Apache-2.0 */

/* What is stored of a run, by whom, and what goes on without that. */
#include "runner_world.h"

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

static void runs_to_its_end(bool (*body)(struct world *, const struct job *, struct job_result *,
                                         struct err *),
                            int runs, int gone_on)
{
    world.body = body;
    start();
    enqueue(SUBJECT, clock_now());
    wait_until_gone(SUBJECT);
    job_runner_stop(world.runner);
    ok(atomic_load(&world.runs) == runs && atomic_load(&world.gone_on) == gone_on,
       "run %d times, gone on %d times", atomic_load(&world.runs), atomic_load(&world.gone_on));
    all_ok();
}

/* What waits for a moment goes on where it was. */
static void test_held(void **state)
{
    (void)state;
    runs_to_its_end(wait_shortly, 1, 1);
}

static void test_waits_too_long_to_be_held(void **state)
{
    (void)state;
    runs_to_its_end(wait_long, 2, 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_also),
        TEST(test_held),
        TEST(test_waits_too_long_to_be_held),
        TEST(test_held_when_it_stops),
        TEST(test_stored_by_the_run),
        TEST(test_ends_itself),
        TEST(test_ends_in_vain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
