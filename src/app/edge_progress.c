/* SPDX-License-Identifier: Apache-2.0 */
#include "app/edge_progress.h"

#include "model/job_kind.h"
#include "store/issuance_store.h"
#include "store/job_store.h"

/* What the edges of a group have. */
struct progress {
    struct edge_seen *edges;
    size_t count;
    int64_t epoch, now;
};

static struct progress progress_of(struct arena *mem, const struct edge_list *edges, int64_t now)
{
    struct progress progress = {.edges = arena_array_of(mem, edges->count, struct edge_seen),
                                .count = edges->count,
                                .epoch = edges->count ? edges->items[0].head_epoch : 0,
                                .now = now};

    for (size_t i = 0; i < edges->count; i++)
        progress.edges[i] = edge_seen_of(&edges->items[i]);
    return progress;
}

static bool have(const struct progress *p, int64_t seq)
{
    const struct edge_place place = {p->epoch, seq};

    return edge_wait_for(p->edges, p->count, place, p->now, p->now).what == EDGE_WAIT_OVER;
}

/* What has changed. */
struct advance {
    struct progress before, after;
};

static bool wake_waiting(struct arena *mem, struct db *tx, const struct advance *advance,
                         struct err *err)
{
    struct issuance_wait_list list;

    if (!issuance_store_waiting(mem, tx, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct issuance_wait *issuance = &list.items[i];

        if (have(&advance->before, issuance->seq) || !have(&advance->after, issuance->seq))
            continue;
        if (!job_store_wake(tx, issuance->id, advance->after.now, NULL, err))
            return false;
    }
    return true;
}

bool edge_progress_wake(struct arena *mem, struct db *tx, const struct edge_list *before,
                        const struct edge_list *after, int64_t now, struct err *err)
{
    const struct advance advance = {progress_of(mem, before, now), progress_of(mem, after, now)};

    return wake_waiting(mem, tx, &advance, err);
}

bool edge_look_soon(struct db *tx, const char *group, int64_t now, struct err *err)
{
    return job_store_enqueue(tx, job_kind_name(JOB_EDGES), group, now, err);
}
