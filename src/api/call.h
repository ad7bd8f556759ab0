/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * call: one authenticated request. Handlers take the app from here and from nowhere else: with an
 * Idempotency-Key its `db` is a transaction, which ends with the answer stored in it.
 */
#include "api/acks.h"
#include "api/api.h"
#include "api/check_limit.h"
#include "api/feed_pace.h"
#include "api/minute_limit.h"
#include "app/partner.h"
#include "check/rdap.h"
#include "http/commit_watch.h"
#include "http/server.h"

struct api {
    const struct app *app;
    struct resolver *resolver;
    struct rdap *rdap; /* NULL: registries are not asked */
    struct http_server *server;
    struct commit_watch *watch;
    struct api_acks *acks;
    struct check_limit *checks;
    struct minute_limit *requests; /* by partner */
    struct feed_pace *pace;
};

struct api_call {
    struct api *api;
    struct app app;
    struct caller caller;          /* not of an edge's token */
    const struct api_token *token; /* NULL on a public route */
};

static inline struct api_call *api_call_of(const struct http_req *req)
{
    return req->principal;
}

struct edge;

/* The edge whose token it is, on a route for edges. ERR_FORBIDDEN: it is gone. */
MUST_CHECK bool api_edge_of(const struct http_req *req, const struct edge **out, struct err *err);

/* http_options.around of the API: authenticates, checks the token's scopes, and honours the
 * Idempotency-Key. */
http_handler api_around;

/* Runs the route's handler once for each Idempotency-Key: again, it answers what it did, without
 * running it. ERR_CONFLICT when the key was used for another request; ERR_BAD_INPUT for a key that
 * is empty or over API_KEY_MAX octets. An answer that is no success stores nothing. */
#define API_KEY_MAX 200
MUST_CHECK bool api_run_once(struct http_req *req, struct http_res *res, const char *key,
                             struct err *err);
