/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * rate: "so many in such a time", as token buckets. The one rule is GCRA: the state of a bucket is
 * the instant at which it is full again (its TAT). Pure; instants are unix microseconds.
 */
#include "base/err.h"

/* `burst` at once, and one more each period_s / count. count 0: there is no limit. */
struct rate {
    int64_t count, period_s, burst; /* 1.._COUNT_MAX, 1.._PERIOD_MAX, 1.._COUNT_MAX */
};

#define RATE_COUNT_MAX  1000000
#define RATE_PERIOD_MAX INT64_C(31536000)   /* seconds: a year */
#define RATE_FILL_MAX   INT64_C(3153600000) /* seconds that an empty bucket takes to be full */
#define RATE_AHEAD_MAX  1000

/* What came of asking a bucket for one token. */
struct rate_spending {
    bool is_allowed;
    int64_t tat_us;   /* the bucket's new state; the old one when it is not allowed */
    int64_t retry_us; /* when one token will be there; `now_us` when it is allowed */
};

/* `tat_us`: 0 for a bucket that nobody has asked. A clock that was set back makes nobody wait
 * longer than for an empty bucket. The rate must have a count. */
struct rate_spending rate_spend(const struct rate *rate, int64_t tat_us, int64_t now_us);
/* When there is a token for somebody who lets `ahead` others (0..RATE_AHEAD_MAX) take theirs first;
 * `now_us` or later. */
int64_t rate_turn(const struct rate *rate, int64_t tat_us, int64_t now_us, int64_t ahead);
/* The state after a token that is spent whether there is one or not. */
int64_t rate_force(const struct rate *rate, int64_t tat_us, int64_t now_us);
/* The state after one token is given back. */
int64_t rate_refund(const struct rate *rate, int64_t tat_us);
/* The state of a bucket that has its next token at `at_us`. */
int64_t rate_empty_until(const struct rate *rate, int64_t at_us);

/* "300 3h", "5 168h 2" (the burst, else the count), "off"; the period in s, m, h or d. ERR_CONFIG
 * with the word and the reason. */
MUST_CHECK bool rate_parse(const char *text, struct rate *out, struct err *err);
