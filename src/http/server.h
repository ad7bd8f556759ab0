/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * server: HTTP/1.1 on a Unix socket, behind nginx only (libmicrohttpd: event threads with epoll; a
 * pool of handler threads that may block). Never give it a TCP port: 0.9.75 accepts some malformed
 * framing that nginx refuses.
 *
 * Refused before a handler runs: two of Host, Content-Length or Transfer-Encoding, Content-Length
 * with Transfer-Encoding, any Transfer-Encoding but "chunked", no Host in HTTP/1.1 (400 and close);
 * a URI over HTTP_URI_MAX (414), more than HTTP_REQ_HEADERS_MAX headers (431), a body over the
 * route's limit (413), an unknown path (404, but for table.elsewhere) or method (405), a full queue
 * (503, Retry-After: 1; followers have their own, bounded by max_connections). A body is read
 * whole, within HTTP_BODY_MS, before the handler runs; a refused one is read and thrown away up to
 * HTTP_DRAIN_MAX, so that nginx gets to read the answer, and cut off above.
 *
 * One log line, "http.request", at the end of each request: id, operation, method, path without
 * query, status, octets, milliseconds, client, who, and the error.
 */
#include "http/response.h"

#define HTTP_BODY_MS   30000
#define HTTP_IDLE_S    75
#define HTTP_DRAIN_MAX (1 << 20)

struct http_server;

struct http_options {
    const char *socket_path; /* replaced when it is a socket that nobody answers on */
    unsigned socket_mode;    /* 0660: the front nginx must be able to connect */
    struct http_table table;
    void *context;            /* http_req.context */
    unsigned event_threads;   /* 0 = 2 */
    unsigned handlers;        /* handler threads; 0 = 8 */
    unsigned max_queued;      /* requests waiting for a handler; 0 = 256 */
    unsigned body_ms;         /* for a whole body; 0 = HTTP_BODY_MS */
    unsigned max_connections; /* parked ones included; 0 = 4096. Needs as many descriptors. */

    /* Called in place of route->run, which it calls (or not); NULL: run is called directly. For
     * authentication, idempotency, headers that every answer carries. */
    bool (*around)(struct http_req *req, struct http_res *res, struct err *err);
    /* Called for every error in place of http_reply_problem(), the server's own refusals included
     * (then it runs on an event thread, must not block, and req->match.route may be NULL). NULL:
     * http_reply_problem(). */
    bool (*problem)(struct http_res *res, const struct err *err);
};

/* Copies `options`; what it points to must live as long as the server. ERR_CONFIG when the socket
 * cannot be made. */
MUST_CHECK bool http_server_start(const struct http_options *options, struct http_server **out,
                                  struct err *err);
/* Calls again every request that watches `key`. From any thread; cheap when nobody does. */
void http_server_wake(struct http_server *server, const char *key);
/* Accepts no more, lets running handlers finish, calls parked ones with HTTP_DEADLINE, answers what
 * is queued, then frees. NULL is fine. */
void http_server_stop(struct http_server *server);
