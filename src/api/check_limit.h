/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * check_limit: how many checks may be asked for (R49): CHECKS_PER_MIN a minute by each token, so
 * many as it may by each partner (R47), one at a time of each name, not so many at once that they
 * keep all handler threads busy, and of these at most half by one partner: whose names lead to slow
 * servers keeps nobody else waiting. In memory, per process: what is lost with it is lost time
 * only.
 */
#include "base/err.h"

#define CHECKS_PER_MIN 30

struct check_limit;

struct check_asker {
    const char *token_id;
    const char *partner_id;  /* NULL: the platform itself */
    int64_t partner_per_min; /* checks a minute by all of the partner's tokens; 0: any number */
};

struct check_limit *check_limit_new(unsigned at_once);
void check_limit_free(struct check_limit *limit);
/* ERR_RATE_LIMITED (retry_at) for the minute of the token or the partner; ERR_BUSY for the others.
 * `now` is clock_now(). Each success is ended by check_limit_end() with the same name. */
MUST_CHECK bool check_limit_begin(struct check_limit *limit, const struct check_asker *asker,
                                  const char *name, int64_t now, struct err *err);
void check_limit_end(struct check_limit *limit, const char *name);
