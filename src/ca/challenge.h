/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* challenge: the types of challenge that the CA offers (RFC 8555 section 8, RFC 8737), and for
 * which names. Pure. */
#include "base/base.h"

#define CA_CHALLENGES(X)                                                                           \
    X(HTTP_01, "http-01")                                                                          \
    X(DNS_01, "dns-01")                                                                            \
    X(TLS_ALPN_01, "tls-alpn-01")

#define X(id, name) CA_CHALLENGE_##id,
enum ca_challenge_type { CA_CHALLENGES(X) CA_CHALLENGE_COUNT };
#undef X

const char *ca_challenge_name(enum ca_challenge_type type);
bool ca_challenge_parse(const char *name, enum ca_challenge_type *out);

/* Whether it is offered for this identifier: for "*.shop.example" dns-01 alone (Baseline
 * Requirements 3.2.2.4.19 and .20). */
bool ca_challenge_fits(enum ca_challenge_type type, const char *identifier);
