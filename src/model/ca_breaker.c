/* SPDX-License-Identifier: Apache-2.0 */
#include "model/ca_breaker.h"

/* A clock that was set back makes nobody wait longer than an open breaker can. */
static bool is_due(const struct ca_breaker *breaker, int64_t now)
{
    return breaker->next_try_at <= now || breaker->next_try_at > now + CA_BREAKER_ASKED_MS;
}

enum ca_breaker_way ca_breaker_look(const struct ca_breaker *breaker, int64_t now)
{
    if (breaker->open_since_at == 0)
        return CA_BREAKER_PASS;
    return is_due(breaker, now) ? CA_BREAKER_TRY : CA_BREAKER_WAIT;
}

enum ca_breaker_way ca_breaker_ask(struct ca_breaker *breaker, int64_t now)
{
    enum ca_breaker_way way = ca_breaker_look(breaker, now);

    if (way == CA_BREAKER_TRY) {
        breaker->is_trying = true;
        breaker->next_try_at = now + CA_BREAKER_TRY_MS;
    }
    return way;
}

static int64_t next_try_at(const struct ca_breaker *breaker, int64_t now, int64_t retry_at)
{
    int64_t span = CA_BREAKER_FIRST_MS;

    for (int64_t i = 0; i < breaker->tries && span < CA_BREAKER_LONGEST_MS; i++)
        span *= 2;
    if (span > CA_BREAKER_LONGEST_MS)
        span = CA_BREAKER_LONGEST_MS;
    if (retry_at > now + CA_BREAKER_ASKED_MS)
        retry_at = now + CA_BREAKER_ASKED_MS;
    return retry_at > now + span ? retry_at : now + span;
}

/* What fails while it is open, and is not the try, was asked before. */
bool ca_breaker_failed(struct ca_breaker *breaker, int64_t now, int64_t retry_at)
{
    if (breaker->open_since_at != 0) {
        if (!breaker->is_trying)
            return false;
        breaker->is_trying = false;
        breaker->tries++;
        breaker->next_try_at = next_try_at(breaker, now, retry_at);
        return false;
    }
    if (breaker->failures++ == 0)
        breaker->failing_since_at = now;
    if (breaker->failures < CA_BREAKER_FAILURES)
        return false;
    breaker->open_since_at = now;
    breaker->next_try_at = next_try_at(breaker, now, retry_at);
    return true;
}

bool ca_breaker_answered(struct ca_breaker *breaker)
{
    bool was_open = breaker->open_since_at != 0;

    *breaker = (struct ca_breaker){0};
    return was_open;
}

bool ca_breaker_is_troubled(const struct ca_breaker *breaker)
{
    return breaker->failures > 0;
}
