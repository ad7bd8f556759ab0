/* SPDX-License-Identifier: Apache-2.0 */
#include "model/edge_look.h"

static bool is_following(const struct edge_seen *edge, int64_t now)
{
    return edge_condition_of(edge, now) == EDGE_FOLLOWING;
}

/* The failures that still tell something. */
static int64_t failures(const struct edge_seen *edge, int64_t now)
{
    return is_following(edge, now) || edge_try_tells(edge) ? edge->failed_tries : 0;
}

static int64_t try_at(const struct edge_seen *edge, int64_t now)
{
    int64_t failed = failures(edge, now);
    int64_t pause = failed > 0 && failed < EDGE_TRIES ? EDGE_TRY_AGAIN_MS : EDGE_TRY_MS;

    if (edge->tried_at > now) /* by a clock that was set back since */
        return now;
    if (is_following(edge, now))
        return edge->tried_at + (failed > 0 ? pause : EDGE_TRY_FOLLOWING_MS);
    return edge_try_tells(edge) ? edge->tried_at + pause : 0;
}

bool edge_should_try(const struct edge_seen *edge, int64_t now)
{
    return try_at(edge, now) <= now;
}

int64_t edge_failed_tries(const struct edge_seen *edge, bool is_answered, int64_t now)
{
    return is_answered ? 0 : failures(edge, now) + 1;
}

bool edge_is_deaf(const struct edge_seen *edge, int64_t now)
{
    return is_following(edge, now) && edge->failed_tries >= EDGE_TRIES;
}

/* It asks for records, and has taken none up for so long that nobody waits for it any more. */
static bool is_stuck(const struct edge_seen *edge, int64_t now)
{
    return edge->pending_at != 0 && now - edge->pending_at >= EDGE_STALE_WAIT_MS &&
           now - edge->moved_at >= EDGE_STALE_WAIT_MS;
}

static struct edge_look event_of(enum edge_event event, struct edge_place rejoin)
{
    return (struct edge_look){.is_event = true, .event = event, .rejoin = rejoin};
}

/* It was tried since it was lost, and did answer. Before that it may as well be down. */
static bool has_answered(const struct edge_seen *edge)
{
    return edge_try_tells(edge) && edge->failed_tries == 0;
}

static struct edge_look look_at_counted(const struct edge_seen *edge, int64_t now)
{
    const struct edge_place none = {0};

    switch (edge_condition_of(edge, now)) {
    case EDGE_FOLLOWING:
        if (is_stuck(edge, now))
            return event_of(EDGE_EVENT_LOST, none);
        break;
    case EDGE_STALE:
        if (has_answered(edge))
            return event_of(EDGE_EVENT_LOST, none);
        break;
    case EDGE_DOWN:
        return event_of(EDGE_EVENT_FOUND_DOWN, none);
    case EDGE_CONDITION_COUNT:
        break;
    }
    return (struct edge_look){0};
}

/* One that is lagging or catching up. What it must have is fixed when it follows again. One that
 * has never polled is not down: it is not installed yet. */
static struct edge_look look_at_behind(const struct edge_seen *edge, struct edge_place head,
                                       int64_t now)
{
    const struct edge_place none = {0};
    struct edge_place rejoin = edge->rejoin.epoch == head.epoch ? edge->rejoin : head;

    switch (edge_condition_of(edge, now)) {
    case EDGE_FOLLOWING:
        if (rejoin.epoch != 0 && edge_has(edge, rejoin))
            return event_of(EDGE_EVENT_CAUGHT_UP, none);
        return (struct edge_look){.rejoin = rejoin};
    case EDGE_STALE:
        break;
    case EDGE_DOWN:
        if (edge->polled_at != 0)
            return event_of(EDGE_EVENT_FOUND_DOWN, none);
        break;
    case EDGE_CONDITION_COUNT:
        break;
    }
    return (struct edge_look){0};
}

static struct edge_look look_at_down(const struct edge_seen *edge, struct edge_place head,
                                     int64_t now)
{
    if (edge_condition_of(edge, now) == EDGE_DOWN)
        return (struct edge_look){0};
    return event_of(EDGE_EVENT_RETURNED, head);
}

struct edge_look edge_look_at(const struct edge_seen *edge, struct edge_place head, int64_t now)
{
    const struct edge_place none = {0};

    if (!edge->is_in_rotation)
        return edge->standing == STANDING_OUT ? (struct edge_look){0}
                                              : event_of(EDGE_EVENT_TAKEN_OUT, none);
    switch (edge->standing) {
    case STANDING_COUNTED:
        return look_at_counted(edge, now);
    case STANDING_LAGGING:
    case STANDING_CATCHING_UP:
        return look_at_behind(edge, head, now);
    case STANDING_DOWN:
        return look_at_down(edge, head, now);
    case STANDING_OUT:
        return event_of(EDGE_EVENT_PUT_IN, none);
    case STANDING_COUNT:
        break;
    }
    return (struct edge_look){0};
}

int64_t edge_look_again_at(const struct edge_seen *edge, int64_t now)
{
    int64_t latest = now + EDGE_LOOK_MAX_MS;
    int64_t lost_at = edge->polled_at + EDGE_FOLLOWING_MS + 1, due = try_at(edge, now);

    if (is_following(edge, now) && lost_at < due)
        due = lost_at;
    return due < now ? now : due > latest ? latest : due;
}

/* By condition; NULL: nothing special. */
static const char *const counted_texts[EDGE_CONDITION_COUNT] = {
    [EDGE_FOLLOWING] = "Nothing needs to be done.",
    [EDGE_STALE] = "Orders wait for it for 60 seconds at most. Its agent is to be started, or its "
                   "way to the feed mended; then it catches up by itself.",
    [EDGE_DOWN] = "It is about to be reported as down.",
};

static const char *const behind_texts[EDGE_CONDITION_COUNT] = {
    [EDGE_FOLLOWING] = "It is taking up the records, and counts once it has every one.",
    [EDGE_STALE] = "It counts once its agent asks for records and has every one: the agent is to "
                   "be started, or its way to the feed mended.",
    [EDGE_DOWN] = "It counts once it is there and has every record.",
};

const char *edge_next_text(const struct edge_seen *edge, int64_t now)
{
    enum edge_condition condition = edge_condition_of(edge, now);

    if (edge_is_deaf(edge, now))
        return "Its agent follows, and nobody can connect to it: the operator starts its nginx, or "
               "mends the way to it.";
    if (!edge->is_in_rotation)
        return "It counts for nothing until the operator puts it into rotation and it has every "
               "record.";
    switch (edge->standing) {
    case STANDING_COUNTED:
        return counted_texts[condition];
    case STANDING_LAGGING:
        return condition == EDGE_FOLLOWING
                   ? "It asks for records. If it takes none up, the log of its agent says why."
                   : counted_texts[condition];
    case STANDING_CATCHING_UP:
    case STANDING_OUT:
        return behind_texts[condition];
    case STANDING_DOWN:
    case STANDING_COUNT:
        break;
    }
    return "The operator brings it back, or takes it out of rotation. Nothing waits for it; once "
           "it is back it catches up by itself.";
}

int64_t edge_condition_since(const struct edge_seen *edge, int64_t following_at,
                             int64_t unanswered_at, int64_t created_at, int64_t now)
{
    int64_t lost_at = edge->polled_at ? edge->polled_at + EDGE_FOLLOWING_MS : created_at;

    switch (edge_condition_of(edge, now)) {
    case EDGE_FOLLOWING:
        return following_at;
    case EDGE_DOWN:
        return unanswered_at > lost_at ? unanswered_at : lost_at;
    case EDGE_STALE:
    case EDGE_CONDITION_COUNT:
        break;
    }
    return lost_at;
}
