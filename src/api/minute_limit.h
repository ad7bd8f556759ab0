/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * minute_limit: so many a minute by each of those that ask. The minute of one begins with the first
 * that it asks for. In memory, per process: what is lost with it is lost time only, and with
 * several processes each counts by itself.
 */
#include "base/err.h"

struct minute_limit;

struct minute_limit *minute_limit_new(void);
void minute_limit_free(struct minute_limit *limit);
struct minute_ask {
    const char *id;     /* who asks: an id of base/id.h */
    const char *what;   /* "checks" */
    int64_t max;        /* 0: any number */
    const char *option; /* of the configuration, that the limit is of; NULL: it has none */
};

/* ERR_RATE_LIMITED when `max` of this minute are counted: the text names the limit and when the
 * next minute begins, as retry_at does; else one is counted. `now` is clock_now(). */
MUST_CHECK bool minute_limit_take(struct minute_limit *limit, const struct minute_ask *ask,
                                  int64_t now, struct err *err);
