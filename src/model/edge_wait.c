/* SPDX-License-Identifier: Apache-2.0 */
#include "model/edge_wait.h"

#include <stdlib.h>

#define LOOK_AGAIN_MS     INT64_C(1000)
#define LOOK_FOR_EDGES_MS INT64_C(30000) /* an edge that comes back wakes whoever waits */

#define X(id, name) [EDGE_##id] = name,
static const char *const names[EDGE_CONDITION_COUNT] = {EDGE_CONDITIONS(X)};
#undef X
#define X(id, name) [EDGE_WAIT_##id] = name,
static const char *const wait_names[EDGE_WAIT_COUNT] = {EDGE_WAITS(X)};
#undef X

const char *edge_condition_name(enum edge_condition condition)
{
    return names[condition];
}

const char *edge_wait_code(enum edge_wait_for what)
{
    return what == EDGE_WAIT_NO_EDGE || what == EDGE_WAIT_NONE_HAS ? wait_names[what] : NULL;
}

bool edge_try_tells(const struct edge_seen *edge)
{
    return edge->tried_at > 0 && edge->tried_at >= edge->polled_at + EDGE_FOLLOWING_MS;
}

static bool is_answering(const struct edge_seen *edge)
{
    return !edge_try_tells(edge) || edge->failed_tries < EDGE_TRIES;
}

bool edge_is_ahead(const struct edge_seen *edge, int64_t now)
{
    int64_t latest = now + EDGE_FOLLOWING_MS;

    return edge->polled_at > latest || edge->tried_at > latest || edge->moved_at > latest;
}

enum edge_condition edge_condition_of(const struct edge_seen *edge, int64_t now)
{
    if (edge->polled_at != 0 && llabs(now - edge->polled_at) <= EDGE_FOLLOWING_MS)
        return EDGE_FOLLOWING;
    return is_answering(edge) ? EDGE_STALE : EDGE_DOWN;
}

bool edge_is_counted(const struct edge_seen *edge, int64_t now)
{
    return edge->is_in_rotation &&
           (edge->standing == STANDING_COUNTED || edge->standing == STANDING_LAGGING) &&
           edge_condition_of(edge, now) != EDGE_DOWN;
}

bool edge_is_sound(const struct edge_seen *edge, int64_t now)
{
    return edge->standing == STANDING_COUNTED && edge->failed_tries == 0 &&
           edge_condition_of(edge, now) == EDGE_FOLLOWING;
}

struct edge_place edge_place_in(struct edge_place said, struct edge_place head)
{
    const struct edge_place nothing = {0};

    return said.epoch == head.epoch && said.seq > head.seq ? nothing : said;
}

bool edge_has(const struct edge_seen *edge, struct edge_place place)
{
    return edge->ack.epoch == place.epoch && edge->ack.seq >= place.seq;
}

/* It may still take up what it is waited for. */
static bool is_worth_waiting(const struct edge_seen *edge, int64_t since, int64_t now)
{
    bool is_moving =
        edge_condition_of(edge, now) == EDGE_FOLLOWING && now - edge->moved_at < EDGE_STALE_WAIT_MS;

    return is_moving || now - since < EDGE_STALE_WAIT_MS;
}

static enum edge_wait_for judge(const struct edge_wait *wait, size_t holding_up)
{
    if (wait->counted == 0)
        return EDGE_WAIT_NO_EDGE;
    if (holding_up > 0)
        return EDGE_WAIT_EDGES;
    return wait->acked > 0 ? EDGE_WAIT_OVER : EDGE_WAIT_NONE_HAS;
}

struct edge_wait edge_wait_for(const struct edge_seen *edges, size_t count, struct edge_place place,
                               int64_t since, int64_t now)
{
    struct edge_wait wait = {0};
    size_t holding_up = 0;

    for (size_t i = 0; i < count; i++) {
        if (!edge_is_counted(&edges[i], now))
            continue;
        wait.counted++;
        if (edge_has(&edges[i], place)) {
            wait.acked++;
            continue;
        }
        if (!wait.waiting_for)
            wait.waiting_for = edges[i].name;
        holding_up += is_worth_waiting(&edges[i], since, now);
    }
    wait.what = judge(&wait, holding_up);
    wait.look_again_at = now + (wait.what == EDGE_WAIT_EDGES ? LOOK_AGAIN_MS : LOOK_FOR_EDGES_MS);
    return wait;
}
