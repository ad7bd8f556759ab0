/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * context: the contexts of libunbound that a resolver asks, each by one thread at a time. Making
 * one costs milliseconds, and without what it has learnt a look-up begins at the root; so they are
 * asked again, fresh ones for RESOLVER_FRESH_MS, others for RESOLVER_RECENT_S. Each
 * that was asked holds about 1.6 MiB, descriptors and a thread of its own; so one that nobody asked
 * for CONTEXT_IDLE_MS ends by itself, in a thread of the pool, within half a second, and what it
 * held goes back to the system a second later at most.
 * Which answers may be used again is decided here; nothing is asked.
 */
#include <unbound.h>

#include "dns/resolver.h"

#define CONTEXT_IDLE_MS 2000

struct context_pool;

struct context {
    struct ub_ctx *ctx;
    enum dns_age age;
    int64_t made_at, put_at; /* clock_boot_ms() */
};

/* The texts of `options` stay the caller's, who frees them after the pool; NULL, not "", is none.
 */
struct context_pool *context_pool_new(const struct resolver_options *options);
/* None may be taken. */
void context_pool_free(struct context_pool *pool);

/* One for this age of answers, that nobody else asks. ERR_CONFIG: libunbound does not take what the
 * options say; ERR_DNS: it has no memory or descriptors. */
MUST_CHECK bool context_take(struct context_pool *pool, enum dns_age age, struct context *out,
                             struct err *err);
/* `is_good`: all that it was asked was answered. What a context has learnt of servers that fail it
 * would tell again for a while, so a fresh look-up never gets one that is not. */
void context_put(struct context_pool *pool, struct context context, bool is_good);
