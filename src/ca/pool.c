/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/pool.h"

#include <errno.h>
#include <pthread.h>

struct job {
    struct job *next;
    int64_t id;
    struct ca_hint hint;
};

struct thread {
    struct ca_pool *pool;
    pthread_t handle;
    pthread_cond_t wake;
    struct thread *next; /* of pool->idle */
    bool is_idle;
};

struct ca_pool {
    pthread_mutex_t lock;
    pthread_cond_t pause;
    struct thread *idle;
    struct job *first, **last;
    size_t taken, max; /* places: waiting, running or reserved */
    bool is_stopping;
    ca_work *work;
    void *arg;
    unsigned thread_count;
    struct thread threads[];
};

static void free_job(struct job *job)
{
    if (job->hint.data)
        job->hint.free(job->hint.data);
    free(job);
}

/* The lock is held. */
static void sleep_until_woken(struct thread *thread)
{
    struct ca_pool *pool = thread->pool;

    thread->next = pool->idle;
    thread->is_idle = true;
    pool->idle = thread;
    while (thread->is_idle)
        pthread_cond_wait(&thread->wake, &pool->lock);
}

/* The lock is held. The last that went to sleep, so that as many threads work as there is work for,
 * and not all in turn: each keeps memory that it has once used. NULL: nobody sleeps. */
static struct thread *pick_idle(struct ca_pool *pool)
{
    struct thread *thread = pool->idle;

    if (thread) {
        pool->idle = thread->next;
        thread->is_idle = false;
    }
    return thread;
}

static void wake_all(struct ca_pool *pool)
{
    struct thread *thread;

    while ((thread = pick_idle(pool)))
        pthread_cond_signal(&thread->wake);
}

static void append(struct ca_pool *pool, struct job *job)
{
    *pool->last = job;
    pool->last = &job->next;
}

/* NULL: the pool stops. */
static struct job *take(struct thread *thread)
{
    struct ca_pool *pool = thread->pool;
    struct job *job = NULL;

    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->is_stopping)
        sleep_until_woken(thread);
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
    append(pool, job); /* for whoever takes next: this thread does */
    pthread_mutex_unlock(&pool->lock);
}

static void *run(void *arg)
{
    struct thread *thread = arg;
    struct ca_pool *pool = thread->pool;
    struct job *job;

    while ((job = take(thread))) {
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
    struct ca_pool *pool = calloc(1, sizeof(*pool) + threads * sizeof(struct thread));
    pthread_condattr_t monotonic;

    if (!pool)
        abort();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->pause, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pool->last = &pool->first;
    pool->max = max;
    pool->work = work;
    pool->arg = arg;
    for (; pool->thread_count < threads; pool->thread_count++) {
        struct thread *thread = &pool->threads[pool->thread_count];

        thread->pool = pool;
        pthread_cond_init(&thread->wake, NULL);
        if (pthread_create(&thread->handle, NULL, run, thread) != 0)
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
    wake_all(pool);
    pthread_cond_broadcast(&pool->pause);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i].handle, NULL);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_cond_destroy(&pool->threads[i].wake);
    while (pool->first) {
        struct job *job = pool->first;

        pool->first = job->next;
        free_job(job);
    }
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
    struct thread *idle;

    if (!job)
        abort();
    job->id = id;
    job->hint = hint;
    pthread_mutex_lock(&pool->lock);
    pool->taken += places;
    append(pool, job);
    idle = pick_idle(pool);
    pthread_mutex_unlock(&pool->lock);
    if (idle)
        pthread_cond_signal(&idle->wake); /* who wakes up needs the lock */
}

void ca_pool_add(struct ca_pool *pool, int64_t id, struct ca_hint hint)
{
    push(pool, id, hint, 0);
}

void ca_pool_restore(struct ca_pool *pool, int64_t id)
{
    push(pool, id, (struct ca_hint){NULL, NULL}, 1);
}
