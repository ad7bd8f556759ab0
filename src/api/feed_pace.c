/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed_pace.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/rate.h"

#define PLACES 4096

static const struct rate rate = {
    .count = 1000 / FEED_PACE_MS, .period_s = 1, .burst = FEED_PACE_IN_A_ROW};

struct feed_pace {
    _Atomic int64_t used_us[PLACES]; /* by the hash of an edge's id (base/rate.h) */
};

static _Atomic int64_t *place_of(struct feed_pace *pace, const char *edge_id)
{
    return &pace->used_us[hash_text(edge_id) % PLACES];
}

struct feed_pace *feed_pace_new(void)
{
    struct feed_pace *pace = calloc(1, sizeof(*pace));

    if (!pace)
        abort();
    return pace;
}

void feed_pace_free(struct feed_pace *pace)
{
    free(pace);
}

int64_t feed_pace_left(struct feed_pace *pace, const char *edge_id, int64_t now)
{
    return rate_turn(&rate, atomic_load(place_of(pace, edge_id)), now * 1000, 0) / 1000 - now;
}

void feed_pace_answered(struct feed_pace *pace, const char *edge_id, int64_t now)
{
    _Atomic int64_t *used_us = place_of(pace, edge_id);

    atomic_store(used_us, rate_force(&rate, atomic_load(used_us), now * 1000));
}
