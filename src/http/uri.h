/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * uri: the request target of RFC 9112 section 3.2.1 (origin-form), taken apart before anything is
 * decoded, so that an encoded "/" or "&" stays data.
 *
 * Refused as ERR_BAD_REQUEST: not beginning with "/", an incomplete or non-hexadecimal "%", a NUL,
 * text that is not UTF-8 after decoding, an empty segment between two slashes ("//"), the segments
 * "." and "..", a fragment, control octets and octets over 0x7e that are not percent-encoded. One
 * slash at the end is kept as an empty last segment. In the query "+" is a space and a repeated
 * name is refused.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#define HTTP_URI_MAX      4096 /* octets of path and query as sent; more: ERR_URI_TOO_LONG */
#define HTTP_SEGMENTS_MAX 16
#define HTTP_QUERY_MAX    32 /* parameters; more: ERR_BAD_REQUEST */

struct http_pair {
    const char *name, *value;
};

struct uri {
    const char *target; /* as sent: path and query */
    const char *path;   /* as sent, without the query: for the log */
    const char *segments[HTTP_SEGMENTS_MAX];
    size_t segment_count;
    struct http_pair query[HTTP_QUERY_MAX];
    size_t query_count;
};

MUST_CHECK bool uri_parse(struct arena *mem, const char *target, struct uri *out, struct err *err);

/* "a=b&c=d" as queries and forms have it (application/x-www-form-urlencoded), at most
 * HTTP_QUERY_MAX pairs into `out`. ERR_BAD_REQUEST as above. */
MUST_CHECK bool uri_parse_pairs(struct arena *mem, struct slice text, struct http_pair *out,
                                size_t *count, struct err *err);
