/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* fetch_body: the body of an answer, unpacked, up to its limit. */
#define ZLIB_CONST
#include <zlib.h>

#include "ca/fetch.h"

struct fetch_body {
    unsigned char data[CA_FETCH_BODY_MAX];
    size_t len;
    bool is_packed; /* by gzip (RFC 1952) */
    bool is_ended;  /* that of the gzip */
    bool is_bad;    /* it is no gzip */
    z_stream stream;
};

void fetch_body_begin_packed(struct fetch_body *body);
void fetch_body_free(struct fetch_body *body);
static inline bool fetch_body_is_full(const struct fetch_body *body)
{
    return body->len == CA_FETCH_BODY_MAX;
}
/* False: no more is wanted. */
bool fetch_body_take(struct fetch_body *body, const void *data, size_t len);
