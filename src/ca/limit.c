/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/limit.h"

#include <assert.h>

#include "base/name_table.h"

#define SECOND_US INT64_C(1000000)

static const char *const names[CA_LIMIT_COUNT] = {
#define X(id, text, count, period, burst, is_requests, anchor) [CA_LIMIT_##id] = (text),
    CA_LIMITS(X)
#undef X
};

static const struct {
    bool is_requests;
    const char *anchor;
} kinds[CA_LIMIT_COUNT] = {
#define X(id, text, count, period, burst, is_requests, anchor)                                     \
    [CA_LIMIT_##id] = {(is_requests), (anchor)},
    CA_LIMITS(X)
#undef X
};

const struct ca_limits ca_limits_letsencrypt = {{
#define X(id, text, count, period, burst, is_requests, anchor)                                     \
    [CA_LIMIT_##id] = {(count), (period), (burst)},
    CA_LIMITS(X)
#undef X
}};

const struct ca_limits ca_limits_none = {{{0}}};

const char *ca_limit_name(enum ca_limit_id id)
{
    return names[id];
}

DEFINE_NAME_PARSE(ca_limit_parse, enum ca_limit_id, names)

bool ca_limit_is_requests(enum ca_limit_id id)
{
    return kinds[id].is_requests;
}

const char *ca_limit_anchor(enum ca_limit_id id)
{
    return kinds[id].anchor;
}

struct ca_spending ca_limit_spend(const struct ca_limit *limit, int64_t tat_us, int64_t now_us)
{
    int64_t interval, depth, from, free_at;

    assert(limit->count > 0);
    interval = limit->period_s * SECOND_US / limit->count;
    depth = interval * limit->burst;
    from = tat_us < now_us ? now_us : tat_us > now_us + depth ? now_us + depth : tat_us;
    free_at = from + interval - depth;
    if (free_at > now_us)
        return (struct ca_spending){.tat_us = from, .retry_us = free_at};
    return (struct ca_spending){.is_allowed = true, .tat_us = from + interval, .retry_us = now_us};
}
