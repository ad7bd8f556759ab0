/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * pool: threads that work through ids of rows (challenges to validate, orders to issue), so that
 * handlers never do. What is queued is also in the database; a pool may forget it at any time.
 */
#include "base/arena.h"

#define CA_POOL_AGAIN_MS 200

struct ca_pool;

/* What spares the work of an id a look at the database; `data` NULL: none. */
struct ca_hint {
    void *data;
    void (*free)(void *data);
};

/* Does the work of one id; `mem` is freed afterwards. False: not now, it is done again later, with
 * the same hint. */
typedef bool ca_work(void *arg, struct arena *mem, int64_t id, const void *hint);

/* `threads` >= 1; at most `max` places (ca_pool_reserve()). Aborts when no thread can be made. */
struct ca_pool *ca_pool_new(unsigned threads, size_t max, ca_work *work, void *arg);
/* Lets what runs end, drops what waits, frees. */
void ca_pool_free(struct ca_pool *pool);

/* A place in the queue, or false when all are taken; taken before the work is promised to anyone,
 * and used up by ca_pool_add() or given back by ca_pool_release(). */
bool ca_pool_reserve(struct ca_pool *pool);
void ca_pool_release(struct ca_pool *pool);
/* The hint is the pool's from here on. */
void ca_pool_add(struct ca_pool *pool, int64_t id, struct ca_hint hint);
/* Without a place, beyond the limit: for what is found at start. */
void ca_pool_restore(struct ca_pool *pool, int64_t id);
