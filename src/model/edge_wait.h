/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * edge_wait: which edges count, and whether they have what they need (DESIGN "Which edges count").
 * Pure.
 *
 * `following` polled the feed within EDGE_FOLLOWING_MS; `stale` did not, but answers on its
 * addresses; `down` does neither. An instant ahead of the clock is of a clock that was set back
 * since: within the same span it counts like one of the past. Counted is every edge in rotation
 * that is not down and has caught up since it last was (model/edge_standing.h).
 */
#include "model/edge_standing.h"

#define EDGE_FOLLOWING_MS  INT64_C(15000)
#define EDGE_STALE_WAIT_MS INT64_C(60000) /* how long a stale edge holds up a validation */
#define EDGE_TRIES         2              /* that fail in a row: then it does not answer */

#define EDGE_CONDITIONS(X)                                                                         \
    X(FOLLOWING, "following")                                                                      \
    X(STALE, "stale")                                                                              \
    X(DOWN, "down")

#define X(id, name) EDGE_##id,
enum edge_condition { EDGE_CONDITIONS(X) EDGE_CONDITION_COUNT };
#undef X

/* A place in a feed. */
struct edge_place {
    int64_t epoch, seq;
};

/* What an edge that says `said` has of the feed whose head is `head`: nothing that is known where
 * that is after the head, for then it was told by a life of the store that is lost
 * (docs/decisions/0281). */
struct edge_place edge_place_in(struct edge_place said, struct edge_place head);

struct edge_seen {
    const char *name;
    bool is_in_rotation; /* as it shall be */
    enum edge_standing standing;
    int64_t polled_at;        /* 0 = never */
    int64_t tried_at;         /* its addresses; 0 = never */
    int64_t failed_tries;     /* in a row, the last at tried_at */
    struct edge_place ack;    /* durably on the edge; epoch 0 = nothing */
    int64_t moved_at;         /* when `ack` changed last */
    struct edge_place rejoin; /* what it must have before it counts; epoch 0 = not fixed yet */
    int64_t pending_at;       /* the first record that it has not is as old; 0 = not looked up */
};

enum edge_condition edge_condition_of(const struct edge_seen *edge, int64_t now);
const char *edge_condition_name(enum edge_condition condition);
/* The last try was made after it had been lost: it tells whether it is down. */
bool edge_try_tells(const struct edge_seen *edge);
/* It was seen by a clock that was far ahead of this one: edge_store_clock_back(). */
bool edge_is_ahead(const struct edge_seen *edge, int64_t now);
/* Orders wait for it and certificates are proven with it. */
bool edge_is_counted(const struct edge_seen *edge, int64_t now);
/* It counts, follows the feed and answers: what visitors get at its addresses is what was sent to
 * it. */
bool edge_is_sound(const struct edge_seen *edge, int64_t now);
bool edge_has(const struct edge_seen *edge, struct edge_place place);

/* What a wait for the edges came to. */
#define EDGE_WAITS(X)                                                                              \
    X(OVER, "over")                                                                                \
    X(EDGES, "edges")       /* one that counts will have it, or its time runs out */               \
    X(NO_EDGE, "no_edge")   /* none counts: the operator must act */                               \
    X(NONE_HAS, "none_has") /* none that counts takes it up: likewise */

#define X(id, name) EDGE_WAIT_##id,
enum edge_wait_for { EDGE_WAITS(X) EDGE_WAIT_COUNT };
#undef X

struct edge_wait {
    enum edge_wait_for what;
    int64_t look_again_at; /* when not over: at the latest; an acknowledgement comes sooner */
    size_t counted, acked;
    const char *waiting_for; /* the first edge that is behind; NULL when none */
};

/* Whether records up to `place`, published at `since`, are on the edges. An edge that follows is
 * waited for as long as it takes up anything; one that took up nothing for EDGE_STALE_WAIT_MS, and
 * a stale one, not longer than that. */
struct edge_wait edge_wait_for(const struct edge_seen *edges, size_t count, struct edge_place place,
                               int64_t since, int64_t now);
/* "no_edge": the error of an issuance that only the operator can help on; NULL for others. */
const char *edge_wait_code(enum edge_wait_for what);
