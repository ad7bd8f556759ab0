/* SPDX-License-Identifier: Apache-2.0 */
#include "model/renewal_time.h"

#include "base/name_table.h"

#define MINUTE_MS      INT64_C(60000)
#define HOUR_MS        INT64_C(3600000)
#define DAY_MS         INT64_C(86400000)
#define SHORT_LIFE_MS  (10 * DAY_MS)
#define SPREAD_SHARE   100 /* of the life, to either side */
#define GUARD_SHARE    10  /* of the life, before it may be renewed */
#define GUARD_MAX_MS   HOUR_MS
#define REST_SHARE     10 /* of what is left of the life */
#define REST_MIN_MS    INT64_C(1000)
#define PATIENCE_SHARE 4 /* of what is left of the life */
#define RISK_SHARE     4 /* of the time from due to expiry */

#define X(id, name) [RENEWAL_FROM_##id] = name,
static const char *const sources[RENEWAL_SOURCE_COUNT] = {RENEWAL_SOURCES(X)};
#undef X
#define X(id, name) [RENEWAL_##id] = name,
static const char *const states[RENEWAL_STATE_COUNT] = {RENEWAL_STATES(X)};
#undef X

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t length(const struct renewal_life *life)
{
    return most(life->not_after_at - life->obtained_at, 0);
}

/* What is left when it is renewed by its life alone. */
static int64_t rest_of(const struct renewal_life *life)
{
    return length(life) < SHORT_LIFE_MS ? length(life) / 2 : length(life) / 3;
}

struct renewal_window renewal_window_of_life(const struct renewal_life *life)
{
    int64_t ideal = life->not_after_at - rest_of(life), spread = length(life) / SPREAD_SHARE;

    return (struct renewal_window){ideal - spread, ideal + spread};
}

bool renewal_window_is_valid(const struct renewal_window *window)
{
    return window->end_at > window->start_at;
}

int64_t renewal_draw(const struct renewal_window *window, uint64_t random)
{
    int64_t width = window->end_at - window->start_at;
    int64_t usable = width - least(RENEWAL_MARGIN_MS, width / 4);

    return usable > 0 ? window->start_at + (int64_t)(random % (uint64_t)usable) : window->start_at;
}

int64_t renewal_backstop_at(const struct renewal_life *life)
{
    return life->not_after_at - rest_of(life) / 2;
}

int64_t renewal_at(const struct renewal_life *life, int64_t drawn_at)
{
    int64_t guard = least(length(life) / GUARD_SHARE, GUARD_MAX_MS);

    return most(least(drawn_at, renewal_backstop_at(life)), life->obtained_at + guard);
}

int64_t renewal_poll_at(const struct renewal_life *life, int64_t retry_at)
{
    return retry_at < life->not_after_at ? retry_at : 0;
}

int64_t renewal_rest_ms(const struct renewal_life *life, int64_t failures, int64_t now)
{
    static const int64_t steps[] = {MINUTE_MS, 10 * MINUTE_MS, 100 * MINUTE_MS, DAY_MS};
    int64_t last = (int64_t)ARRAY_LEN(steps) - 1;
    int64_t rest = steps[most(least(failures - 1, last), 0)];
    int64_t left = life->not_after_at - now;

    return left > 0 ? most(least(rest, left / REST_SHARE), REST_MIN_MS) : least(rest, HOUR_MS);
}

int64_t renewal_patience_ms(const struct renewal_life *life, int64_t issued_at)
{
    return least(most(life->not_after_at - issued_at, 0) / PATIENCE_SHARE, DAY_MS);
}

int64_t renewal_risk_at(const struct renewal_life *life, int64_t due_at)
{
    return due_at + most(life->not_after_at - due_at, 0) / RISK_SHARE;
}

const char *renewal_source_name(enum renewal_source source)
{
    return sources[source];
}

const char *renewal_state_name(enum renewal_state state)
{
    return states[state];
}

DEFINE_NAME_PARSE(renewal_source_parse, enum renewal_source, sources)
DEFINE_NAME_PARSE(renewal_state_parse, enum renewal_state, states)
