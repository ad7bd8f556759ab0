/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * request: one request as a handler sees it, complete and checked. Everything in it lives in `mem`,
 * the arena of the request, until the answer has been sent.
 */
#include <jansson.h>

#include "base/slice.h"
#include "http/router.h"

#define HTTP_REQ_HEADERS_MAX 64 /* more: ERR_TOO_MANY_HEADERS */
#define HTTP_JSON_DEPTH_MAX  16

/* Why a handler is called: a parked request (http/response.h) is handled again from the start. */
enum http_turn { HTTP_FIRST, HTTP_WOKEN, HTTP_DEADLINE };

struct http_req {
    struct arena *mem;
    const char *id; /* req_...; in the log, in problems and in the Request-Id header */
    enum http_method method;
    bool is_head;
    struct uri uri;
    struct http_match match; /* .route is what is being run */
    const struct http_pair *headers;
    size_t header_count;
    struct slice body;
    const char *client;  /* X-Real-IP as set by the front nginx; "" when absent or no address */
    int64_t received_at; /* clock_now() */
    int64_t started_ms;  /* clock_boot_ms() */
    enum http_turn turn;
    void *context;             /* http_options.context */
    void *principal;           /* who asks; set by http_options.around */
    const char *log_who;       /* an id for the log line, or NULL; never a token */
    struct exchange *exchange; /* the server's side; NULL in tests without a server */
};

const char *http_param(const struct http_req *req, const char *name); /* of the pattern: asserted */
const char *http_query(const struct http_req *req, const char *name); /* NULL: not given */
const char *http_req_header(const struct http_req *req, const char *name); /* NULL: not given */

/* The token of "Authorization: Bearer ..." (RFC 6750 section 2.1); NULL without one. */
const char *http_bearer(const struct http_req *req);

/* Whether the Content-Type is `type`, with or without parameters. */
bool http_is_type(const struct http_req *req, const char *type);

/*
 * The body as JSON (RFC 8259), owned by the arena. ERR_BAD_TYPE unless the Content-Type is
 * application/json; ERR_BAD_REQUEST for text that is not JSON, has a name twice in an object, a
 * NUL in a string, more than HTTP_JSON_DEPTH_MAX levels, or anything behind the value.
 */
MUST_CHECK bool http_body_json(const struct http_req *req, json_t **out, struct err *err);
/* The same for any text. `err` says at which line and column. */
MUST_CHECK bool http_json_parse(struct arena *mem, struct slice text, json_t **out,
                                struct err *err);
