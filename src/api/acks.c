/* SPDX-License-Identifier: Apache-2.0 */
#include "api/acks.h"

#include <pthread.h>
#include <time.h>

#include "app/edge.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/id.h"
#include "base/log.h"
#include "base/rate.h"
#include "http/commit_watch.h"

#define ACKS_IDLE_MS 1000

/* The burst: of the edges that a single order waits for, one may be too late to be stored with the
 * others. */
static const struct rate pace = {.count = 1000 / ACKS_NEWS_MS, .period_s = 1, .burst = 2};

struct ack {
    char edge_id[ID_SIZE];
    char group[COMMIT_GROUP_MAX + 1];
    int64_t epoch, seq;
};

struct ack_list {
    size_t count;
    struct ack items[ACKS_MAX];
};

struct api_acks {
    const struct app *app;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_stopping;
    int64_t news_at; /* since when one of the waiting ones is not what the store has; 0: none is */
    int64_t stored_at; /* when storing began last; both on clock_boot_ms() */
    int64_t pace_us;   /* of storing (base/rate.h) */
    struct ack_list waiting;
    struct ack_list storing; /* the thread's own */
};

/* The acks of the group of the first one that is left; they are struck off. */
static size_t take_group(struct ack_list *list, struct edge_ack *out, char *group)
{
    size_t taken = 0;

    *group = '\0';
    for (size_t i = 0; i < list->count; i++) {
        struct ack *ack = &list->items[i];

        if (!*group)
            memcpy(group, ack->group, sizeof(ack->group));
        if (!*ack->group || strcmp(ack->group, group) != 0)
            continue;
        out[taken++] = (struct edge_ack){ack->edge_id, ack->epoch, ack->seq};
        *ack->group = '\0';
    }
    return taken;
}

static struct ack *find_or_add(struct ack_list *list, const char *edge_id)
{
    struct ack *ack;

    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].edge_id, edge_id) == 0)
            return &list->items[i];
    if (list->count == ACKS_MAX)
        return NULL;
    ack = &list->items[list->count++];
    *ack = (struct ack){.epoch = -1};
    snprintf(ack->edge_id, sizeof(ack->edge_id), "%s", edge_id);
    return ack;
}

/* What could not be stored is tried again, unless the edge has said something newer meanwhile. */
static void put_back(struct api_acks *acks, const struct edge_ack *failed, size_t count,
                     const char *group)
{
    pthread_mutex_lock(&acks->lock);
    for (size_t i = 0; i < count; i++) {
        struct ack *ack = find_or_add(&acks->waiting, failed[i].edge_id);

        if (!ack || ack->epoch >= 0)
            continue;
        ack->epoch = failed[i].epoch;
        ack->seq = failed[i].seq;
        snprintf(ack->group, sizeof(ack->group), "%s", group);
    }
    pthread_mutex_unlock(&acks->lock);
}

static void store(struct api_acks *acks)
{
    char group[COMMIT_GROUP_MAX + 1];

    for (;;) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct edge_ack *list = arena_array_of(mem, ACKS_MAX, struct edge_ack);
        size_t count = take_group(&acks->storing, list, group);
        struct err err = {0};

        if (count == 0)
            return;
        CRASH_POINT(STORE_ACKS_BEFORE);
        if (app_edge_acks(acks->app, mem, &(struct edge_acks){group, list, count}, clock_now(),
                          &err)) {
            CRASH_POINT(STORE_ACKS_COMMIT);
            continue;
        }
        LOG(WARN, "web.acks", KS("group", group), KI("edges", count), KERR(&err));
        put_back(acks, list, count, group);
    }
}

/* When to look at the waiting ones, on clock_boot_ms(). */
static int64_t due_at(const struct api_acks *acks)
{
    int64_t gathered_at = acks->news_at + ACKS_GATHER_MS;
    int64_t turn_us = rate_turn(&pace, acks->pace_us, clock_boot_ms() * 1000, 0);

    if (acks->waiting.count == 0)
        return acks->is_stopping ? 0 : INT64_MAX;
    if (!acks->news_at)
        return acks->stored_at + ACKS_EVERY_MS;
    return gathered_at * 1000 > turn_us ? gathered_at : turn_us / 1000;
}

/* With the lock: until something changes, or for so long. */
static void wait_for_change(struct api_acks *acks, int64_t span_ms)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += (long)span_ms * 1000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    pthread_cond_clockwait(&acks->changed, &acks->lock, CLOCK_MONOTONIC, &end);
}

/* Waits until some are due and takes all; false when it shall stop and there are none. */
static bool take_due(struct api_acks *acks)
{
    bool is_there;
    int64_t left;

    pthread_mutex_lock(&acks->lock);
    while ((left = due_at(acks) - clock_boot_ms()) > 0)
        wait_for_change(acks, left < ACKS_IDLE_MS ? left : ACKS_IDLE_MS);
    is_there = acks->waiting.count > 0;
    acks->storing = acks->waiting;
    acks->waiting.count = 0;
    acks->news_at = 0;
    acks->stored_at = clock_boot_ms();
    acks->pace_us = rate_force(&pace, acks->pace_us, acks->stored_at * 1000);
    pthread_mutex_unlock(&acks->lock);
    return is_there;
}

static void *keep_storing(void *arg)
{
    struct api_acks *acks = arg;

    while (take_due(acks))
        store(acks);
    return NULL;
}

bool api_acks_start(const struct app *app, struct api_acks **out, struct err *err)
{
    struct api_acks *acks = calloc(1, sizeof(*acks));
    int rc;

    if (!acks)
        abort();
    acks->app = app;
    pthread_mutex_init(&acks->lock, NULL);
    pthread_cond_init(&acks->changed, NULL);
    rc = pthread_create(&acks->thread, NULL, keep_storing, acks);
    if (rc != 0) {
        free(acks);
        return err_errno(err, ERR_INTERNAL, rc, "could not start the thread of acknowledgements");
    }
    *out = acks;
    return true;
}

void api_acks_stop(struct api_acks *acks)
{
    if (!acks)
        return;
    pthread_mutex_lock(&acks->lock);
    acks->is_stopping = true;
    pthread_cond_signal(&acks->changed);
    pthread_mutex_unlock(&acks->lock);
    pthread_join(acks->thread, NULL);
    pthread_cond_destroy(&acks->changed);
    pthread_mutex_destroy(&acks->lock);
    free(acks);
}

bool api_acks_add(struct api_acks *acks, const struct edge *edge, int64_t epoch, int64_t seq,
                  struct err *err)
{
    struct ack *ack;
    int64_t due;

    pthread_mutex_lock(&acks->lock);
    due = due_at(acks);
    ack = find_or_add(&acks->waiting, edge->id);
    if (ack) {
        ack->epoch = epoch;
        ack->seq = seq;
        snprintf(ack->group, sizeof(ack->group), "%s", edge->group);
        if (!acks->news_at && (epoch != edge->ack_epoch || seq != edge->ack_seq))
            acks->news_at = clock_boot_ms();
    }
    if (due_at(acks) < due)
        pthread_cond_signal(&acks->changed);
    pthread_mutex_unlock(&acks->lock);
    return ack || err_set(err, ERR_BUSY, "more than %d edges ask at once", ACKS_MAX);
}
