/* SPDX-License-Identifier: Apache-2.0 */
#include "job/runner.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "store/watch_store.h"

#define IDLE_LOOK_MS  INT64_C(1000) /* leases that ran out are found this often at the latest */
#define CLOCK_BACK_MS INT64_C(1000) /* less is no step, but a clock that is being corrected */
#define TROUBLE_MS    INT64_C(250)  /* before the store is asked again after it failed */
#define STUCK_MS      INT64_C(2000) /* no thread is free for so long: then one more takes jobs */
#define RELIEF_MS     INT64_C(250)  /* how often that is looked at */
#define CLAIMS_MAX    16            /* in one transaction: other processes want jobs, too */

struct job_runner {
    struct job_runner_options options;
    struct db_watch *watch;
    pthread_t dispatcher;
    pthread_t relief;
    pthread_t threads[JOB_THREADS_MAX];
    unsigned started;

    pthread_mutex_t lock;
    pthread_cond_t work;    /* for one idle thread: something is handed, or for all: stopping */
    pthread_cond_t closing; /* for the relief */
    pthread_cond_t taken;   /* for the dispatcher: a thread is idle, or has taken what was handed */
    unsigned idle;          /* threads that wait for a job */
    struct claimed *handed; /* claimed and not yet taken by a thread */
    struct claimed *unsettled; /* run, but the store did not take what came of it */
    bool is_closing;           /* the dispatcher claims nothing more */
    bool is_stopping;          /* the threads end; the dispatcher has ended before */
    int64_t next_claim_at;     /* clock_boot_ms(): by then the dispatcher has a look, at the latest,
                                  for leases that ran out */
    int64_t taken_at;          /* clock_boot_ms(): when a thread took up a job last */

    int64_t clock_ahead; /* of clock_boot_ms(), when it was looked at last; dispatcher only */
};

/* A claimed job on its way to a thread, with the memory of its run. */
struct claimed {
    struct arena *mem;
    const struct job *job;
    struct claimed *next; /* of runner->unsettled */
    bool is_relief;       /* for the relief, which asks no CA */
};

/* What the row says after the run: done, later, or again because it failed with `err`. */
static bool store_outcome(struct db *db, const struct job *job, const struct job_result *result,
                          const struct err *err, struct err *store_err)
{
    int64_t now = clock_now(), again;
    const char *error;

    if (!err && result->is_done)
        return job_store_finish(db, job, store_err);
    if (!err)
        return job_store_reschedule(db, job, result->run_at, NULL, store_err);
    again = now + job_backoff_ms(job->attempts);
    if (err->code == ERR_LOST_RACE)
        again = now;
    else if (err->retry_at > now)
        again = err->retry_at;
    error = err->code == ERR_LOST_RACE ? NULL : err->text;
    return job_store_reschedule(db, job, again, error, store_err);
}

static int64_t clock_ahead(void)
{
    return clock_now() - clock_boot_ms();
}

/* How far the clock was set back since it was `before` ahead; 0 when it was not. */
static int64_t clock_back(int64_t before)
{
    int64_t step = before - clock_ahead();

    return step > CLOCK_BACK_MS ? step : 0;
}

static bool claim_one(struct job_runner *runner, struct db *tx, struct claimed *out,
                      struct err *err)
{
    const struct job_claim claim = {.owner = runner->options.owner,
                                    .now = clock_now(),
                                    .lease_ms = JOB_LEASE_MS,
                                    .is_local = out->is_relief};

    return job_store_claim(out->mem, tx, &claim, &out->job, err);
}

/* Whether a thread whose run has ended should go on with another job by itself: the dispatcher has
 * none to give jobs to, and nothing else to do that waits for an idle thread. */
static bool is_short_of_threads(struct job_runner *runner)
{
    bool is_short;

    pthread_mutex_lock(&runner->lock);
    is_short = runner->idle == 0 && !runner->unsettled && !runner->is_closing &&
               clock_boot_ms() < runner->next_claim_at;
    pthread_mutex_unlock(&runner->lock);
    return is_short;
}

/* What came of a run, and with it in one transaction the next job of this thread; next->job is NULL
 * when there is none, or others are free to take one. */
static bool store_and_claim(struct job_runner *runner, const struct job *job,
                            const struct job_result *result, const struct err *failed,
                            struct claimed *next)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct err err = {0};
    bool is_stored;

    if (result->is_stored)
        return true;
    is_stored = db_tx_begin(runner->options.db, &tx, &err) &&
                (failed || !result->also || result->also(result->also_arg, tx, &err)) &&
                store_outcome(tx, job, result, failed, &err) &&
                (!is_short_of_threads(runner) || claim_one(runner, tx, next, &err)) &&
                db_tx_commit(&tx, &err);
    if (!is_stored) {
        next->job = NULL;
        LOG(WARN, "job.not_stored", KS("job", job->id), KS("kind", job->kind), KERR(&err));
    }
    return is_stored;
}

/* False when what came of the run is not stored: the job is leased still. */
static bool run_one(struct job_runner *runner, const struct claimed *claimed, struct claimed *next)
{
    const struct job *job = claimed->job;
    struct job_result result = {0};
    struct err err = {0};
    int64_t before = clock_ahead();
    enum job_kind kind;
    bool has_run, is_stored;

    if (job_kind_parse(job->kind, &kind))
        has_run = runner->options.run[kind](runner->options.arg, claimed->mem, job, &result, &err);
    else
        has_run = err_set(&err, ERR_INTERNAL, "unknown kind of job \"%.40s\"", job->kind);
    if (!has_run && err.code != ERR_LOST_RACE)
        LOG(WARN, "job.failed", KS("job", job->id), KS("kind", job->kind),
            KS("subject", job->subject_id), KI("attempts", job->attempts + 1), KERR(&err));
    result.run_at -= clock_back(before);
    CRASH_POINT(FINISH_JOB_BEFORE);
    is_stored = store_and_claim(runner, job, &result, has_run ? NULL : &err, next);
    CRASH_POINT(FINISH_JOB_COMMIT);
    return is_stored;
}

/* The lock is held. */
static void keep_unsettled(struct job_runner *runner, const struct claimed *claimed)
{
    struct claimed *kept = arena_memdup(claimed->mem, claimed, sizeof(*claimed));

    kept->next = runner->unsettled;
    runner->unsettled = kept;
}

static struct claimed *take_unsettled(struct job_runner *runner)
{
    struct claimed *taken;

    pthread_mutex_lock(&runner->lock);
    taken = runner->unsettled;
    if (taken)
        runner->unsettled = taken->next;
    pthread_mutex_unlock(&runner->lock);
    return taken;
}

/* Ends the leases of jobs whose outcome could not be stored (a full disk): they run again at once,
 * not when the lease is over. */
static bool settle(struct job_runner *runner, struct err *err)
{
    struct claimed *job;

    while ((job = take_unsettled(runner))) {
        if (!job_store_reschedule(runner->options.db, job->job, clock_now(), NULL, err) &&
            err->code != ERR_LOST_RACE) {
            pthread_mutex_lock(&runner->lock);
            keep_unsettled(runner, job);
            pthread_mutex_unlock(&runner->lock);
            return false;
        }
        arena_free(job->mem);
    }
    return true;
}

static void note_taken(struct job_runner *runner, const struct claimed *claimed)
{
    pthread_mutex_lock(&runner->lock);
    if (!claimed->is_relief)
        runner->taken_at = clock_boot_ms();
    pthread_mutex_unlock(&runner->lock);
}

/* And what is claimed with its outcome. */
static void run_in_turn(struct job_runner *runner, struct claimed claimed)
{
    while (claimed.job) {
        struct claimed next = {.mem = arena_new(), .is_relief = claimed.is_relief};

        note_taken(runner, &claimed);
        if (run_one(runner, &claimed, &next)) {
            arena_free(claimed.mem);
        } else {
            pthread_mutex_lock(&runner->lock);
            keep_unsettled(runner, &claimed);
            pthread_mutex_unlock(&runner->lock);
        }
        claimed = next;
    }
    arena_free(claimed.mem);
}

static void *thread_main(void *arg)
{
    struct job_runner *runner = arg;

    pthread_mutex_lock(&runner->lock);
    for (;;) {
        struct claimed claimed;

        runner->idle++;
        pthread_cond_signal(&runner->taken);
        while (!runner->handed && !runner->is_stopping)
            pthread_cond_wait(&runner->work, &runner->lock);
        runner->idle--;
        if (!runner->handed)
            break;
        claimed = *runner->handed;
        runner->handed = NULL;
        pthread_cond_signal(&runner->taken);
        pthread_mutex_unlock(&runner->lock);
        run_in_turn(runner, claimed);
        pthread_mutex_lock(&runner->lock);
    }
    pthread_mutex_unlock(&runner->lock);
    return NULL;
}

/* False when stopping. */
static bool wait_until_stuck(struct job_runner *runner)
{
    bool is_stuck = false;

    pthread_mutex_lock(&runner->lock);
    while (!runner->is_closing && !is_stuck) {
        struct timespec at;

        clock_gettime(CLOCK_MONOTONIC, &at);
        at.tv_nsec += RELIEF_MS * 1000000;
        at.tv_sec += at.tv_nsec / 1000000000;
        at.tv_nsec %= 1000000000;
        (void)pthread_cond_timedwait(&runner->closing, &runner->lock, &at);
        is_stuck = runner->idle == 0 && clock_boot_ms() - runner->taken_at > STUCK_MS;
    }
    is_stuck = is_stuck && !runner->is_closing;
    pthread_mutex_unlock(&runner->lock);
    return is_stuck;
}

/* A CA that does not answer may hold every thread: what asks no CA goes on meanwhile. */
static void *relief_main(void *arg)
{
    struct job_runner *runner = arg;

    while (wait_until_stuck(runner)) {
        struct claimed claimed = {.mem = arena_new(), .is_relief = true};
        struct err err = {0};

        if (!claim_one(runner, runner->options.db, &claimed, &err))
            LOG(ERROR, "job.queue_failed", KERR(&err));
        run_in_turn(runner, claimed);
    }
    return NULL;
}

/* Waits until a thread is idle and nothing is on its way to one; returns how many are, 0 when
 * stopping. */
static unsigned wait_for_idle(struct job_runner *runner)
{
    unsigned idle;

    pthread_mutex_lock(&runner->lock);
    while (!runner->is_closing && (runner->idle == 0 || runner->handed))
        pthread_cond_wait(&runner->taken, &runner->lock);
    idle = runner->is_closing ? 0 : runner->idle;
    pthread_mutex_unlock(&runner->lock);
    return idle;
}

/* Hands `claimed` to an idle thread and returns when it was taken; wait_for_idle() saw one. */
static void hand_over(struct job_runner *runner, struct claimed *claimed)
{
    pthread_mutex_lock(&runner->lock);
    runner->handed = claimed;
    pthread_cond_signal(&runner->work);
    while (runner->handed)
        pthread_cond_wait(&runner->taken, &runner->lock);
    pthread_mutex_unlock(&runner->lock);
}

/* Jobs that were claimed together. */
struct claims {
    struct claimed items[CLAIMS_MAX];
    size_t count;
};

static bool claim_all(struct job_runner *runner, size_t most, struct claims *out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(runner->options.db, &tx, err))
        return false;
    while (out->count < most && out->count < CLAIMS_MAX) {
        struct claimed *claimed = &out->items[out->count++];

        *claimed = (struct claimed){.mem = arena_new()};
        if (!claim_one(runner, tx, claimed, err))
            return false;
        if (!claimed->job)
            break;
    }
    return db_tx_commit(&tx, err);
}

/* Claims a job for each idle thread, and hands them over; there may be fewer, or none. One
 * transaction for all: each takes as long as the disk does. */
static bool claim_for_idle(struct job_runner *runner, unsigned idle, struct err *err)
{
    struct claims claims = {.count = 0};
    bool is_claimed = claim_all(runner, idle, &claims, err);

    pthread_mutex_lock(&runner->lock);
    runner->next_claim_at = clock_boot_ms() + IDLE_LOOK_MS;
    pthread_mutex_unlock(&runner->lock);
    for (size_t i = 0; i < claims.count; i++) {
        if (is_claimed && claims.items[i].job)
            hand_over(runner, &claims.items[i]);
        else
            arena_free(claims.items[i].mem);
    }
    return is_claimed;
}

/* A clock that was set back would leave every job for when it has come as far again. */
static bool follow_clock(struct job_runner *runner, struct err *err)
{
    int64_t step = clock_back(runner->clock_ahead);

    if (step > 0) {
        LOG(WARN, "job.clock_back", KI("ms", step));
        if (!job_store_clock_back(runner->options.db, clock_now(), step, err) ||
            !watch_store_clock_back(runner->options.db, clock_now(), step, err))
            return false;
    }
    runner->clock_ahead = clock_ahead();
    return true;
}

/* Claims jobs when one is due, else waits: for a commit of anybody, the next run_at, or the next
 * look at leases. */
static bool dispatch(struct job_runner *runner, unsigned idle, struct err *err)
{
    int64_t next, wait, look = runner->next_claim_at - clock_boot_ms();
    bool changed;

    if (!follow_clock(runner, err) || !settle(runner, err) ||
        !job_store_next(runner->options.db, &next, err))
        return false;
    wait = next == INT64_MAX ? IDLE_LOOK_MS : next - clock_now();
    if (wait <= 0 || look <= 0)
        return claim_for_idle(runner, idle, err);
    return db_watch_wait(runner->watch, wait < look ? wait : look, &changed, err);
}

static void *dispatcher_main(void *arg)
{
    struct job_runner *runner = arg;
    unsigned idle;

    while ((idle = wait_for_idle(runner)) > 0) {
        struct err err = {0};

        if (dispatch(runner, idle, &err))
            continue;
        LOG(ERROR, "job.queue_failed", KERR(&err));
        (void)nanosleep(&(struct timespec){.tv_nsec = TROUBLE_MS * 1000000}, NULL);
    }
    return NULL;
}

static void stop_threads(struct job_runner *runner)
{
    pthread_mutex_lock(&runner->lock);
    runner->is_stopping = true;
    pthread_cond_broadcast(&runner->work);
    pthread_mutex_unlock(&runner->lock);
    for (unsigned i = 0; i < runner->started; i++)
        pthread_join(runner->threads[i], NULL);
}

static void runner_free(struct job_runner *runner)
{
    struct claimed *job;

    while ((job = take_unsettled(runner)))
        arena_free(job->mem);
    db_watch_free(runner->watch);
    pthread_cond_destroy(&runner->taken);
    pthread_cond_destroy(&runner->closing);
    pthread_cond_destroy(&runner->work);
    pthread_mutex_destroy(&runner->lock);
    free(runner);
}

static void stop_relief(struct job_runner *runner)
{
    pthread_mutex_lock(&runner->lock);
    runner->is_closing = true;
    pthread_cond_signal(&runner->closing);
    pthread_cond_signal(&runner->taken);
    pthread_mutex_unlock(&runner->lock);
    pthread_join(runner->relief, NULL);
}

static bool start_threads(struct job_runner *runner, struct err *err)
{
    int failed;

    for (unsigned i = 0; i < runner->options.threads; i++) {
        failed = pthread_create(&runner->threads[i], NULL, thread_main, runner);
        if (failed)
            return err_errno(err, ERR_INTERNAL, failed, "could not start a worker thread");
        runner->started++;
    }
    failed = pthread_create(&runner->relief, NULL, relief_main, runner);
    if (failed)
        return err_errno(err, ERR_INTERNAL, failed, "could not start the relief");
    failed = pthread_create(&runner->dispatcher, NULL, dispatcher_main, runner);
    if (!failed)
        return true;
    stop_relief(runner);
    return err_errno(err, ERR_INTERNAL, failed, "could not start the dispatcher");
}

bool job_runner_start(const struct job_runner_options *options, struct job_runner **out,
                      struct err *err)
{
    struct job_runner *runner;
    struct db_watch *watch;
    pthread_condattr_t attributes;
    int64_t released;

    if (options->threads < 1 || options->threads > JOB_THREADS_MAX)
        return err_set(err, ERR_CONFIG, "%u worker threads: 1 to %d are possible", options->threads,
                       JOB_THREADS_MAX);
    if (!job_store_release(options->db, options->owner, &released, err) ||
        !db_watch_new(options->db, &watch, err))
        return false;
    runner = calloc(1, sizeof(*runner));
    if (!runner)
        abort();
    runner->options = *options;
    runner->watch = watch;
    runner->clock_ahead = clock_ahead();
    pthread_mutex_init(&runner->lock, NULL);
    pthread_cond_init(&runner->work, NULL);
    pthread_cond_init(&runner->taken, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&runner->closing, &attributes);
    pthread_condattr_destroy(&attributes);
    if (!start_threads(runner, err)) {
        stop_threads(runner);
        runner_free(runner);
        return false;
    }
    *out = runner;
    return true;
}

void job_runner_stop(struct job_runner *runner)
{
    stop_relief(runner);
    db_watch_end(runner->watch);
    pthread_join(runner->dispatcher, NULL);
    stop_threads(runner);
    runner_free(runner);
}
