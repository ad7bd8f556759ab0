/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * validator: whether a client has shown control of a name, by the rules and in the words of
 * Boulder. It shares no code with the checks of the product, so that the two can disagree. One
 * resolver is asked, uncached; only public addresses are connected to, and those in `reachable`.
 */
#include "ca/challenge.h"
#include "ca/problem.h"
#include "dns/resolver.h"
#include "net/address.h"

#define CA_VALIDATION_MS       10000 /* of each request */
#define CA_VALIDATION_ALL_MS   30000 /* of a validation, but for the last request */
#define CA_VALIDATION_LEAST_MS 100

struct ca_validator {
    struct resolver *resolver;
    uint16_t http_port, https_port;
    const struct prefix *reachable;
    size_t reachable_count;
    int64_t timeout_ms; /* 0 = CA_VALIDATION_MS */
};

/* What is to be shown. */
struct ca_control {
    enum ca_challenge_type type;
    const char *name; /* a DNS name, without the "*." of a wildcard */
    const char *token;
    const char *key_authorization;
};

/* Whether control was shown; `problem` says why not. *record (a JSON array as text, RFC 8555 has it
 * open; Boulder's members) is set in both cases. Blocks. */
MUST_CHECK bool ca_validate(struct arena *mem, const struct ca_validator *validator,
                            const struct ca_control *control, const char **record,
                            struct ca_problem *problem);

/* One type of challenge; what was connected to is appended to `record`. */
typedef bool ca_prove(struct arena *mem, const struct ca_validator *validator,
                      const struct ca_control *control, json_t *record, struct ca_problem *problem);
