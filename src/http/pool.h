/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * pool: threads that run what is queued, first come, first served in each of two lanes: POOL_LATER
 * is run when nothing waits in POOL_NOW. POOL_NOW is bounded by reservation: a place is taken
 * before the caller commits itself to queueing. How much comes into POOL_LATER the caller bounds.
 */
#include "base/err.h"

struct pool;

enum pool_lane { POOL_NOW, POOL_LATER, POOL_LANES };

/* Embedded in what is queued. */
struct pool_item {
    struct pool_item *next;
    bool is_counted; /* against the bound */
};

typedef void pool_run(struct pool_item *item);

MUST_CHECK bool pool_new(unsigned threads, unsigned max_queued, pool_run *run, struct pool **out,
                         struct err *err);
/* Takes a place; false when POOL_NOW is full or the pool stops. Each place taken must be used by
 * pool_push() with the same lane. */
MUST_CHECK bool pool_reserve(struct pool *pool, enum pool_lane lane);
/* Queues into a reserved place. */
void pool_push(struct pool *pool, struct pool_item *item, enum pool_lane lane);
/* Queues beyond the bound, what was admitted before; not after pool_stop() has returned. */
void pool_push_admitted(struct pool *pool, struct pool_item *item, enum pool_lane lane);
/* Refuses reservations, runs all that is queued or reserved, and ends the threads. */
void pool_stop(struct pool *pool);
void pool_free(struct pool *pool); /* stopped; NULL is fine */
