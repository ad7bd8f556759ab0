/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * http_transfer: one exchange as libcurl sees it; only for http_client.c. http_transfer.c makes it,
 * http_failure.c says what came of it.
 */
#include <curl/curl.h>

#include "base/buf.h"
#include "net/http_client.h"

#define HTTP_HEADER_COUNT_MAX 200 /* of an answer */

struct http_transfer {
    struct arena *mem;
    struct http_exchange *exchange;
    const struct net_policy *policy;
    CURL *easy;
    struct curl_slist *headers, *resolve, *connect_to;
    struct buf body;
    struct http_header *list; /* room for HTTP_HEADER_COUNT_MAX */
    size_t list_count, header_octets;
    struct address tried; /* the last address that a socket was opened for */
    uint16_t tried_port;
    bool has_tried, is_connected, is_body_over, is_headers_over, is_enough;
    struct err refused; /* the policy's last refusal */
    char reason[CURL_ERROR_SIZE];
};

/* Makes and fills the easy handle. On failure the exchange says why. */
MUST_CHECK bool http_transfer_begin(struct http_transfer *transfer,
                                    const struct http_client_options *options);
/* Turns libcurl's result into the exchange's, and frees the handle. */
void http_transfer_end(struct http_transfer *transfer, CURLcode code);
void http_transfer_free(struct http_transfer *transfer);

static inline size_t http_body_max(const struct http_request *request)
{
    return request->body_max ? request->body_max : HTTP_BODY_MAX;
}

static inline size_t http_headers_max(const struct http_request *request)
{
    return request->headers_max ? request->headers_max : HTTP_HEADERS_MAX;
}

static inline int http_connect_ms(const struct http_request *request)
{
    return request->connect_ms ? request->connect_ms : HTTP_CONNECT_MS;
}

static inline int http_total_ms(const struct http_request *request)
{
    return request->total_ms ? request->total_ms : HTTP_TOTAL_MS;
}
