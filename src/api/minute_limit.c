/* SPDX-License-Identifier: Apache-2.0 */
#include "api/minute_limit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"

#define ASKERS_MAX 1024 /* that asked within the last minute */
#define MINUTE_MS  INT64_C(60000)

struct window {
    char id[ID_SIZE];
    int64_t begun_at;
    int64_t count;
};

struct minute_limit {
    pthread_mutex_t lock;
    struct window windows[ASKERS_MAX];
};

struct minute_limit *minute_limit_new(void)
{
    struct minute_limit *limit = calloc(1, sizeof(*limit));

    if (!limit)
        abort();
    pthread_mutex_init(&limit->lock, NULL);
    return limit;
}

void minute_limit_free(struct minute_limit *limit)
{
    if (!limit)
        return;
    pthread_mutex_destroy(&limit->lock);
    free(limit);
}

/* Its place, else that of the oldest window: with more than ASKERS_MAX a minute one of them is
 * counted anew. */
static struct window *find_window(struct minute_limit *limit, const char *id)
{
    struct window *oldest = &limit->windows[0];

    for (size_t i = 0; i < ASKERS_MAX; i++) {
        struct window *w = &limit->windows[i];

        if (strcmp(w->id, id) == 0)
            return w;
        if (w->begun_at < oldest->begun_at)
            oldest = w;
    }
    *oldest = (struct window){0};
    snprintf(oldest->id, sizeof(oldest->id), "%s", id);
    return oldest;
}

static bool count(struct window *w, int64_t max, int64_t now)
{
    /* One that lies ahead is from before the clock was set back. */
    if (now - w->begun_at >= MINUTE_MS || w->begun_at > now) {
        w->begun_at = now;
        w->count = 0;
    }
    if (w->count >= max)
        return false;
    w->count++;
    return true;
}

static bool refuse(const struct minute_ask *ask, int64_t again_at, struct err *err)
{
    char when[CLOCK_TEXT_SIZE];

    if (ask->option)
        err_set(err, ERR_RATE_LIMITED,
                "%lld %s a minute are allowed to the partner (%s), and they were: the next at %s",
                (long long)ask->max, ask->what, ask->option, clock_text(again_at, when));
    else
        err_set(err, ERR_RATE_LIMITED, "%lld %s a minute are allowed", (long long)ask->max,
                ask->what);
    err->retry_at = again_at;
    return false;
}

bool minute_limit_take(struct minute_limit *limit, const struct minute_ask *ask, int64_t now,
                       struct err *err)
{
    struct window *window;
    int64_t again_at;
    bool is_counted;

    if (ask->max == 0)
        return true;
    pthread_mutex_lock(&limit->lock);
    window = find_window(limit, ask->id);
    is_counted = count(window, ask->max, now);
    again_at = window->begun_at + MINUTE_MS;
    pthread_mutex_unlock(&limit->lock);
    return is_counted || refuse(ask, again_at, err);
}
