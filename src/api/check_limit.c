/* SPDX-License-Identifier: Apache-2.0 */
#include "api/check_limit.h"

#include <assert.h>
#include <pthread.h>

#include "base/id.h"
#include "model/hostname.h"

#define TOKENS_MAX  1024 /* that asked within the last minute */
#define AT_ONCE_MAX 64
#define MINUTE_MS   INT64_C(60000)

/* The window of a token begins with its first check and lasts a minute. */
struct window {
    char token_id[ID_SIZE];
    int64_t begun_at;
    unsigned count;
};

/* Of a check that is running. */
struct place {
    char name[HOSTNAME_MAX + 1]; /* "": a free place */
    char partner_id[ID_SIZE];
};

struct check_limit {
    pthread_mutex_t lock;
    unsigned at_once, running;
    struct place places[AT_ONCE_MAX];
    struct window windows[TOKENS_MAX];
};

struct check_limit *check_limit_new(unsigned at_once)
{
    struct check_limit *limit = calloc(1, sizeof(*limit));

    if (!limit)
        abort();
    pthread_mutex_init(&limit->lock, NULL);
    limit->at_once = at_once < AT_ONCE_MAX ? at_once : AT_ONCE_MAX;
    return limit;
}

void check_limit_free(struct check_limit *limit)
{
    if (!limit)
        return;
    assert(limit->running == 0);
    pthread_mutex_destroy(&limit->lock);
    free(limit);
}

/* The token's place, else that of the oldest window: with more than TOKENS_MAX tokens a minute one
 * of them is counted anew. */
static struct window *find_window(struct check_limit *limit, const char *token_id)
{
    struct window *oldest = &limit->windows[0];

    for (size_t i = 0; i < TOKENS_MAX; i++) {
        struct window *w = &limit->windows[i];

        if (strcmp(w->token_id, token_id) == 0)
            return w;
        if (w->begun_at < oldest->begun_at)
            oldest = w;
    }
    *oldest = (struct window){0};
    snprintf(oldest->token_id, sizeof(oldest->token_id), "%s", token_id);
    return oldest;
}

static bool count_token(struct check_limit *limit, const char *token_id, int64_t now,
                        struct err *err)
{
    struct window *w = find_window(limit, token_id);

    /* One that lies ahead is from before the clock was set back. */
    if (now - w->begun_at >= MINUTE_MS || w->begun_at > now) {
        w->begun_at = now;
        w->count = 0;
    }
    if (w->count == CHECKS_PER_MIN) {
        err_set(err, ERR_RATE_LIMITED, "%d checks a minute are allowed", CHECKS_PER_MIN);
        err->retry_at = w->begun_at + MINUTE_MS;
        return false;
    }
    w->count++;
    return true;
}

/* The free place for a check of this name; ERR_BUSY when it, or its partner, has to wait. */
static bool find_place(struct check_limit *limit, const char *partner_id, const char *name,
                       struct place **out, struct err *err)
{
    unsigned share = (limit->at_once + 1) / 2, running = 0;
    struct place *found = NULL;

    if (limit->running == limit->at_once)
        return err_set(err, ERR_BUSY, "%u checks are running, the limit is %u", limit->running,
                       limit->at_once);
    for (size_t i = 0; i < AT_ONCE_MAX; i++) {
        struct place *place = &limit->places[i];

        if (strcmp(place->name, name) == 0)
            return err_set(err, ERR_BUSY, "%s is being checked already", name);
        running += *place->name && strcmp(place->partner_id, partner_id) == 0;
        if (!found && !*place->name)
            found = place;
    }
    if (running == share)
        return err_set(err, ERR_BUSY, "%u checks of one partner are running, the limit is %u",
                       running, share);
    *out = found;
    return true;
}

bool check_limit_begin(struct check_limit *limit, const struct check_asker *asker, const char *name,
                       int64_t now, struct err *err)
{
    const char *partner_id = asker->partner_id ? asker->partner_id : "";
    struct place *place;
    bool is_allowed;

    pthread_mutex_lock(&limit->lock);
    is_allowed = find_place(limit, partner_id, name, &place, err) &&
                 count_token(limit, asker->token_id, now, err);
    if (is_allowed) {
        snprintf(place->name, sizeof(place->name), "%s", name);
        snprintf(place->partner_id, sizeof(place->partner_id), "%s", partner_id);
        limit->running++;
    }
    pthread_mutex_unlock(&limit->lock);
    return is_allowed;
}

void check_limit_end(struct check_limit *limit, const char *name)
{
    pthread_mutex_lock(&limit->lock);
    for (size_t i = 0; i < AT_ONCE_MAX; i++) {
        if (strcmp(limit->places[i].name, name) == 0) {
            *limit->places[i].name = '\0';
            limit->running--;
            break;
        }
    }
    pthread_mutex_unlock(&limit->lock);
}
