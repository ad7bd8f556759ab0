/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * exchange: one request and its answer inside the server, from the request line to the last octet
 * sent. It decides what is refused before a handler runs and what is logged at the end; it knows
 * nothing of threads. Internal to src/http.
 *
 * READING -> RUNNING (queued, in a handler or parked; belongs to the pool or the room) -> READY
 * READING -> REFUSED (the rest of the body is thrown away)
 * RUNNING -> GONE (the client hung up while parked)
 */
#include <microhttpd.h>

#include "base/buf.h"
#include "http/pool.h"
#include "http/room.h"
#include "http/server.h"

enum exchange_state {
    EXCHANGE_READING,
    EXCHANGE_REFUSED,
    EXCHANGE_RUNNING,
    EXCHANGE_READY,
    EXCHANGE_GONE
};

struct exchange {
    struct arena *mem; /* holds the exchange itself */
    struct http_server *server;
    const struct http_options *options;
    struct MHD_Connection *connection;
    const char *target; /* path and query as sent */
    bool is_begun;      /* the headers have been read */
    bool must_close;    /* the connection ends with the answer */
    enum exchange_state state;
    struct http_req req;
    struct http_res res;
    struct http_pair *headers; /* room for HTTP_REQ_HEADERS_MAX; req.headers */
    struct buf body;
    size_t received; /* octets of body, thrown away ones included */
    struct pool_item item;
    struct room_waiter waiter;
};

struct exchange *exchange_new(struct http_server *server, const struct http_options *options,
                              const char *target);
void exchange_free(struct exchange *x);

/* The headers are there: READING or REFUSED. */
void exchange_begin(struct exchange *x, struct MHD_Connection *connection, const char *method,
                    const char *version);
/* A piece of the body. False: cut the connection (too slow, or far too much). */
MUST_CHECK bool exchange_take_body(struct exchange *x, const void *data, size_t len);
/* Answers with the problem of `err` in place of running a handler. */
void exchange_refuse(struct exchange *x, const struct err *err);
/* Runs the handler for this turn: READY, or RUNNING with res.is_parked. */
void exchange_run(struct exchange *x, enum http_turn turn);
/* Hands the answer to libmicrohttpd, on its thread. */
enum MHD_Result exchange_answer(struct exchange *x);
void exchange_log(const struct exchange *x, enum MHD_RequestTerminationCode how);
