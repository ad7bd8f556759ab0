/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* meter: how long requests took, and what else the threads of the loader count. One a thread;
 * added up at the end. */
#include <jansson.h>

#include "base/base.h"

#define METER_STEPS(X)                                                                             \
    X(NONCE, "newNonce")                                                                           \
    X(ACCOUNT, "newAccount")                                                                       \
    X(ORDER, "newOrder")                                                                           \
    X(AUTHORIZATION, "authorization")                                                              \
    X(CHALLENGE, "challenge")                                                                      \
    X(POLL, "order")                                                                               \
    X(FINALIZE, "finalize")                                                                        \
    X(CERTIFICATE, "certificate")                                                                  \
    X(WHOLE, "whole order") /* from newOrder to the certificate */

#define X(id, name) METER_##id,
enum meter_step { METER_STEPS(X) METER_STEP_COUNT };
#undef X

#define METER_COUNTERS(X)                                                                          \
    X(DONE, "done")             /* orders that led to their end */                                 \
    X(FAILED, "failed")         /* orders that did not */                                          \
    X(REQUESTS, "requests")     /* answered */                                                     \
    X(BAD_NONCES, "bad_nonces") /* asked again at once */                                          \
    X(REFUSED, "refused")       /* 429, 502, 503, 504; asked again later */                        \
    X(CUT, "cut")               /* connections that broke off or could not be made */              \
    X(LOST, "lost")             /* requests without an answer in time */                           \
    X(BROKEN, "broken")         /* promises that were not kept: each is a fault of the CA */       \
    X(KEPT, "kept")             /* promises that were looked at in the end, and kept */

#define X(id, name) METER_##id,
enum meter_counter { METER_COUNTERS(X) METER_COUNTER_COUNT };
#undef X

struct meter_times {
    uint32_t *us;
    size_t count, room;
};

struct meter {
    struct meter_times steps[METER_STEP_COUNT];
    uint64_t counters[METER_COUNTER_COUNT];
    char failure[512], fault[512]; /* the first of each: FAILED, BROKEN */
};

int64_t meter_now_us(void); /* monotonic */
void meter_took(struct meter *meter, enum meter_step step, int64_t since_us);
void meter_count(struct meter *meter, enum meter_counter counter);
void meter_fail(struct meter *meter, const char *fmt, ...) PRINTF(2, 3);
/* A promise that was not kept. */
void meter_blame(struct meter *meter, const char *fmt, ...) PRINTF(2, 3);
/* Adds `from` to `into`, and frees it. */
void meter_join(struct meter *into, struct meter *from);
/* Counters and, for each step, count, p50_ms, p95_ms, p99_ms, max_ms. Sorts the times. */
json_t *meter_report(struct meter *meter);
void meter_free(struct meter *meter);
