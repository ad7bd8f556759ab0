/* SPDX-License-Identifier: Apache-2.0 */
#include "job/edges.h"

#include "base/clock.h"

bool edges_list(const struct worker *worker, struct arena *mem, struct edge_list *out,
                struct err *err)
{
    return edge_store_list(mem, worker->app->db, worker->feed.group, out, err);
}

bool edges_have(const struct worker *worker, struct arena *mem, int64_t seq, int64_t since,
                struct edge_wait *out, struct err *err)
{
    struct edge_list edges;
    struct edge_seen *seen;

    if (!edges_list(worker, mem, &edges, err))
        return false;
    seen = arena_array_of(mem, edges.count, struct edge_seen);
    for (size_t i = 0; i < edges.count; i++)
        seen[i] = edge_seen_of(&edges.items[i]);
    *out = edge_wait_for(seen, edges.count, edges.count ? edges.items[0].head_epoch : 0, seq, since,
                         clock_now());
    return true;
}
