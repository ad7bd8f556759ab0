/* SPDX-License-Identifier: Apache-2.0 */
#include "job/runner.h"

#include "base/clock.h"
#include "base/log.h"
#include "job/runner_state.h"
#include "store/overview_store.h"
#include "store/watch_store.h"

#define IDLE_LOOK_MS INT64_C(1000) /* leases that ran out are found this often at the latest */
#define LOOKS_MS     INT64_C(4)    /* between two looks, when there is one commit after another */
#define TROUBLE_MS   INT64_C(250)  /* before the store is asked again after it failed */
#define STUCK_MS     INT64_C(2000) /* no thread is free for so long: then one more takes jobs */
#define RELIEF_MS    INT64_C(250)  /* how often that is looked at */
#define CLAIMS_MAX   16            /* in one transaction: other processes want jobs, too */

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
            runner_keep_unsettled(runner, job);
            pthread_mutex_unlock(&runner->lock);
            return false;
        }
        arena_free(job->mem);
    }
    return true;
}

/* As pthread_cond_timedwait() has it, with a condition that goes by CLOCK_MONOTONIC. */
static struct timespec in_ms(int64_t ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += ms % 1000 * 1000000;
    at.tv_sec += ms / 1000 + at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

/* The lock is held. */
static void wait_until(struct job_runner *runner, int64_t at)
{
    struct timespec until = in_ms(at - clock_boot_ms());

    runner->watched_at = at;
    (void)pthread_cond_timedwait(&runner->work, &runner->lock, &until);
    if (runner->watched_at == at)
        runner->watched_at = INT64_MAX;
}

/* False when stopping. The lock is held. One idle thread looks when what is held is due. */
static bool wait_for_work(struct job_runner *runner, struct claimed *out)
{
    while (!runner->handed && !runner->is_stopping) {
        int64_t next = held_next(&runner->held);

        if (held_take(&runner->held, clock_boot_ms(), out))
            return true;
        if (next < runner->watched_at)
            wait_until(runner, next);
        else
            pthread_cond_wait(&runner->work, &runner->lock);
    }
    if (!runner->handed)
        return false;
    *out = *runner->handed;
    runner->handed = NULL;
    pthread_cond_signal(&runner->taken);
    return true;
}

static void *thread_main(void *arg)
{
    struct job_runner *runner = arg;
    struct claimed claimed;
    bool has_work;

    pthread_mutex_lock(&runner->lock);
    for (;;) {
        runner->idle++;
        pthread_cond_signal(&runner->taken);
        has_work = wait_for_work(runner, &claimed);
        runner->idle--;
        if (!has_work)
            break;
        if (runner->held.count)
            pthread_cond_signal(&runner->work); /* another one may have to look from now on */
        pthread_mutex_unlock(&runner->lock);
        runner_run(runner, claimed);
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
        struct timespec at = in_ms(RELIEF_MS);

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

        if (!runner_claim(runner, runner->options.db, &claimed, &err))
            LOG(ERROR, "job.queue_failed", KERR(&err));
        runner_run(runner, claimed);
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
        if (!runner_claim(runner, tx, claimed, err))
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
    int64_t step = runner_clock_back(runner->clock_ahead);

    if (step > 0) {
        LOG(WARN, "job.clock_back", KI("ms", step));
        if (!job_store_clock_back(runner->options.db, clock_now(), step, err) ||
            !watch_store_clock_back(runner->options.db, clock_now(), step, err) ||
            !overview_store_clock_back(runner->options.db, clock_now(), step, err))
            return false;
    }
    runner->clock_ahead = runner_clock_ahead();
    return true;
}

/* Since a look at the queue: what is committed meanwhile is looked at together. */
static void pause_since(int64_t looked_at)
{
    int64_t left = looked_at + LOOKS_MS - clock_boot_ms();

    if (left > 0)
        (void)nanosleep(&(struct timespec){.tv_nsec = (long)left * 1000000}, NULL);
}

/* Waits for a commit of anybody, but no longer than so. */
static bool wait_for_commit(struct job_runner *runner, int64_t wait_ms, struct err *err)
{
    int64_t looked_at = clock_boot_ms();
    bool changed;

    if (!db_watch_wait(runner->watch, wait_ms, &changed, err))
        return false;
    if (changed)
        pause_since(looked_at);
    return true;
}

/* Claims jobs when one is due, else waits: for a commit of anybody, the next run_at, or the next
 * look at leases. */
static bool dispatch(struct job_runner *runner, unsigned idle, struct err *err)
{
    int64_t next, wait, look = runner->next_claim_at - clock_boot_ms();

    if (!follow_clock(runner, err) || !settle(runner, err) ||
        !job_store_next(runner->options.db, &next, err))
        return false;
    wait = next == INT64_MAX ? IDLE_LOOK_MS : next - clock_now();
    if (wait <= 0 || look <= 0)
        return claim_for_idle(runner, idle, err);
    return wait_for_commit(runner, wait < look ? wait : look, err);
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

/* Of what is held: another run begins with what is stored. */
static void let_go(struct job_runner *runner)
{
    struct claimed claimed;

    while (held_take(&runner->held, INT64_MAX - 1, &claimed))
        runner_let_go(runner, &claimed);
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
    runner->clock_ahead = runner_clock_ahead();
    runner->watched_at = INT64_MAX;
    pthread_mutex_init(&runner->lock, NULL);
    pthread_cond_init(&runner->taken, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&runner->closing, &attributes);
    pthread_cond_init(&runner->work, &attributes);
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
    let_go(runner);
    runner_free(runner);
}
