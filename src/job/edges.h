/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edges: how far the edges of our group are and which of them count, from the store; and the job
 * that keeps the latter true. */
#include "app/edge.h"
#include "job/runner.h"
#include "job/worker.h"

#define EDGES_TRY_MS 3000 /* of all addresses together */

/* Whether the records up to feed sequence `seq`, published at `since`, are on the edges. */
MUST_CHECK bool edges_have(const struct worker *worker, struct arena *mem, int64_t seq,
                           int64_t since, struct edge_wait *out, struct err *err);
/* Whether each edge that shall be in rotation is sound (model/edge_wait.h). */
MUST_CHECK bool edges_are_sound(const struct worker *worker, struct arena *mem, bool *out,
                                struct err *err);
MUST_CHECK bool edges_list(const struct worker *worker, struct arena *mem, struct edge_list *out,
                           struct err *err);

/* The exact address and port, for a policy that allows nothing else. ERR_BAD_INPUT. */
MUST_CHECK bool edges_place(const struct edge *edge, const char *address, int64_t port,
                            struct net_allowed *out, struct err *err);

/* Subject: edge group. Tries the addresses of the edges that do not follow: one plain HTTP request
 * to the check path of each, any answer will do; moves the standing of every edge accordingly, and
 * logs what has changed (alarms at WARN). For ever. */
MUST_CHECK bool job_edges(void *worker, struct arena *mem, const struct job *job,
                          struct job_result *out, struct err *err);
