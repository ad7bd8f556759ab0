/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/doubts.h"

#define FIRST_ROOM 64

int slice_order(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len ? memcmp(a.data, b.data, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

struct doubts doubts_new(struct arena *mem)
{
    return (struct doubts){.mem = mem};
}

bool doubts_are_none(const struct doubts *doubts)
{
    return doubts->count == 0 && !doubts->is_overflowed;
}

/* The first index whose key is not before `key`. */
static size_t lower_bound(const struct doubts *doubts, struct slice key)
{
    size_t low = 0, high = doubts->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (slice_order(doubts->keys[middle], key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool doubts_have(const struct doubts *doubts, struct slice key)
{
    size_t at = lower_bound(doubts, key);

    return at < doubts->count && slice_eq(doubts->keys[at], key);
}

static void make_room(struct doubts *doubts)
{
    size_t room = doubts->room ? 2 * doubts->room : FIRST_ROOM;
    struct slice *keys = arena_array_of(doubts->mem, room, struct slice);

    if (doubts->count)
        memcpy(keys, doubts->keys, doubts->count * sizeof(*keys));
    doubts->keys = keys;
    doubts->room = room;
}

void doubts_add(struct doubts *doubts, struct slice key)
{
    if (doubts->count == DOUBTS_MAX) {
        doubts->is_overflowed = true;
        return;
    }
    if (doubts->count == doubts->room)
        make_room(doubts);
    doubts->keys[doubts->count++] = slice_of(arena_memdup(doubts->mem, key.data, key.len), key.len);
}

void doubts_remove(struct doubts *doubts, struct slice key)
{
    size_t at = lower_bound(doubts, key);

    if (at == doubts->count || !slice_eq(doubts->keys[at], key))
        return;
    doubts->count--;
    memmove(doubts->keys + at, doubts->keys + at + 1, (doubts->count - at) * sizeof(*doubts->keys));
}

void doubts_cut(struct doubts *doubts, struct slice key)
{
    size_t at = lower_bound(doubts, key);

    if (at < doubts->count && slice_eq(doubts->keys[at], key))
        at++;
    doubts->count = at;
}
