/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * edge_store: the edge servers, how far each has followed the feed, and what it counts for. Whether
 * an edge is following, stale or down is derived from polled_at and the tries by whoever asks; it
 * is not stored.
 */
#include "db/db.h"
#include "model/edge_wait.h"
#include "store/text_list.h"

struct edge {
    const char *id;
    const char *name;
    const char *group;
    struct text_list addresses; /* IPv4 and IPv6, without port */
    int64_t http_port;
    int64_t https_port;
    bool is_in_rotation;
    int64_t ack_epoch; /* durably in its LMDB: everything up to this; 0: nothing yet */
    int64_t ack_seq;
    int64_t polled_at; /* 0: never, as below */
    int64_t acked_at;
    int64_t created_at;
    int64_t following_at; /* since when it polls without a gap of EDGE_FOLLOWING_MS */
    int64_t moved_at;     /* when its acknowledgement changed last */
    enum edge_standing standing;
    int64_t standing_at;      /* since when */
    struct edge_place rejoin; /* what it must have before it counts; epoch 0: not fixed yet */
    int64_t rejoined_at;      /* when it had caught up last */
    int64_t tried_at;         /* its addresses, the last time that it did not follow */
    int64_t failed_tries;     /* in a row, up to then */
    int64_t unanswered_at;    /* the first of these */
    const char *try_text;     /* what was seen then; NULL: never tried */
    int64_t head_epoch;       /* of its group's feed when this was read; 0: no feed yet */
    int64_t head_seq;
};

struct edge_list {
    const struct edge *items;
    size_t count;
};

extern const struct query_list edge_queries;

/* Adds the edge; of one with this name it sets group, addresses and ports, and leaves the rest,
 * the id included (edge_store_find() tells it). */
MUST_CHECK bool edge_store_put(struct db *db, const struct edge *edge, struct err *err);
/* *out is NULL when it is not there, as below. */
MUST_CHECK bool edge_store_get(struct arena *mem, struct db *db, const char *id,
                               const struct edge **out, struct err *err);
MUST_CHECK bool edge_store_find(struct arena *mem, struct db *db, const char *name,
                                const struct edge **out, struct err *err);
/* In order of the name. `group` NULL: all. */
MUST_CHECK bool edge_store_list(struct arena *mem, struct db *db, const char *group,
                                struct edge_list *out, struct err *err);
/* The last value wins: it may go down. Sets polled_at too. ERR_LOST_RACE, as below: there is no
 * such edge. */
MUST_CHECK bool edge_store_ack(struct db *db, const char *id, int64_t epoch, int64_t seq,
                               int64_t now, struct err *err);
MUST_CHECK bool edge_store_set_rotation(struct db *db, const char *id, bool is_in_rotation,
                                        struct err *err);

/* Stores tried_at, failed_tries, unanswered_at and try_text of `edge`. */
MUST_CHECK bool edge_store_set_try(struct db *db, const struct edge *edge, struct err *err);
/* Stores standing, standing_at, rejoin and rejoined_at of `edge`; ERR_LOST_RACE when its standing
 * is not `from` any more. */
MUST_CHECK bool edge_store_move(struct db *db, const struct edge *edge, enum edge_standing from,
                                struct err *err);

/* Of an edge, what has happened later than `now`, by a clock that was set back since, has happened
 * now. */
MUST_CHECK bool edge_store_clock_back(struct db *db, const char *id, int64_t now, struct err *err);

/* What an edge has not got yet. */
struct edge_behind {
    int64_t records;
    int64_t since; /* the first of them was made then; 0: it has everything */
};
MUST_CHECK bool edge_store_behind(struct db *db, const struct edge *edge, struct edge_behind *out,
                                  struct err *err);
