/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * peers: whom we ask over the network, by name or address: who has failed is left alone for a
 * while. A table of a fixed size: one more takes the place of who was asked longest ago, of those
 * that are left alone the last. Not for several threads at once. Instants are clock_boot_ms().
 */
#include "base/base.h"

#define PEER_NAME_MAX 253 /* octets */

struct peer {
    char name[PEER_NAME_MAX + 1];
    int64_t asked_at;     /* last */
    int64_t paused_until; /* it is left alone until then; 0: it never was */
    int64_t pause_ms;     /* as its last pause was, which grows; 0: it has answered since */
    int64_t answered_at;  /* last; 0: it has not yet */
    int64_t tat_us;       /* base/rate.h, for whoever counts */
};

struct peers;

struct peers *peers_new(size_t count); /* at least 1 */
void peers_free(struct peers *peers);
/* Never NULL: a new one, all zero but for its name, when it is not known. It is there until others
 * are looked for. */
struct peer *peers_find(struct peers *peers, const char *name, int64_t now);
/* So long, whatever was before. */
void peer_pause(struct peer *peer, int64_t ms, int64_t now);
/* It was silent: `first_ms`, and twice as long each time until it answers, up to `most_ms`. */
void peer_was_silent(struct peer *peer, int64_t first_ms, int64_t most_ms, int64_t now);
void peer_has_answered(struct peer *peer, int64_t now);

static inline bool peer_is_paused(const struct peer *peer, int64_t now)
{
    return now < peer->paused_until;
}
