/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * limits: the rate limits of a CA that we keep to ourselves, so that it need not refuse us. The
 * numbers of ca[].limits; without any, Let's Encrypt's for a public CA and none for others.
 */
#include "base/rate.h"
#include "config/config.h"

/* Constant, name in the configuration, Let's Encrypt's rate, what it counts for people. */
#define CONFIG_LIMITS(X)                                                                           \
    X(ORDERS, "orders_per_account", 300, 10800, "new orders")                                      \
    X(DOMAIN, "certificates_per_domain", 50, 604800,                                               \
      "new certificates of %s and the names under it")                                             \
    X(SET, "certificates_per_set", 5, 604800, "certificates for exactly the names of %s")          \
    X(FAILURES, "failures_per_name", 5, 3600, "failed validations of %s")

#define X(id, name, count, period, what) CONFIG_LIMIT_##id,
enum config_limit { CONFIG_LIMITS(X) CONFIG_LIMIT_COUNT };
#undef X

struct config_limits {
    struct rate rates[CONFIG_LIMIT_COUNT]; /* count 0: no limit */
};

const char *config_limit_name(enum config_limit limit);
MUST_CHECK bool config_limit_parse(const char *name, enum config_limit *out);
/* A format for people with one %s, the name that it is about; CONFIG_LIMIT_ORDERS has none. */
const char *config_limit_what(enum config_limit limit);

/* One entry of ca[].limits: "letsencrypt", "none", or "NAME RATE" (base/rate.h). ERR_CONFIG. */
MUST_CHECK bool config_limit_format(const char *text, struct err *err);
/* The limits of a CA; its entries have passed config_limit_format(). */
void config_limits_of(const struct config_ca *ca, struct config_limits *out);
