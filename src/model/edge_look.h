/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * edge_look: what a look at an edge comes to: whether its addresses are tried, what its standing
 * becomes, when it is looked at again, and what is said of it. Pure; job/edges.h acts.
 */
#include "base/arena.h"
#include "model/edge_wait.h"

#define EDGE_TRY_AGAIN_MS     INT64_C(1000) /* after a first failure: before it is taken to be down */
#define EDGE_TRY_MS           INT64_C(5000)  /* else, while it does not follow */
#define EDGE_TRY_FOLLOWING_MS INT64_C(60000) /* while it follows and answers */
#define EDGE_LOOK_MAX_MS      INT64_C(15000) /* a look is never further away */

bool edge_should_try(const struct edge_seen *edge, int64_t now);
/* How many tries have failed in a row after one more. */
int64_t edge_failed_tries(const struct edge_seen *edge, bool is_answered, int64_t now);
/* It follows the feed, and nobody can connect to it: its web server is dead, or the way to it. What
 * it counts for stays the same, but the operator must know. */
bool edge_is_deaf(const struct edge_seen *edge, int64_t now);

/* What changes, which may be nothing. */
struct edge_look {
    bool is_event;
    enum edge_event event;    /* of the table edge_steps() */
    struct edge_place rejoin; /* as it is from now on */
};

/* `head` is the end of the group's feed. pending_at must be looked up for an edge that follows
 * without having everything. */
struct edge_look edge_look_at(const struct edge_seen *edge, struct edge_place head, int64_t now);

/* When the next look at this edge is due. */
int64_t edge_look_again_at(const struct edge_seen *edge, int64_t now);

/* What happens next with it, or what somebody must do: sentences for the operator. */
const char *edge_next_text(const struct edge_seen *edge, int64_t now);
/* Since when its condition is what it is; `following_at`, `unanswered_at` and `created_at` are of
 * the stored edge. */
int64_t edge_condition_since(const struct edge_seen *edge, int64_t following_at,
                             int64_t unanswered_at, int64_t created_at, int64_t now);
