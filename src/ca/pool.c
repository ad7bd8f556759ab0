/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/pool.h"

#include <errno.h>
#include <pthread.h>

struct job {
    struct job *next;
    int64_t id;
    struct ca_hint hint;
};

struct ca_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake, pause;
    struct job *first, **last;
    size_t taken, max; /* places: waiting, running or reserved */
    bool is_stopping;
    ca_work *work;
    void *arg;
    unsigned thread_count;
    pthread_t threads[];
};

static void free_job(struct job *job)
{
    if (job->hint.data)
        job->hint.free(job->hint.data);
    free(job);
}

/* NULL: the pool stops. */
static struct job *take(struct ca_pool *pool)
{
    struct job *job = NULL;

    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->is_stopping)
        pthread_cond_wait(&pool->wake, &pool->lock);
    if (!pool->is_stopping) {
        job = pool->first;
        pool->first = job->next;
        if (!pool->first)
            pool->last = &pool->first;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

/* Behind all others, after a pause: the database will not be better at once. */
static void put_back(struct ca_pool *pool, struct job *job)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += CA_POOL_AGAIN_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    job->next = NULL;
    pthread_mutex_lock(&pool->lock);
    while (!pool->is_stopping &&
           pthread_cond_timedwait(&pool->pause, &pool->lock, &until) != ETIMEDOUT)
        continue;
    *pool->last = job;
    pool->last = &job->next;
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}

static void *run(void *arg)
{
    struct ca_pool *pool = arg;
    struct job *job;

    while ((job = take(pool))) {
        AUTO(arena_freep) struct arena *mem = arena_new();

        if (!pool->work(pool->arg, mem, job->id, job->hint.data)) {
            put_back(pool, job);
            continue;
        }
        free_job(job);
        ca_pool_release(pool);
    }
    return NULL;
}

struct ca_pool *ca_pool_new(unsigned threads, size_t max, ca_work *work, void *arg)
{
    struct ca_pool *pool = calloc(1, sizeof(*pool) + threads * sizeof(pthread_t));
    pthread_condattr_t monotonic;

    if (!pool)
        abort();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->pause, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->last = &pool->first;
    pool->max = max;
    pool->work = work;
    pool->arg = arg;
    for (pool->thread_count = 0; pool->thread_count < threads; pool->thread_count++) {
        if (pthread_create(&pool->threads[pool->thread_count], NULL, run, pool) != 0)
            abort();
    }
    return pool;
}

void ca_pool_free(struct ca_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_cond_broadcast(&pool->pause);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    while (pool->first) {
        struct job *job = pool->first;

        pool->first = job->next;
        free_job(job);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->pause);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

bool ca_pool_reserve(struct ca_pool *pool)
{
    bool has_place;

    pthread_mutex_lock(&pool->lock);
    has_place = pool->taken < pool->max;
    pool->taken += has_place;
    pthread_mutex_unlock(&pool->lock);
    return has_place;
}

void ca_pool_release(struct ca_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->taken--;
    pthread_mutex_unlock(&pool->lock);
}

static void push(struct ca_pool *pool, int64_t id, struct ca_hint hint, size_t places)
{
    struct job *job = calloc(1, sizeof(*job));

    if (!job)
        abort();
    job->id = id;
    job->hint = hint;
    pthread_mutex_lock(&pool->lock);
    pool->taken += places;
    *pool->last = job;
    pool->last = &job->next;
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_signal(&pool->wake); /* who wakes up needs the lock */
}

void ca_pool_add(struct ca_pool *pool, int64_t id, struct ca_hint hint)
{
    push(pool, id, hint, 0);
}

void ca_pool_restore(struct ca_pool *pool, int64_t id)
{
    push(pool, id, (struct ca_hint){NULL, NULL}, 1);
}
