/* SPDX-License-Identifier: Apache-2.0 */
#include "model/watch_pace.h"

#include "base/rate.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

/* clang-format off */
static const struct watch_row waiting[] = { /* since somebody cared */
    {10 * MINUTE, {3 * SECOND,   0}},
    {HOUR,        {30 * SECOND,  0}},
    {6 * HOUR,    {2 * MINUTE,   0}},
    {DAY,         {10 * MINUTE,  0}},
    {3 * DAY,     {30 * MINUTE,  0}},
    {7 * DAY,     {HOUR,         0}},
    {INT64_MAX,   {3 * HOUR,     0}},
};

static const struct watch_row parent[] = { /* since somebody cared */
    {HOUR,        {30 * SECOND,  0}},
    {DAY,         {10 * MINUTE,  0}},
    {INT64_MAX,   {3 * HOUR,     0}},
};

static const struct watch_row secured[] = { /* before the renewal */
    {0,           {5 * MINUTE,   HOUR}},
    {DAY,         {30 * MINUTE,  3 * HOUR}},
    {7 * DAY,     {2 * HOUR,     12 * HOUR}},
    {INT64_MAX,   {6 * HOUR,     DAY}},
};
/* clang-format on */

#define CARED_MS      (10 * MINUTE)
#define CARED_GLANCES (10 * SECOND) /* at a secured domain, for CARED_MS */

static const struct watch_pace *row_of(const struct watch_row *rows, int64_t ms)
{
    while (ms >= rows->up_to_ms && rows->up_to_ms != INT64_MAX)
        rows++;
    return &rows->pace;
}

int64_t watch_waits_until(int64_t cared_at, int64_t began)
{
    return (cared_at > began ? cared_at : began) + WATCH_WAITS_MS;
}

int64_t watch_waiting_ms(int64_t uncared_ms)
{
    return row_of(waiting, uncared_ms)->glance_ms;
}

struct watch_pace watch_secured_pace(int64_t until_renewal_ms, int64_t uncared_ms)
{
    struct watch_pace pace = *row_of(secured, until_renewal_ms);

    if (uncared_ms < CARED_MS)
        pace.glance_ms = CARED_GLANCES;
    return pace;
}

int64_t watch_parent_ms(int64_t uncared_ms)
{
    return row_of(parent, uncared_ms)->glance_ms;
}

bool watch_may_wake(int64_t *tat_us, bool is_novel, int64_t now_us)
{
    static const struct rate rate = {1, MINUTE / SECOND, WATCH_CHANGES};
    int64_t cost = is_novel ? 1 : WATCH_CHANGE_AGAIN;
    int64_t kept = is_novel ? 0 : WATCH_CHANGES_KEPT;

    if (rate_turn(&rate, *tat_us, now_us, cost - 1 + kept) > now_us)
        return false;
    for (int64_t i = 0; i < cost; i++)
        *tat_us = rate_spend(&rate, *tat_us, now_us).tat_us;
    return true;
}

int64_t watch_jitter_ms(int64_t ms, uint64_t random)
{
    return ms - (int64_t)(random % (uint64_t)(ms / 10 + 1));
}

const struct watch_row *watch_waiting_rows(size_t *count)
{
    *count = ARRAY_LEN(waiting);
    return waiting;
}

const struct watch_row *watch_secured_rows(size_t *count)
{
    *count = ARRAY_LEN(secured);
    return secured;
}
