/* SPDX-License-Identifier: Apache-2.0 */
#include "api/check_limit.h"

#include <assert.h>
#include <pthread.h>

#include "api/minute_limit.h"
#include "base/id.h"
#include "model/hostname.h"

#define AT_ONCE_MAX 64

/* Of a check that is running. */
struct place {
    char name[HOSTNAME_MAX + 1]; /* "": a free place */
    char partner_id[ID_SIZE];
};

struct check_limit {
    pthread_mutex_t lock;
    unsigned at_once, running;
    struct place places[AT_ONCE_MAX];
    struct minute_limit *tokens, *partners;
};

struct check_limit *check_limit_new(unsigned at_once)
{
    struct check_limit *limit = calloc(1, sizeof(*limit));

    if (!limit)
        abort();
    pthread_mutex_init(&limit->lock, NULL);
    limit->tokens = minute_limit_new();
    limit->partners = minute_limit_new();
    limit->at_once = at_once < AT_ONCE_MAX ? at_once : AT_ONCE_MAX;
    return limit;
}

void check_limit_free(struct check_limit *limit)
{
    if (!limit)
        return;
    assert(limit->running == 0);
    pthread_mutex_destroy(&limit->lock);
    minute_limit_free(limit->tokens);
    minute_limit_free(limit->partners);
    free(limit);
}

/* By the token, and by its partner. */
static bool count(struct check_limit *limit, const struct check_asker *asker, int64_t now,
                  struct err *err)
{
    const struct minute_ask own = {asker->token_id, "checks", CHECKS_PER_MIN, NULL};
    const struct minute_ask all = {asker->partner_id, "checks", asker->partner_per_min,
                                   "partner.checks_per_min"};

    return minute_limit_take(limit->tokens, &own, now, err) &&
           (!asker->partner_id || minute_limit_take(limit->partners, &all, now, err));
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
    is_allowed = find_place(limit, partner_id, name, &place, err) && count(limit, asker, now, err);
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
