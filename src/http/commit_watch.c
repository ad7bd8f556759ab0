/* SPDX-License-Identifier: Apache-2.0 */
#include "http/commit_watch.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rate.h"
#include "store/event_store.h"
#include "store/feed_store.h"
#include "store/vantage_question_store.h"

/* Of looks at what was committed: 8 ms apart under load, and at once for what a single order does
 * in a row. */
static const struct rate pace = {.count = 125, .period_s = 1, .burst = 4};

/* How long it takes to see that it shall stop. */
#define LOOK_MS 250

struct group {
    char name[COMMIT_GROUP_MAX + 1];
    char key[sizeof("feed:") + COMMIT_GROUP_MAX];
    int64_t epoch, seq; /* of the head when last looked at */
};

struct commit_watch {
    struct db *db;
    struct http_server *server;
    struct db_watch *commits;
    int64_t seq; /* of the last event that requests were woken for */
    atomic_bool is_stopping;
    atomic_bool has_vantages; /* somebody has waited for questions */
    bool is_running;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows; a group once there stays */
    size_t count;
    struct group groups[COMMIT_GROUPS_MAX];
};

static bool has_moved(struct commit_watch *watch, struct group *group, struct err *err)
{
    struct feed_head head;
    bool is_new;

    if (!feed_store_head(watch->db, group->name, &head, err))
        return false;
    is_new = head.epoch != group->epoch || head.seq != group->seq;
    group->epoch = head.epoch;
    group->seq = head.seq;
    return is_new;
}

static size_t count_groups(struct commit_watch *watch)
{
    size_t count;

    pthread_mutex_lock(&watch->lock);
    count = watch->count;
    pthread_mutex_unlock(&watch->lock);
    return count;
}

const char *commit_watch_domain(struct arena *mem, const char *domain_id)
{
    return arena_printf(mem, "domain:%.64s", domain_id);
}

static void look_at_events(struct commit_watch *watch, struct err *err)
{
    int64_t before = watch->seq, last;

    do {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct text_list domains = {0};

        last = watch->seq;
        if (!event_store_moved_domains(mem, watch->db, &watch->seq, &domains, err))
            break;
        for (size_t i = 0; i < domains.count; i++)
            http_server_wake(watch->server, commit_watch_domain(mem, domains.items[i]));
    } while (watch->seq - last >= EVENTS_LOOKED_AT); /* as many as it may look at, or a gap */
    if (watch->seq != before)
        http_server_wake(watch->server, COMMIT_WATCH_EVENTS);
}

void commit_watch_for_questions(struct commit_watch *watch)
{
    atomic_store(&watch->has_vantages, true);
}

static void look_at_questions(struct commit_watch *watch, struct err *err)
{
    bool is_open = false;

    if (atomic_load(&watch->has_vantages) &&
        vantage_question_store_is_open(watch->db, clock_real_ms(), &is_open, err) && is_open)
        http_server_wake(watch->server, COMMIT_WATCH_QUESTIONS);
}

static void look(struct commit_watch *watch)
{
    size_t count = count_groups(watch);
    struct err err = {0};

    for (size_t i = 0; i < count; i++)
        if (has_moved(watch, &watch->groups[i], &err))
            http_server_wake(watch->server, watch->groups[i].key);
    look_at_questions(watch, &err);
    look_at_events(watch, &err);
    if (err.code != ERR_NONE)
        LOG(WARN, "web.watch", KERR(&err)); /* waiting requests look by themselves at their end */
}

/* Sleeps until the next look's turn: what is committed meanwhile is looked at together. */
static void wait_for_turn(int64_t *pace_us)
{
    int64_t now_us = clock_boot_ms() * 1000, left;

    *pace_us = rate_force(&pace, *pace_us, now_us);
    left = rate_turn(&pace, *pace_us, now_us, 0) - now_us;
    if (left > 0)
        (void)nanosleep(&(struct timespec){.tv_nsec = (long)left * 1000}, NULL);
}

static void *keep_watch(void *arg)
{
    struct commit_watch *watch = arg;
    struct err err = {0};
    int64_t pace_us = 0;

    while (!atomic_load(&watch->is_stopping)) {
        bool has_changed = false;

        if (!db_watch_wait(watch->commits, LOOK_MS, &has_changed, &err)) {
            LOG(ERROR, "web.watch", KERR(&err));
            return NULL;
        }
        if (!has_changed)
            continue;
        look(watch);
        wait_for_turn(&pace_us);
    }
    return NULL;
}

bool commit_watch_new(struct db *db, struct commit_watch **out, struct err *err)
{
    struct commit_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        abort();
    watch->db = db;
    pthread_mutex_init(&watch->lock, NULL);
    if (!db_watch_new(db, &watch->commits, err)) {
        commit_watch_free(watch);
        return false;
    }
    *out = watch;
    return true;
}

bool commit_watch_start(struct commit_watch *watch, struct http_server *server, struct err *err)
{
    int rc;

    watch->server = server;
    if (!event_store_head(watch->db, &watch->seq, err))
        return false;
    rc = pthread_create(&watch->thread, NULL, keep_watch, watch);
    if (rc != 0)
        return err_errno(err, ERR_INTERNAL, rc,
                         "could not start the thread that watches the store");
    watch->is_running = true;
    return true;
}

void commit_watch_stop(struct commit_watch *watch)
{
    if (!watch || !watch->is_running)
        return;
    atomic_store(&watch->is_stopping, true);
    pthread_join(watch->thread, NULL);
    watch->is_running = false;
}

void commit_watch_free(struct commit_watch *watch)
{
    if (!watch)
        return;
    db_watch_free(watch->commits);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

static struct group *find_or_add(struct commit_watch *watch, const char *name)
{
    struct group *group;

    for (size_t i = 0; i < watch->count; i++)
        if (strcmp(watch->groups[i].name, name) == 0)
            return &watch->groups[i];
    if (watch->count == COMMIT_GROUPS_MAX || strlen(name) > COMMIT_GROUP_MAX)
        return NULL;
    group = &watch->groups[watch->count++];
    snprintf(group->name, sizeof(group->name), "%s", name);
    snprintf(group->key, sizeof(group->key), "feed:%s", name);
    return group;
}

bool commit_watch_feed(struct commit_watch *watch, const char *group, const char **key,
                       struct err *err)
{
    struct group *found;

    pthread_mutex_lock(&watch->lock);
    found = find_or_add(watch, group);
    pthread_mutex_unlock(&watch->lock);
    if (!found)
        return err_set(err, ERR_BUSY, "the feeds of %d edge groups are followed already",
                       COMMIT_GROUPS_MAX);
    *key = found->key;
    return true;
}
