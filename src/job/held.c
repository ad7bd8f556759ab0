/* SPDX-License-Identifier: Apache-2.0 */
#include "job/held.h"

bool held_put(struct held *held, const struct claimed *claimed)
{
    if (held->count == HELD_MAX)
        return false;
    held->items[held->count++] = *claimed;
    return true;
}

/* They are few: looked at one by one. */
static struct claimed *first(struct held *held)
{
    struct claimed *found = &held->items[0];

    for (size_t i = 1; i < held->count; i++)
        if (held->items[i].due_at < found->due_at)
            found = &held->items[i];
    return found;
}

int64_t held_next(struct held *held)
{
    return held->count ? first(held)->due_at : INT64_MAX;
}

bool held_take(struct held *held, int64_t now, struct claimed *out)
{
    struct claimed *found;

    if (held_next(held) > now || !held->count)
        return false;
    found = first(held);
    *out = *found;
    *found = held->items[--held->count];
    return true;
}
