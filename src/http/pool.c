/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pool.h"

#include <assert.h>
#include <pthread.h>

struct lane {
    struct pool_item *first, **last;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct lane lanes[POOL_LANES];
    unsigned counted, max_queued; /* places of POOL_NOW, reserved or queued */
    unsigned reserved;            /* of both lanes, to be queued yet */
    bool is_stopping;
    pool_run *run;
    pthread_t *threads;
    unsigned thread_count;
};

/* With the lock, which it gives back before it wakes a thread: that one would have to wait for it.
 */
static void append_and_unlock(struct pool *pool, struct pool_item *item, enum pool_lane lane)
{
    struct lane *to = &pool->lanes[lane];

    item->next = NULL;
    *to->last = item;
    to->last = &item->next;
    if (pool->is_stopping)
        pthread_cond_broadcast(&pool->changed); /* the last reservation lets every thread go */
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_signal(&pool->changed);
}

/* NULL: nothing is queued. */
static struct pool_item *take_first(struct pool *pool)
{
    for (enum pool_lane lane = 0; lane < POOL_LANES; lane++) {
        struct lane *from = &pool->lanes[lane];
        struct pool_item *item = from->first;

        if (!item)
            continue;
        from->first = item->next;
        if (!from->first)
            from->last = &from->first;
        pool->counted -= item->is_counted;
        return item;
    }
    return NULL;
}

/* The next item; NULL when the pool has stopped and nothing more can come. */
static struct pool_item *take(struct pool *pool)
{
    struct pool_item *item;

    pthread_mutex_lock(&pool->lock);
    while (!(item = take_first(pool)) && (!pool->is_stopping || pool->reserved > 0))
        pthread_cond_wait(&pool->changed, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    return item;
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    struct pool_item *item;

    while ((item = take(pool)))
        pool->run(item);
    return NULL;
}

bool pool_new(unsigned threads, unsigned max_queued, pool_run *run, struct pool **out,
              struct err *err)
{
    struct pool *pool = calloc(1, sizeof(*pool));

    if (pool)
        pool->threads = calloc(threads, sizeof(pool->threads[0]));
    if (!pool || !pool->threads)
        abort();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    for (enum pool_lane lane = 0; lane < POOL_LANES; lane++)
        pool->lanes[lane].last = &pool->lanes[lane].first;
    pool->max_queued = max_queued;
    pool->run = run;
    for (; pool->thread_count < threads; pool->thread_count++) {
        int rc = pthread_create(&pool->threads[pool->thread_count], NULL, work, pool);

        if (rc != 0) {
            pool_stop(pool);
            pool_free(pool);
            return err_errno(err, ERR_INTERNAL, rc, "could not start a handler thread");
        }
    }
    *out = pool;
    return true;
}

bool pool_reserve(struct pool *pool, enum pool_lane lane)
{
    bool is_counted = lane == POOL_NOW, is_free;

    pthread_mutex_lock(&pool->lock);
    is_free = !pool->is_stopping && (!is_counted || pool->counted < pool->max_queued);
    pool->reserved += is_free;
    pool->counted += is_free && is_counted;
    pthread_mutex_unlock(&pool->lock);
    return is_free;
}

void pool_push(struct pool *pool, struct pool_item *item, enum pool_lane lane)
{
    pthread_mutex_lock(&pool->lock);
    assert(pool->reserved > 0);
    pool->reserved--;
    item->is_counted = lane == POOL_NOW;
    append_and_unlock(pool, item, lane);
}

void pool_push_admitted(struct pool *pool, struct pool_item *item, enum pool_lane lane)
{
    pthread_mutex_lock(&pool->lock);
    item->is_counted = false;
    append_and_unlock(pool, item, lane);
}

void pool_stop(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pool->thread_count = 0;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}
