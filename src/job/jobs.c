/* SPDX-License-Identifier: Apache-2.0 */
#include "job/jobs.h"

#include "app/vantage.h"
#include "base/clock.h"
#include "base/crash.h"
#include "edge/record_write.h"
#include "job/edges.h"
#include "job/epoch.h"
#include "job/issue.h"
#include "job/names.h"
#include "job/notice.h"
#include "job/proofs.h"
#include "job/publish.h"
#include "job/release.h"
#include "job/renew.h"
#include "job/values.h"
#include "job/watch.h"
#include "store/admission_store.h"
#include "store/idempotency_store.h"
#include "store/order_at_ca_store.h"
#include "store/session_store.h"
#include "store/sign_in_store.h"

bool job_publish(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                 struct err *err)
{
    struct feed_head head;

    out->is_done = true;
    CRASH_POINT(PUBLISH_BEFORE);
    if (!publish_domain(arg, mem, job->subject_id, &head, err))
        return false;
    CRASH_POINT(PUBLISH_COMMIT);
    return true;
}

static bool publish_settings(const struct worker *worker, struct arena *mem, struct err *err)
{
    const struct config *cfg = worker->app->config;
    struct edge_origin *origins = arena_array_of(mem, cfg->origin_count, struct edge_origin);
    struct buf body = buf_new(mem, EDGE_BODY_MAX);
    struct feed_head head;
    enum edge_fault fault;

    for (size_t i = 0; i < cfg->origin_count; i++)
        origins[i] =
            (struct edge_origin){slice_str(cfg->origins[i].id), slice_str(cfg->origins[i].address)};
    fault = edge_settings_write(&body, worker->check_key, origins, cfg->origin_count);
    if (fault != EDGE_FAULT_NONE)
        return err_set(err, ERR_CONFIG, "the settings of the edges cannot be written: %s",
                       edge_fault_text(fault));
    return feed_publish(
        mem, &worker->feed,
        &(struct feed_change){EDGE_SETTINGS, SLICE_LIT(EDGE_SETTINGS_KEY), buf_view(&body)}, 1,
        &head, err);
}

bool job_settings(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                  struct err *err)
{
    const struct worker *worker = arg;
    int64_t wait = JOB_SETTINGS_EVERY_MS;
    bool is_done = true;

    (void)job;
    if (!publish_settings(worker, mem, err))
        return false;
    if (clock_boot_ms() - worker->started_ms < EPOCH_LOOK_MS)
        wait = EPOCH_LOOK_MS;
    else if (!epoch_end(worker, mem, &is_done, err))
        return false;
    out->run_at = clock_now() + (is_done ? wait : 0);
    return true;
}

/* In small transactions; what somebody else does to the feed meanwhile is for the next time. */
static bool forget_deletions(struct db *db, const char *group, struct err *err)
{
    const int64_t before = clock_real_ms() - JOB_TOMBSTONES_KEPT_MS;
    int64_t seq;

    for (;;) {
        AUTO(db_tx_endp) struct db *tx = NULL;

        if (!feed_store_old_tombstones(db, group, before, &seq, err))
            return false;
        if (seq == 0)
            return true;
        if (!db_tx_begin(db, &tx, err))
            return false;
        if (!feed_store_forget(tx, group, seq, err))
            return err->code == ERR_LOST_RACE;
        if (!db_tx_commit(&tx, err))
            return false;
    }
}

bool job_tidy(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
              struct err *err)
{
    const struct worker *worker = arg;
    int64_t now = clock_now();

    (void)job;
    out->run_at = now + JOB_TIDY_EVERY_MS;
    return notice_look(worker, mem, err) &&
           idempotency_store_forget(worker->app->db, now - JOB_ANSWERS_KEPT_MS, err) &&
           forget_deletions(worker->app->db, worker->feed.group, err) &&
           session_store_forget(worker->app->db, now, err) &&
           sign_in_store_forget(worker->app->db, now - SIGN_IN_FORGET_MS, err) &&
           order_at_ca_store_forget(worker->app->db, now - JOB_CA_ORDERS_KEPT_MS, err) &&
           admission_store_tidy(worker->app->db, (now - JOB_BUCKETS_KEPT_MS) * 1000, err);
}

bool job_vantages(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                  struct err *err)
{
    const struct worker *worker = arg;

    out->is_done = true;
    return app_vantage_sign(worker->app, mem, worker->signer, job->subject_id, err);
}

/* What runs for ever, on the platform or on our group of edges. */
static bool start_kinds(const struct worker *worker, struct err *err)
{
    const struct {
        enum job_kind kind;
        const char *subject;
    } kinds[] = {
        {JOB_SETTINGS, worker->feed.group}, {JOB_EDGES, worker->feed.group},
        {JOB_PROOFS, worker->feed.group},   {JOB_TIDY, JOB_PLATFORM},
        {JOB_SWEEP, JOB_PLATFORM},          {JOB_OVERVIEW, JOB_PLATFORM},
        {JOB_WATCH, JOB_PLATFORM},
    };

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (!job_store_enqueue(worker->app->db, job_kind_name(kinds[i].kind), kinds[i].subject,
                               clock_now(), err))
            return false;
    return true;
}

bool jobs_start(struct worker *worker, const char *owner, struct job_runner **out, struct err *err)
{
    const struct job_runner_options options = {
        .db = worker->app->db,
        .owner = owner,
        .threads = (unsigned)worker->app->config->worker.threads,
        .run = {[JOB_ISSUE] = job_issue,
                [JOB_PUBLISH] = job_publish,
                [JOB_RELEASE] = job_release,
                [JOB_RENEW] = job_renew,
                [JOB_REVOKE] = job_revoke,
                [JOB_RETIRE] = job_retire,
                [JOB_SWEEP] = job_sweep,
                [JOB_NAMES] = job_names,
                [JOB_SETTINGS] = job_settings,
                [JOB_EDGES] = job_edges,
                [JOB_PROOFS] = job_proofs,
                [JOB_EPOCH] = job_epoch,
                [JOB_VALUES] = job_values,
                [JOB_TIDY] = job_tidy,
                [JOB_OVERVIEW] = job_overview,
                [JOB_WATCH] = job_watch,
                [JOB_VANTAGES] = job_vantages},
        .arg = worker,
    };

    AUTO(arena_freep) struct arena *mem = arena_new();

    return watch_start(worker->app->db, err) && start_kinds(worker, err) &&
           notice_look(worker, mem, err) && job_runner_start(&options, out, err);
}
