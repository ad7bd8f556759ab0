/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edges: how far the edges of our group are, from the store. */
#include "job/worker.h"
#include "model/edge_wait.h"
#include "store/edge_store.h"

/* Whether an edge that does not follow answers is not tried here: it is taken to, so it is stale
 * and waited for, but not for ever. */
static inline struct edge_seen edge_seen_of(const struct edge *edge)
{
    return (struct edge_seen){.name = edge->name,
                              .is_in_rotation = edge->is_in_rotation,
                              .is_answering = true,
                              .polled_at = edge->polled_at,
                              .ack_epoch = edge->ack_epoch,
                              .ack_seq = edge->ack_seq};
}

/* Whether the records up to feed sequence `seq`, published at `since`, are on the edges. */
MUST_CHECK bool edges_have(const struct worker *worker, struct arena *mem, int64_t seq,
                           int64_t since, struct edge_wait *out, struct err *err);
MUST_CHECK bool edges_list(const struct worker *worker, struct arena *mem, struct edge_list *out,
                           struct err *err);
