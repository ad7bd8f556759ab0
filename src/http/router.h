/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * router: which row of a table of routes answers a method and a path. Pure.
 *
 * A pattern is a path of literal segments and "{name}" segments, each of which stands for one
 * segment that is not empty. The first row that matches the path and the method wins, so a literal
 * row stands above the "{name}" row that it overlaps. HEAD is answered by the GET row. Of a path
 * with a segment "{secret}" the log shows the pattern only; of a path that no row has, no segment
 * of more than HTTP_LOGGED_SEGMENT_MAX octets.
 */
#include "http/uri.h"

#define HTTP_LOGGED_SEGMENT_MAX 32

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_METHOD_COUNT };

struct http_req;
struct http_res;

/*
 * Answers a request; may block on the store, never on the network for longer than its route's
 * callers can bear. False: the server answers with the problem document of `err`.
 */
typedef bool http_handler(struct http_req *req, struct http_res *res, struct err *err);

struct http_route {
    enum http_method method;
    const char *path;      /* "/v1/orders/{id}" */
    const char *operation; /* operationId of the OpenAPI document; the name in the log */
    http_handler *run;
    size_t max_body; /* octets; 0 = a body is refused */
    unsigned needs;  /* for http_options.around: what the caller must hold; the server ignores it */
    bool is_quiet;   /* a success is logged at debug only (polls) */
    /* One of many who wait for the same and come back together: runs when no other request waits,
     * and a full queue does not refuse it. */
    bool is_follower;
};

#define HTTP_PARAMS_MAX 4

struct http_match {
    const struct http_route *route;
    struct http_pair params[HTTP_PARAMS_MAX];
    size_t param_count;
    unsigned allowed; /* bit 1 << method for each method that the path has */
};

const char *http_method_name(enum http_method method);
/* "GET", case-sensitive as RFC 9110 section 9.1 has it. HEAD parses as HTTP_GET with *is_head. */
MUST_CHECK bool http_method_parse(const char *name, enum http_method *out, bool *is_head);

#define HTTP_NOTHING_THERE "there is nothing at this path"

struct http_table {
    const struct http_route *routes;
    size_t count;
    const struct http_route *elsewhere; /* what a GET of any other path gets; NULL: ERR_NOT_FOUND */
};

/* ERR_NOT_FOUND: no row has this path. ERR_BAD_METHOD: rows have, but not with this method
 * (HTTP_METHOD_COUNT stands for one that is none of ours). `out->allowed` is set even then. */
MUST_CHECK bool http_route_match(struct arena *mem, const struct http_table *table,
                                 enum http_method method, const struct uri *uri,
                                 struct http_match *out, struct err *err);
/* The value of the Allow header (RFC 9110 section 10.2.1): "GET, HEAD, POST". */
const char *http_allow(struct arena *mem, unsigned allowed);
