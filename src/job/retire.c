/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/crash.h"
#include "job/renew.h"
#include "job/worker.h"
#include "store/certificate_end_store.h"
#include "store/certificate_store.h"

/* Record off the edges and key destroyed, together. */
static bool retire(const struct worker *worker, struct arena *mem, const struct job *job,
                   const struct certificate *certificate, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct feed_change change = {.kind = EDGE_CERTIFICATE, .key = slice_str(certificate->id)};
    struct feed_batch *batch;
    struct feed_head head;

    CRASH_POINT(RETIRE_BEFORE);
    if (!feed_prepare(mem, &worker->feed, &change, 1, &batch, err))
        return false;
    CRASH_POINT(RETIRE_REPLY);
    if (!job_tx_begin(worker->app->db, job, &tx, err) ||
        !certificate_end_store_destroy_key(tx, certificate->id, err) ||
        !feed_put(tx, batch, &head, err) || !db_tx_commit(&tx, err))
        return false;
    CRASH_POINT(RETIRE_COMMIT);
    return true;
}

bool job_retire(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                struct err *err)
{
    const struct worker *worker = arg;
    int64_t now = clock_now();
    struct certificate_list ended;

    if (!certificate_store_ended(mem, worker->app->db, job->subject_id, &ended, err))
        return false;
    for (size_t i = 0; i < ended.count; i++) {
        out->run_at = ended.items[i].ended_at + JOB_RETIRE_AFTER_MS;
        if (out->run_at > now)
            return true;
        if (!retire(worker, mem, job, &ended.items[i], err))
            return err_wrap(err, "certificate %s", ended.items[i].id);
    }
    out->is_done = true;
    return true;
}
