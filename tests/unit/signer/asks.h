/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Who asks a signer: once, or from a thread of its own. */
#include "base/clock.h"
#include "check.h"
#include "fixture.h"

static inline bool has_answer(struct signer *client)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct signer_key key;
    struct err err = {0};

    return ok(signer_make_key(mem, client, ACCOUNT, &key, &err), "%s", err.text);
}

struct wait {
    struct signer *client;
    bool is_answered;
    int64_t took_ms;
    struct err err;
};

static inline void *ask_nobody(void *arg)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct wait *wait = arg;
    struct signer_key key;
    int64_t start = clock_boot_ms();

    wait->is_answered = signer_make_key(mem, wait->client, ACCOUNT, &key, &wait->err);
    wait->took_ms = clock_boot_ms() - start;
    return NULL;
}
