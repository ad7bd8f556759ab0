/* SPDX-License-Identifier: Apache-2.0 */
#include "model/edge_wait.h"

#define LOOK_AGAIN_MS INT64_C(1000)

#define X(id, name) [EDGE_##id] = name,
static const char *const names[EDGE_CONDITION_COUNT] = {EDGE_CONDITIONS(X)};
#undef X

const char *edge_condition_name(enum edge_condition condition)
{
    return names[condition];
}

enum edge_condition edge_condition_of(const struct edge_seen *edge, int64_t now)
{
    if (edge->polled_at != 0 && edge->polled_at <= now &&
        now - edge->polled_at <= EDGE_FOLLOWING_MS)
        return EDGE_FOLLOWING;
    return edge->is_answering ? EDGE_STALE : EDGE_DOWN;
}

static bool has_acked(const struct edge_seen *edge, int64_t epoch, int64_t seq)
{
    return edge->ack_epoch == epoch && edge->ack_seq >= seq;
}

struct edge_wait edge_wait_for(const struct edge_seen *edges, size_t count, int64_t epoch,
                               int64_t seq, int64_t since, int64_t now)
{
    struct edge_wait wait = {.look_again_at = now + LOOK_AGAIN_MS};
    bool is_patient = now - since < EDGE_STALE_WAIT_MS;
    size_t holding_up = 0;

    for (size_t i = 0; i < count; i++) {
        enum edge_condition condition = edge_condition_of(&edges[i], now);

        if (!edges[i].is_in_rotation || condition == EDGE_DOWN)
            continue;
        wait.counted++;
        if (has_acked(&edges[i], epoch, seq)) {
            wait.acked++;
            continue;
        }
        if (!wait.waiting_for)
            wait.waiting_for = edges[i].name;
        if (condition == EDGE_FOLLOWING || is_patient)
            holding_up++;
    }
    wait.is_over = wait.counted > 0 && holding_up == 0 && wait.acked > 0;
    return wait;
}
