/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edge: the platform's edge servers, enrolled by the operator. */
#include "app/app.h"
#include "app/partner.h"
#include "model/edge_wait.h"
#include "store/edge_store.h"

/* The one edge group there is so far. */
#define APP_EDGE_GROUP "default"

struct edge_input {
    const char *name;             /* [a-z0-9-], 1..63 */
    const char *group;            /* NULL: "default" */
    struct config_list addresses; /* as visitors reach it: IPv4 and IPv6 */
    int64_t http_port, https_port;
};

/* Operator only. Adds the edge, or gives the one of this name other addresses and ports; makes a
 * token for it. A new one counts once it has caught up. */
MUST_CHECK bool app_edge_enrol(const struct app *app, const struct caller *caller,
                               struct arena *mem, const struct edge_input *in,
                               struct token_created *out, struct err *err);

struct edge_rotation {
    const char *edge_id;
    bool is_in_rotation;
};

/* Operator only. ERR_NOT_FOUND. Out of rotation, an edge is not counted (model/edge_wait.h); put in
 * again, it counts once it has caught up. */
MUST_CHECK bool app_edge_set_rotation(const struct app *app, const struct caller *caller,
                                      struct arena *mem, const struct edge_rotation *in,
                                      const struct edge **out, struct err *err);

/* What the rules look at; pending_at is not looked up. */
static inline struct edge_seen edge_seen_of(const struct edge *edge)
{
    return (struct edge_seen){
        .name = edge->name,
        .is_in_rotation = edge->is_in_rotation,
        .standing = edge->standing,
        .polled_at = edge->polled_at,
        .tried_at = edge->tried_at,
        .failed_tries = edge->failed_tries,
        .ack = edge_place_in((struct edge_place){edge->ack_epoch, edge->ack_seq},
                             (struct edge_place){edge->head_epoch, edge->head_seq}),
        .moved_at = edge->moved_at,
        .rejoin = edge->rejoin};
}

/* How far an edge is: durably in its LMDB. */
struct edge_ack {
    const char *edge_id;
    int64_t epoch, seq;
};

struct edge_acks {
    const char *group; /* of all of them */
    const struct edge_ack *items;
    size_t count;
};

/* Stores what edges of one group said at `now`, in one transaction, and makes the jobs of the
 * issuances due that no longer have to wait for an edge. An edge that is gone is passed over; one
 * that does not count is looked at soon. */
MUST_CHECK bool app_edge_acks(const struct app *app, struct arena *mem,
                              const struct edge_acks *acks, int64_t now, struct err *err);
