/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * response: what a handler answers. The last http_reply_*() wins; headers add up and survive a
 * reply that replaces another, so that what `around` has set stays on problems too.
 *
 * Unless the handler sets them itself, each answer carries Cache-Control: no-store,
 * X-Content-Type-Options: nosniff, Referrer-Policy: no-referrer and a Content-Security-Policy that
 * allows nothing; always Request-Id.
 */
#include <jansson.h>

#include "base/slice.h"
#include "http/request.h"

#define HTTP_RES_HEADERS_MAX 24
#define HTTP_KEY_MAX         128
#define HTTP_PARK_MAX_MS     30000

/* For a server that fails on purpose: how much of the answer is not sent. */
enum http_cut {
    HTTP_CUT_NONE,
    HTTP_CUT_INSIDE, /* the second half of the body; all of an answer that has none */
    HTTP_CUT_BEFORE  /* all of it */
};

struct http_res {
    struct arena *mem;
    const struct http_req *req;
    int status; /* 0 until a reply is made */
    const char *type;
    struct slice body; /* lives as long as the request: arena or static */
    struct http_pair headers[HTTP_RES_HEADERS_MAX];
    size_t header_count;
    struct err err; /* of a problem reply, for the log; .code ERR_NONE otherwise */
    enum http_cut cut;
    bool is_parked;
    int64_t park_until; /* clock_boot_ms() */
};

/* Name and value are kept by pointer and must be printable ASCII: asserted. Replaces one of the
 * same name, but for Link and Set-Cookie, which may repeat. */
void http_res_header(struct http_res *res, const char *name, const char *value);
const char *http_res_get(const struct http_res *res, const char *name);

/* When to come again: Retry-After (RFC 9110 section 10.2.3) from retry_at, at least 1 s; `1` for a
 * busy code without one; else none. */
void http_res_retry_after(struct http_res *res, const struct err *err);

/* All return true, so that a handler ends with `return http_reply_...;`. */
bool http_reply_empty(struct http_res *res, int status);
bool http_reply_bytes(struct http_res *res, int status, const char *type, struct slice body);
/* Steals `body`; application/json. */
bool http_reply_json(struct http_res *res, int status, json_t *body);
/* The same with a media type of its own ("application/problem+json" of another vocabulary). */
bool http_reply_json_as(struct http_res *res, int status, const char *type, json_t *body);
/*
 * RFC 9457 problem from `err`: type "/problems/<code>", title, status, detail, instance (request
 * id), and the members code, who_acts, field, retry_at (RFC 3339). Sets Retry-After as
 * http_res_retry_after() does, and WWW-Authenticate on 401. For 5xx that only the operator can act
 * on (`internal`, `store`, `config`, `crypto`) the detail is not shown to the caller: it is in the
 * log under the same request id.
 */
bool http_reply_problem(struct http_res *res, const struct err *err);
/* The connection ends in place of the answer, or inside it. Alone, it is a reply. */
bool http_cut(struct http_res *res, enum http_cut how);
/* A JSON string; null for NULL. Octets of text that is not UTF-8 become "?" (errors quote what was
 * sent, and are cut at their limit). */
json_t *http_json_text(const char *text);
/* Sets ETag: "<tag>" (RFC 9110 section 8.8.3) and `Cache-Control: no-cache`. True: the request's
 * If-None-Match has it, and the reply is an empty 304. */
bool http_reply_unchanged(struct http_res *res, const char *tag);

/*
 * Long poll. A handler first calls http_watch() with the key it would wait for, then looks; when
 * there is nothing to answer, `return http_park(...)`. No thread is held. It is called again with
 * turn HTTP_WOKEN after http_server_wake(server, key), also when that came between watch and park
 * (no wake is lost), or with HTTP_DEADLINE `wait_ms` (<= HTTP_PARK_MAX_MS) after the request came
 * in or when the server stops; on that turn it must answer, and parking is an internal error. When
 * the client goes away meanwhile, it is not called again. One key per request; a later http_watch()
 * replaces it. Nothing that the handler holds (transactions!) survives a park but what is in the
 * arena.
 */
void http_watch(struct http_req *req, const char *key);
bool http_park(struct http_res *res, int64_t wait_ms);
