/* SPDX-License-Identifier: Apache-2.0 */
#include "dns/context.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"
#include "dns/not_asked.h"

#define IDLE_MAX      32 /* for each age of answers */
#define CONFIG_MAX    256
#define TRIM_EVERY_MS 1000
#define LOOK_EVERY_MS 250 /* while there is what may have to end */

/* Contexts for the same age of answers, that nobody asks just now. */
struct idle_list {
    struct context items[IDLE_MAX];
    size_t count;
};

/* To be deleted once the lock is given back: that waits for a thread of libunbound. */
struct ended {
    struct ub_ctx *ctx[IDLE_MAX * DNS_AGE_COUNT];
    size_t count;
};

struct context_pool {
    struct resolver_options options;
    pthread_t keeper;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t change;
    struct idle_list idle[DNS_AGE_COUNT];
    bool has_holes; /* a context has ended since what they held was given back */
    int64_t trimmed_at;
    bool is_asleep; /* the keeper: there is nothing to end and nothing to give back */
    bool is_closing;
};

/* Beside these nothing is ever set: a wrong value of an option makes libunbound crash at use. The
 * real time to live is seen only without cache-max-ttl. Questions over TCP that find no connection
 * free (of 10, by default) wait in a list, from which libunbound 1.17 sends some of them without
 * their flags: there are more than a check asks at once. */
static const struct {
    const char *name, *value;
    bool is_for_forwarder, is_for_recent;
} settings[] = {
    {"do-not-query-localhost:", "no", true, false},
    {"cache-max-ttl:", "60", false, true},
    {"edns-buffer-size:", "1232", false, false},
    {"outgoing-num-tcp:", "64", false, false},
};

/* Zones that libunbound would answer from itself. */
static const char *const own_zones[] = {"test.", "invalid."};

/* A context that keeps nothing: that is what is told of a forwarder below, and cannot be told of
 * the keys that validation keeps, nor of the servers on the way down from the root. */
static bool is_keeping_nothing(const struct resolver_options *options, enum dns_age age)
{
    return age == DNS_FRESH && options->forwarder && !options->trust_anchor &&
           !options->trust_anchor_file;
}

/* How long after it was made a context may be asked again. */
static int64_t asked_for_ms(const struct resolver_options *options, enum dns_age age)
{
    return age == DNS_RECENT || is_keeping_nothing(options, age) ? RESOLVER_RECENT_S * 1000
                                                                 : RESOLVER_FRESH_MS;
}

/* Of the library's reader of files, which has one state for the whole process. */
static pthread_mutex_t reader_lock = PTHREAD_MUTEX_INITIALIZER;

/* There is no option for this, only a clause of a file. */
static int forward_uncached(struct ub_ctx *ctx, const char *forwarder)
{
    char text[CONFIG_MAX], path[32];
    int fd = memfd_create("forward", MFD_CLOEXEC), code = UB_READFILE;
    int len = snprintf(text, sizeof(text),
                       "forward-zone:\n name: \".\"\n forward-addr: %s\n"
                       " forward-no-cache: yes\n",
                       forwarder);

    if (fd < 0)
        return code;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    pthread_mutex_lock(&reader_lock);
    if (write(fd, text, (size_t)len) == len)
        code = ub_ctx_config(ctx, path);
    pthread_mutex_unlock(&reader_lock);
    close(fd);
    return code;
}

static int set_forwarder(struct ub_ctx *ctx, const struct resolver_options *options,
                         enum dns_age age)
{
    if (is_keeping_nothing(options, age))
        return forward_uncached(ctx, options->forwarder);
    return ub_ctx_set_fwd(ctx, options->forwarder);
}

static int configure(struct ub_ctx *ctx, const struct resolver_options *options, enum dns_age age)
{
    int code = ub_ctx_async(ctx, 1);

    for (size_t i = 0; i < ARRAY_LEN(settings) && code == 0; i++)
        if ((!settings[i].is_for_forwarder || options->forwarder) &&
            (!settings[i].is_for_recent || age == DNS_RECENT))
            code = ub_ctx_set_option(ctx, settings[i].name, settings[i].value);
    for (size_t i = 0; i < DNS_NOT_ASKED_COUNT && code == 0 && !options->forwarder; i++)
        code = ub_ctx_set_option(ctx, "do-not-query-address:", dns_not_asked[i]);
    if (code == 0)
        code = ub_ctx_debugout(ctx, NULL);
    if (code == 0 && options->forwarder)
        code = set_forwarder(ctx, options, age);
    if (code == 0 && options->trust_anchor_file)
        code = ub_ctx_add_ta_file(ctx, options->trust_anchor_file);
    if (code == 0 && options->trust_anchor)
        code = ub_ctx_add_ta(ctx, options->trust_anchor);
    /* The first of these ends the configuration: they come last. */
    for (size_t i = 0; i < ARRAY_LEN(own_zones) && code == 0; i++)
        code = ub_ctx_zone_remove(ctx, own_zones[i]);
    return code;
}

static bool context_new(const struct resolver_options *options, enum dns_age age,
                        struct ub_ctx **out, struct err *err)
{
    struct ub_ctx *ctx = ub_ctx_create();
    int code;

    if (!ctx)
        return err_set(err, ERR_DNS, "could not make a resolver: %s", strerror(errno));
    code = configure(ctx, options, age);
    if (code != 0) {
        bool is_anchor =
            code == UB_INITFAIL && (options->trust_anchor || options->trust_anchor_file);

        ub_ctx_delete(ctx);
        return err_set(err, ERR_CONFIG, "could not set up the resolver: %s",
                       is_anchor ? "the DNSSEC trust anchor cannot be used" : ub_strerror(code));
    }
    *out = ctx;
    return true;
}

/* ---- the pool ---- */

static bool is_old(const struct context_pool *pool, const struct context *context, int64_t now)
{
    return now - context->made_at >= asked_for_ms(&pool->options, context->age);
}

/* The lock is held. Every one is looked at, not only those on top: after a while with many look-ups
 * at a time those under them would stay for good. */
static void part_ended(struct context_pool *pool, int64_t now, struct ended *ended)
{
    for (size_t age = 0; age < DNS_AGE_COUNT; age++) {
        struct idle_list *idle = &pool->idle[age];
        size_t kept = 0;

        for (size_t i = 0; i < idle->count; i++) {
            const struct context *context = &idle->items[i];

            if (is_old(pool, context, now) || now - context->put_at >= CONTEXT_IDLE_MS)
                ended->ctx[ended->count++] = context->ctx;
            else
                idle->items[kept++] = *context;
        }
        idle->count = kept;
    }
}

/* A context is a thousand pieces of memory, among which others have put theirs when it ends: malloc
 * keeps the holes, in every arena. Not each time, for that looks through the whole heap. */
static void give_back(struct context_pool *pool, int64_t now)
{
    bool is_due;

    pthread_mutex_lock(&pool->lock);
    is_due = pool->has_holes && now - pool->trimmed_at >= TRIM_EVERY_MS;
    if (is_due) {
        pool->has_holes = false;
        pool->trimmed_at = now;
    }
    pthread_mutex_unlock(&pool->lock);
    if (is_due)
        (void)malloc_trim(0);
}

/* The lock is held. It looks by itself as long as it is not asleep. */
static void wake_keeper(struct context_pool *pool)
{
    if (pool->is_asleep)
        pthread_cond_signal(&pool->change);
}

static void end_contexts(struct context_pool *pool, const struct ended *ended)
{
    for (size_t i = 0; i < ended->count; i++)
        ub_ctx_delete(ended->ctx[i]);
    if (ended->count == 0)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->has_holes = true;
    wake_keeper(pool);
    pthread_mutex_unlock(&pool->lock);
}

/* ---- the keeper: what nobody asks any more ends without a next look-up ---- */

/* The lock is held. */
static bool has_work(const struct context_pool *pool)
{
    bool has_idle = false;

    for (size_t age = 0; age < DNS_AGE_COUNT; age++)
        has_idle = has_idle || pool->idle[age].count > 0;
    return has_idle || pool->has_holes;
}

/* The lock is held. */
static void pause_look(struct context_pool *pool)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_EVERY_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (!pool->is_closing &&
           pthread_cond_timedwait(&pool->change, &pool->lock, &until) != ETIMEDOUT)
        continue;
}

/* False: the pool closes. */
static bool wait_for_work(struct context_pool *pool)
{
    bool is_closing;

    pthread_mutex_lock(&pool->lock);
    pool->is_asleep = true;
    while (!pool->is_closing && !has_work(pool))
        pthread_cond_wait(&pool->change, &pool->lock);
    pool->is_asleep = false;
    pause_look(pool);
    is_closing = pool->is_closing;
    pthread_mutex_unlock(&pool->lock);
    return !is_closing;
}

static void *keep(void *arg)
{
    struct context_pool *pool = arg;

    while (wait_for_work(pool)) {
        struct ended ended = {.count = 0};
        int64_t now = clock_boot_ms();

        pthread_mutex_lock(&pool->lock);
        part_ended(pool, now, &ended);
        pthread_mutex_unlock(&pool->lock);
        end_contexts(pool, &ended);
        give_back(pool, now);
    }
    return NULL;
}

struct context_pool *context_pool_new(const struct resolver_options *options)
{
    struct context_pool *pool = calloc(1, sizeof(*pool));
    pthread_condattr_t monotonic;

    if (!pool)
        abort();
    pool->options = *options;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->change, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&pool->keeper, NULL, keep, pool) != 0)
        abort();
    return pool;
}

void context_pool_free(struct context_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->is_closing = true;
    pthread_cond_signal(&pool->change);
    pthread_mutex_unlock(&pool->lock);
    pthread_join(pool->keeper, NULL);
    for (size_t age = 0; age < DNS_AGE_COUNT; age++) {
        for (size_t i = 0; i < pool->idle[age].count; i++)
            ub_ctx_delete(pool->idle[age].items[i].ctx);
    }
    pthread_cond_destroy(&pool->change);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

/* ---- take and put ---- */

bool context_take(struct context_pool *pool, enum dns_age age, struct context *out, struct err *err)
{
    struct idle_list *idle = &pool->idle[age];
    struct ended ended = {.count = 0};
    int64_t now = clock_boot_ms();
    struct context taken = {.age = age, .made_at = now};

    pthread_mutex_lock(&pool->lock);
    part_ended(pool, now, &ended);
    if (idle->count > 0)
        taken = idle->items[--idle->count];
    pthread_mutex_unlock(&pool->lock);
    end_contexts(pool, &ended);
    if (!taken.ctx && !context_new(&pool->options, age, &taken.ctx, err))
        return false;
    *out = taken;
    return true;
}

void context_put(struct context_pool *pool, struct context context, bool is_good)
{
    struct idle_list *idle = &pool->idle[context.age];
    struct ended ended = {.count = 0};
    int64_t now = clock_boot_ms();
    bool is_kept = (is_good || context.age == DNS_RECENT) && !is_old(pool, &context, now);

    context.put_at = now;
    pthread_mutex_lock(&pool->lock);
    if (is_kept && idle->count < IDLE_MAX)
        idle->items[idle->count++] = context;
    else
        ended.ctx[ended.count++] = context.ctx;
    wake_keeper(pool);
    pthread_mutex_unlock(&pool->lock);
    end_contexts(pool, &ended);
}
