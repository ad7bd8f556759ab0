/* SPDX-License-Identifier: Apache-2.0 */
#include "base/peers.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct peers {
    size_t count;
    uint64_t *hashes; /* of the names: what is looked through */
    struct peer *items;
};

struct peers *peers_new(size_t count)
{
    struct peers *peers = calloc(1, sizeof(*peers));

    assert(peers && count > 0);
    peers->count = count;
    peers->hashes = calloc(count, sizeof(*peers->hashes));
    peers->items = calloc(count, sizeof(*peers->items));
    assert(peers->hashes && peers->items);
    return peers;
}

void peers_free(struct peers *peers)
{
    free(peers->hashes);
    free(peers->items);
    free(peers);
}

/* Whether `a` is given up before `b`. */
static bool is_spared_less(const struct peer *a, const struct peer *b, int64_t now)
{
    if (peer_is_paused(a, now) != peer_is_paused(b, now))
        return peer_is_paused(b, now);
    return a->asked_at < b->asked_at;
}

struct peer *peers_find(struct peers *peers, const char *name, int64_t now)
{
    uint64_t hash = hash_text(name);
    size_t place = 0;

    assert(strlen(name) <= PEER_NAME_MAX);
    for (size_t i = 0; i < peers->count; i++)
        if (peers->hashes[i] == hash && strcmp(peers->items[i].name, name) == 0) {
            peers->items[i].asked_at = now;
            return &peers->items[i];
        }
    for (size_t i = 1; i < peers->count; i++)
        if (is_spared_less(&peers->items[i], &peers->items[place], now))
            place = i;
    peers->hashes[place] = hash;
    peers->items[place] = (struct peer){.asked_at = now};
    (void)snprintf(peers->items[place].name, sizeof(peers->items[place].name), "%s", name);
    return &peers->items[place];
}

void peer_pause(struct peer *peer, int64_t ms, int64_t now)
{
    peer->pause_ms = ms;
    peer->paused_until = now + ms;
}

void peer_was_silent(struct peer *peer, int64_t first_ms, int64_t most_ms, int64_t now)
{
    int64_t ms = peer->pause_ms ? 2 * peer->pause_ms : first_ms;

    peer_pause(peer, ms < most_ms ? ms : most_ms, now);
}

void peer_has_answered(struct peer *peer, int64_t now)
{
    peer->pause_ms = peer->paused_until = 0;
    peer->answered_at = now;
}
