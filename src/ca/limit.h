/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * limit: Let's Encrypt's rate limits, their numbers, and the one rule that all follow: GCRA, a
 * token bucket whose state is the instant at which it is full again. Which request spends from
 * which bucket is decided in ca/admission.h and ca/request_limit.h. Pure.
 */
#include "base/base.h"

/* Constant, name in a limits file, count, period in seconds, burst, whether it is about requests,
 * anchor on the page of the limits (Let's Encrypt's own). */
#define CA_LIMITS(X)                                                                               \
    X(ACCOUNTS_PER_ADDRESS, "accounts_per_address", 10, 10800, 10, false,                          \
      "new-registrations-per-ip-address")                                                          \
    X(ACCOUNTS_PER_NETWORK, "accounts_per_network", 500, 10800, 500, false,                        \
      "new-registrations-per-ipv6-range")                                                          \
    X(ORDERS_PER_ACCOUNT, "orders_per_account", 300, 10800, 300, false, "new-orders-per-account")  \
    X(CERTIFICATES_PER_DOMAIN, "certificates_per_domain", 50, 604800, 50, false,                   \
      "new-certificates-per-registered-domain")                                                    \
    X(CERTIFICATES_PER_SET, "certificates_per_set", 5, 604800, 5, false,                           \
      "new-certificates-per-exact-set-of-identifiers")                                             \
    X(FAILURES_PER_NAME, "failures_per_name", 5, 3600, 5, false,                                   \
      "authorization-failures-per-identifier-per-account")                                         \
    X(FAILURES_IN_A_ROW, "failures_in_a_row", 1, 86400, 1152, false,                               \
      "consecutive-authorization-failures-per-identifier-per-account")                             \
    X(REQUESTS_NONCE, "requests_new_nonce", 20, 1, 10, true, "overall-requests-limit")             \
    X(REQUESTS_ACCOUNT, "requests_new_account", 5, 1, 15, true, "overall-requests-limit")          \
    X(REQUESTS_ORDER, "requests_new_order", 300, 1, 200, true, "overall-requests-limit")           \
    X(REQUESTS_REVOKE, "requests_revoke", 10, 1, 100, true, "overall-requests-limit")              \
    X(REQUESTS_RENEWAL_INFO, "requests_renewal_info", 1000, 1, 100, true,                          \
      "overall-requests-limit")                                                                    \
    X(REQUESTS_DIRECTORY, "requests_directory", 40, 1, 40, true, "overall-requests-limit")         \
    X(REQUESTS_OTHER, "requests_other", 250, 1, 125, true, "overall-requests-limit")

#define X(id, name, count, period, burst, is_requests, anchor) CA_LIMIT_##id,
enum ca_limit_id { CA_LIMITS(X) CA_LIMIT_COUNT };
#undef X

#define CA_LIMIT_COUNT_MAX  1000000
#define CA_LIMIT_PERIOD_MAX INT64_C(31536000)   /* seconds */
#define CA_LIMIT_FILL_MAX   INT64_C(3153600000) /* seconds that an empty bucket takes to be full */

/* `burst` at once, and one more each period_s / count. count 0: there is no limit. */
struct ca_limit {
    int64_t count, period_s, burst; /* 1.._COUNT_MAX, 1.._PERIOD_MAX, 1.._COUNT_MAX */
};

struct ca_limits {
    struct ca_limit items[CA_LIMIT_COUNT];
};

extern const struct ca_limits ca_limits_letsencrypt;
extern const struct ca_limits ca_limits_none;

const char *ca_limit_name(enum ca_limit_id id);
bool ca_limit_parse(const char *name, enum ca_limit_id *out);
bool ca_limit_is_requests(enum ca_limit_id id);
const char *ca_limit_anchor(enum ca_limit_id id);

/* What came of asking a bucket for one token. */
struct ca_spending {
    bool is_allowed;
    int64_t tat_us;   /* the bucket's new state; the old one when it is not allowed */
    int64_t retry_us; /* when one token will be there; `now_us` when it is allowed */
};

/* `tat_us`: 0 for a bucket that nobody has asked. A clock that was set back does not make anyone
 * wait longer than for an empty bucket. The limit must have a count. */
struct ca_spending ca_limit_spend(const struct ca_limit *limit, int64_t tat_us, int64_t now_us);
