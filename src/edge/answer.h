/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * answer: what an edge does with a request, given the host records of its Host and, over TLS, of
 * its SNI. Paths that Latchkey answers itself (edge_path()) are never asked about here.
 */
#include "edge/record.h"

#define EDGE_REDIRECT_CACHE_S 3600 /* how long a browser may keep a redirect */

enum edge_answer {
    EDGE_ANSWER_PROXY,       /* go on to the origin */
    EDGE_ANSWER_REDIRECT,    /* to the canonical host, https, same path and query */
    EDGE_ANSWER_NOT_FOUND,   /* http for a host nobody has here: 404 */
    EDGE_ANSWER_MISDIRECTED, /* https, Host outside the site of the SNI: 421 (RFC 9110 15.5.20) */
};

struct edge_request {
    bool is_https;
    bool is_safe;                 /* GET or HEAD */
    struct slice host_name;       /* of the Host, checked; empty: none */
    const struct edge_host *host; /* its record; NULL: none */
    struct slice sni_site_id;     /* over https: the site id of the SNI's record */
};

/* `status` is set for all but EDGE_ANSWER_PROXY: 301, 308, 404, 421. */
enum edge_answer edge_answer(const struct edge_request *request, int *status);
