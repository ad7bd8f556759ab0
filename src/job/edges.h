/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edges: how far the edges of our group are, from the store. */
#include "app/edge.h"
#include "job/worker.h"

/* Whether the records up to feed sequence `seq`, published at `since`, are on the edges. */
MUST_CHECK bool edges_have(const struct worker *worker, struct arena *mem, int64_t seq,
                           int64_t since, struct edge_wait *out, struct err *err);
MUST_CHECK bool edges_list(const struct worker *worker, struct arena *mem, struct edge_list *out,
                           struct err *err);
