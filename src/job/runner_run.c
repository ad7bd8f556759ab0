/* SPDX-License-Identifier: Apache-2.0 */

/* One run after another in a thread, and what is stored of each. */
#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "job/runner_state.h"

#define CLOCK_BACK_MS INT64_C(1000) /* less is no step, but a clock that is being corrected */

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

int64_t runner_clock_ahead(void)
{
    return clock_now() - clock_boot_ms();
}

int64_t runner_clock_back(int64_t before)
{
    int64_t step = before - runner_clock_ahead();

    return step > CLOCK_BACK_MS ? step : 0;
}

bool runner_claim(struct job_runner *runner, struct db *tx, struct claimed *out, struct err *err)
{
    const struct job_claim claim = {.owner = runner->options.owner,
                                    .now = clock_now(),
                                    .lease_ms = JOB_LEASE_MS,
                                    .is_local = out->is_relief};

    return job_store_claim(out->mem, tx, &claim, &out->job, err);
}

/* Whether a thread whose run has ended should go on with another job by itself: the dispatcher has
 * none to give jobs to, and nothing else to do that waits for an idle thread; and no run that is
 * held is due. */
static bool is_short_of_threads(struct job_runner *runner)
{
    bool is_short;

    pthread_mutex_lock(&runner->lock);
    is_short = runner->idle == 0 && !runner->unsettled && !runner->is_closing &&
               clock_boot_ms() < runner->next_claim_at &&
               held_next(&runner->held) > clock_boot_ms();
    pthread_mutex_unlock(&runner->lock);
    return is_short;
}

/* A run, and what comes after it. */
struct job_turn {
    struct job_runner *runner;
    struct claimed *next; /* next->job is NULL when there is none, or others are free to take one */
    int64_t clock_ahead;  /* when it began */
};

static bool claim_next(const struct job_turn *turn, struct db *tx, struct err *err)
{
    turn->next->job = NULL;
    return !is_short_of_threads(turn->runner) || runner_claim(turn->runner, tx, turn->next, err);
}

bool job_end(const struct job_result *result, struct db *tx, const struct job *job, struct err *err)
{
    struct job_result ended = *result;

    if (result->turn)
        ended.run_at -= runner_clock_back(result->turn->clock_ahead);
    return store_outcome(tx, job, &ended, NULL, err) &&
           (!result->turn || claim_next(result->turn, tx, err));
}

/* What came of a run, and with it in one transaction the next job of this thread. */
static bool store_and_claim(const struct job_turn *turn, const struct job *job,
                            const struct job_result *result, const struct err *failed)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct err err = {0};
    bool is_stored;

    if (result->is_stored)
        return true;
    is_stored = db_tx_begin(turn->runner->options.db, &tx, &err) &&
                (failed || !result->also || result->also(result->also_arg, tx, &err)) &&
                store_outcome(tx, job, result, failed, &err) && claim_next(turn, tx, &err) &&
                db_tx_commit(&tx, &err);
    if (!is_stored) {
        turn->next->job = NULL;
        LOG(WARN, "job.not_stored", KS("job", job->id), KS("kind", job->kind), KERR(&err));
    }
    return is_stored;
}

/* Whether the run goes on by itself in a moment. */
static bool hold(struct job_runner *runner, const struct claimed *claimed,
                 const struct job_result *result)
{
    int64_t wait = result->run_at - clock_now();
    struct claimed kept = *claimed;
    bool is_held;

    if (!result->go_on || result->is_done || wait > HELD_MS || claimed->is_relief)
        return false;
    kept.result = *result;
    kept.result.turn = NULL;
    kept.due_at = clock_boot_ms() + wait;
    pthread_mutex_lock(&runner->lock);
    is_held = !runner->is_closing && held_put(&runner->held, &kept);
    pthread_mutex_unlock(&runner->lock);
    return is_held;
}

static bool run_job(struct job_runner *runner, const struct claimed *claimed,
                    struct job_result *result, struct err *err)
{
    const struct job_result *before = &claimed->result;
    enum job_kind kind;

    if (before->go_on)
        return before->go_on(before->go_on_arg, result, err);
    if (job_kind_parse(claimed->job->kind, &kind))
        return runner->options.run[kind](runner->options.arg, claimed->mem, claimed->job, result,
                                         err);
    return err_set(err, ERR_INTERNAL, "unknown kind of job \"%.40s\"", claimed->job->kind);
}

enum run_end { RUN_STORED, RUN_NOT_STORED, RUN_HELD };

/* RUN_NOT_STORED: the job is leased still. */
static enum run_end run_one(struct job_runner *runner, const struct claimed *claimed,
                            struct claimed *next)
{
    const struct job *job = claimed->job;
    struct job_turn turn = {runner, next, runner_clock_ahead()};
    struct job_result result = {.turn = &turn};
    struct err err = {0};
    bool has_run = run_job(runner, claimed, &result, &err), is_stored;

    if (!has_run && err.code != ERR_LOST_RACE)
        LOG(WARN, "job.failed", KS("job", job->id), KS("kind", job->kind),
            KS("subject", job->subject_id), KI("attempts", job->attempts + 1), KERR(&err));
    result.run_at -= runner_clock_back(turn.clock_ahead);
    if (has_run && hold(runner, claimed, &result))
        return RUN_HELD;
    CRASH_POINT(FINISH_JOB_BEFORE);
    is_stored = store_and_claim(&turn, job, &result, has_run ? NULL : &err);
    CRASH_POINT(FINISH_JOB_COMMIT);
    return is_stored ? RUN_STORED : RUN_NOT_STORED;
}

void runner_keep_unsettled(struct job_runner *runner, const struct claimed *claimed)
{
    struct claimed *kept = arena_memdup(claimed->mem, claimed, sizeof(*claimed));

    kept->next = runner->unsettled;
    runner->unsettled = kept;
}

static void note_taken(struct job_runner *runner, const struct claimed *claimed)
{
    pthread_mutex_lock(&runner->lock);
    if (!claimed->is_relief)
        runner->taken_at = clock_boot_ms();
    pthread_mutex_unlock(&runner->lock);
}

/* Lets go of what was run. */
static void settle_run(struct job_runner *runner, const struct claimed *claimed, enum run_end end)
{
    if (end == RUN_STORED)
        arena_free(claimed->mem);
    if (end != RUN_NOT_STORED)
        return;
    pthread_mutex_lock(&runner->lock);
    runner_keep_unsettled(runner, claimed);
    pthread_mutex_unlock(&runner->lock);
}

static bool take_held(struct job_runner *runner, struct claimed *out)
{
    bool is_taken;

    pthread_mutex_lock(&runner->lock);
    is_taken = held_take(&runner->held, clock_boot_ms(), out);
    pthread_mutex_unlock(&runner->lock);
    return is_taken;
}

/* And what is claimed with its outcome, or held and due by then. */
void runner_run(struct job_runner *runner, struct claimed claimed)
{
    while (claimed.job) {
        struct claimed next = {.mem = arena_new(), .is_relief = claimed.is_relief};

        note_taken(runner, &claimed);
        settle_run(runner, &claimed, run_one(runner, &claimed, &next));
        claimed = next;
        if (!next.job && !next.is_relief && take_held(runner, &claimed))
            arena_free(next.mem);
    }
    arena_free(claimed.mem);
}

void runner_let_go(struct job_runner *runner, const struct claimed *claimed)
{
    struct claimed none = {.is_relief = true};
    const struct job_turn turn = {runner, &none, runner_clock_ahead()};
    bool is_stored = store_and_claim(&turn, claimed->job, &claimed->result, NULL);

    settle_run(runner, claimed, is_stored ? RUN_STORED : RUN_NOT_STORED);
}
