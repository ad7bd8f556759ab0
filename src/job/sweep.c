/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "job/epoch.h"
#include "job/renew.h"
#include "job/worker.h"
#include "model/job_kind.h"
#include "store/certificate_store.h"
#include "store/job_store.h"

/* Without a live certificate the hosts show none and redirect nobody to it. */
static bool expire(const struct worker *worker, struct arena *mem, int64_t now, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct certificate_list were_live;

    if (!db_tx_begin(worker->app->db, &tx, err) ||
        !certificate_store_expire(mem, tx, now, &were_live, err))
        return false;
    for (size_t i = 0; i < were_live.count; i++)
        if (!job_store_enqueue(tx, job_kind_name(JOB_PUBLISH), were_live.items[i].domain_id, now,
                               err) ||
            !job_store_enqueue(tx, job_kind_name(JOB_RETIRE), were_live.items[i].domain_id,
                               now + JOB_RETIRE_AFTER_MS, err))
            return false;
    return db_tx_commit(&tx, err);
}

/* What had expired when the worker started may have been renewed in a life that a restored store
 * does not know: edges get time to show that they have more, and then keep it for a while. */
static bool may_expire(const struct worker *worker, bool *out, struct err *err)
{
    int64_t next;
    bool is_kept;

    if (!certificate_store_next_expiry(worker->app->db, &next, err) ||
        !epoch_keeps(worker, &is_kept, err))
        return false;
    *out = next > worker->started_at ||
           (!is_kept && clock_boot_ms() - worker->started_ms >= EPOCH_LOOK_MS);
    return true;
}

static bool renew_all(const struct worker *worker, struct arena *mem, int64_t now, struct err *err)
{
    struct db *db = worker->app->db;
    const char *kind = job_kind_name(JOB_RENEW);
    struct certificate_list list;

    if (!certificate_store_without_job(mem, db, kind, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!job_store_enqueue(db, kind, list.items[i].id, now, err))
            return false;
    return true;
}

bool job_sweep(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
               struct err *err)
{
    const struct worker *worker = arg;
    int64_t now = clock_now(), next;
    bool may;

    (void)job;
    if (!may_expire(worker, &may, err) || (may && !expire(worker, mem, now, err)) ||
        !renew_all(worker, mem, now, err) ||
        !certificate_store_next_expiry(worker->app->db, &next, err))
        return false;
    if (!may)
        next = now + EPOCH_LOOK_MS;
    out->run_at = next < now + JOB_SWEEP_EVERY_MS ? next : now + JOB_SWEEP_EVERY_MS;
    return true;
}
