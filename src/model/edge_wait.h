/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * edge_wait: which edges count, and whether they have what they need (DESIGN "Which edges count").
 * Pure.
 *
 * Counted is every edge in rotation that is not down. `following` polled the feed within
 * EDGE_FOLLOWING_MS; `stale` did not, but answers on its addresses; `down` does neither.
 */
#include "base/base.h"

#define EDGE_FOLLOWING_MS  INT64_C(15000)
#define EDGE_STALE_WAIT_MS INT64_C(60000) /* how long a stale edge holds up a validation */

#define EDGE_CONDITIONS(X)                                                                         \
    X(FOLLOWING, "following")                                                                      \
    X(STALE, "stale")                                                                              \
    X(DOWN, "down")

#define X(id, name) EDGE_##id,
enum edge_condition { EDGE_CONDITIONS(X) EDGE_CONDITION_COUNT };
#undef X

struct edge_seen {
    const char *name;
    bool is_in_rotation;
    bool is_answering; /* on its addresses, when last tried; true when never tried */
    int64_t polled_at; /* 0 = never */
    int64_t ack_epoch, ack_seq;
};

struct edge_wait {
    bool is_over;          /* go on */
    int64_t look_again_at; /* when not over: at the latest; an acknowledgement comes sooner */
    size_t counted, acked;
    const char *waiting_for; /* the first edge that is behind; NULL when none */
};

/* Whether records up to (epoch, seq), published at `since`, are on the edges. With no edge at all
 * in rotation it is never over: nobody could answer a challenge. */
struct edge_wait edge_wait_for(const struct edge_seen *edges, size_t count, int64_t epoch,
                               int64_t seq, int64_t since, int64_t now);

enum edge_condition edge_condition_of(const struct edge_seen *edge, int64_t now);
const char *edge_condition_name(enum edge_condition condition);
