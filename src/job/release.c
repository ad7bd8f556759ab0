/* SPDX-License-Identifier: Apache-2.0 */
#include "job/release.h"

#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "job/edges.h"
#include "job/publish.h"
#include "model/pace.h"
#include "store/edge_withdrawal_store.h"

static bool finish_edges(const struct release *rel, int64_t seq, const struct edge_wait *wait,
                         struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct timeline_entry entry = {
        .domain = rel->domain,
        .subject_id = rel->domain->id,
        .kind = "release.edges",
        .text = arena_printf(rel->mem, "%zu of %zu CDN locations have removed what was withdrawn",
                             wait->acked, wait->counted),
    };

    CRASH_POINT(WITHDRAWN_BEFORE);
    if (!job_tx_begin(rel->worker->app->db, rel->job, &tx, err) ||
        !edge_withdrawal_store_done(tx, rel->domain->id, seq, err) ||
        !timeline_add(rel->mem, tx, &entry, err) || !db_tx_commit(&tx, err))
        return false;
    CRASH_POINT(WITHDRAWN_COMMIT);
    return true;
}

/* Rows that came while this ran are in the feed with a later run. */
static bool release_edges(const struct release *rel, int64_t *again, struct err *err)
{
    struct edge_withdrawal_list left;
    struct edge_wait wait;
    struct feed_head head;

    *again = 0;
    if (!publish_domain(rel->worker, rel->mem, rel->domain->id, &head, err) ||
        !edge_withdrawal_store_list(rel->mem, rel->worker->app->db, rel->domain->id, &left, err))
        return false;
    if (left.count == 0)
        return true;
    if (left.items[0].seq == 0) {
        *again = clock_now();
        return true;
    }
    if (!edges_have(rel->worker, rel->mem, head.seq, rel->job->created_at, &wait, err))
        return false;
    if (wait.what == EDGE_WAIT_OVER)
        return finish_edges(rel, head.seq, &wait, err);
    *again = wait.look_again_at;
    return true;
}

bool job_release(void *worker, struct arena *mem, const struct job *job, struct job_result *out,
                 struct err *err)
{
    const struct scope scope = scope_platform();
    struct release rel = {.worker = worker, .mem = mem, .job = job};
    int64_t edges = 0, names = 0, orders = 0;

    if (!domain_store_get(mem, rel.worker->app->db, &scope, job->subject_id, &rel.domain, err))
        return false;
    if (rel.domain && (!release_edges(&rel, &edges, err) || !release_names(&rel, &names, err) ||
                       !release_orders(&rel, &orders, err)))
        return false;
    out->run_at = pace_earlier(pace_earlier(edges, names), orders);
    out->is_done = out->run_at == 0;
    return true;
}
