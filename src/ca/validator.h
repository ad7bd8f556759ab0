/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * validator: http-01 (RFC 8555 section 8.3) by Boulder's rules. It shares no code with the checks
 * of the product, so that the two can disagree.
 *
 * A and AAAA are asked of one resolver, uncached; the first IPv6 address is tried before the first
 * IPv4 address, and the latter only when the former could not be dialled. At most 10 redirects, by
 * 301, 302, 307 or 308, to http or https, to the ports of the options, to a DNS name, with a path
 * of at most 2000 octets, never to a place seen before. The answer counts when its status is 200
 * and its body, below 128 octets and without the white space at its end, is the key authorization.
 * Only public addresses are connected to, and those in `reachable`.
 */
#include "ca/problem.h"
#include "dns/resolver.h"
#include "net/address.h"

#define CA_VALIDATION_MS       10000 /* of each request */
#define CA_VALIDATION_ALL_MS   30000 /* of a validation, but for the last request */
#define CA_VALIDATION_LEAST_MS 100
#define CA_REDIRECTS_MAX       10
#define CA_REDIRECT_PATH_MAX   2000

struct ca_validator {
    struct resolver *resolver;
    uint16_t http_port, https_port;
    const struct prefix *reachable;
    size_t reachable_count;
    int64_t timeout_ms; /* 0 = CA_VALIDATION_MS */
};

struct ca_http01 {
    const char *name;
    const char *token;
    const char *key_authorization;
};

/* Whether control was shown; `problem` says why not. *record (a JSON array as text, RFC 8555 has it
 * open; Boulder's members) is set in both cases. Blocks. */
MUST_CHECK bool ca_validate_http01(struct arena *mem, const struct ca_validator *validator,
                                   const struct ca_http01 *challenge, const char **record,
                                   struct ca_problem *problem);
