/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edge_look: a look at the edges of a group: what was seen at their addresses is stored, and what
 * follows from it for each (model/edge_look.h). */
#include "app/edge.h"
#include "model/edge_look.h"

/* What was seen at the addresses of an edge. */
struct edge_try {
    const struct edge *edge; /* as it was read before the try */
    bool is_answered;        /* on one of them at least */
    const char *text;        /* one sentence for the operator */
};

struct edge_tries {
    const struct edge_try *items;
    size_t count;
};

/* A standing that has changed. */
struct edge_change {
    const struct edge *edge; /* as it was */
    const struct edge_step *step;
    const char *text; /* of its event */
};

struct edge_changes {
    const struct edge_change *items;
    size_t count;
    int64_t look_again_at;
};

/* In one transaction with their events (kind "edge.<event>", or "edge.unanswered" and
 * "edge.answers" of one that follows while nobody can connect to it; the edge is the subject), and
 * with waking whoever waited for an edge that counts no more, or for one that does again. */
MUST_CHECK bool app_edge_look(const struct app *app, struct arena *mem, const char *group,
                              const struct edge_tries *tries, struct edge_changes *out,
                              struct err *err);
