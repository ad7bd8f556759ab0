/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* feed_client: how an agent talks to the control plane: requests with the edge's token to the one
 * place that the operator has chosen. One thread at a time. */
#include "base/secret.h"
#include "net/http_client.h"

struct feed_place {
    const char *url;     /* "https://host[:port]" */
    const char *ca_file; /* PEM roots for it; NULL or "" = the system's */
    const struct secret *token;
    http_resolve_fn resolve; /* NULL: the host is an address or localhost; from any thread */
    void *resolve_arg;
};

struct feed_client;

/* `place` lives as long as the client. */
MUST_CHECK bool feed_client_new(const struct feed_place *place, struct feed_client **out,
                                struct err *err);
void feed_client_free(struct feed_client *client);
static inline void feed_client_freep(struct feed_client **client)
{
    if (*client)
        feed_client_free(*client);
}

#define FEED_HEADERS_MAX 8 /* of one request, the token not counted */

struct feed_request {
    const char *path; /* "/v1/edge/feed?..." */
    const struct http_header *headers;
    size_t header_count;
    struct slice body; /* application/octet-stream; data NULL: a GET */
    size_t body_max;   /* octets of the answer */
    int total_ms;
};

/* Any status is success, but for 401 and 403: ERR_UNAUTHENTICATED. Else as http_do(). */
MUST_CHECK bool feed_client_do(struct arena *mem, struct feed_client *client,
                               const struct feed_request *request, struct http_response *out,
                               struct err *err);
