/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* origin: scheme, host and port of a URL (RFC 6454 section 4). */
#include "base/base.h"

#define ORIGIN_HOST_MAX 253
#define ORIGIN_URL_MAX  1024

struct origin {
    bool is_https;
    uint16_t port;
    char host[ORIGIN_HOST_MAX + 1]; /* lower case; an IPv6 address with its brackets */
};

/* Takes http and https only, and is strict, so that nobody can read another host out of the same
 * text: no user part, no octet outside of RFC 3986's, host of [A-Za-z0-9.-] or a bracketed IPv6
 * address, port of digits, at most ORIGIN_URL_MAX octets. */
MUST_CHECK bool origin_parse(const char *url, struct origin *out);
bool origin_equal(const struct origin *a, const struct origin *b);
