/* SPDX-License-Identifier: Apache-2.0 */
#include "api/feed_pace.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/hash.h"

#define PLACES 4096

struct feed_pace {
    _Atomic int64_t
        next_at[PLACES]; /* by the hash of an edge's id: when it may be answered again */
};

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

int64_t feed_pace_left(const struct feed_pace *pace, const char *edge_id, int64_t now)
{
    int64_t next_at = atomic_load(&pace->next_at[hash_text(edge_id) % PLACES]);

    return next_at > now ? next_at - now : 0;
}

void feed_pace_answered(struct feed_pace *pace, const char *edge_id, int64_t now)
{
    atomic_store(&pace->next_at[hash_text(edge_id) % PLACES], now + FEED_PACE_MS);
}
