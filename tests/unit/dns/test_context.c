/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <pthread.h>

#include "base/clock.h"
#include "check.h"
#include "dns/context.h"
#include "knot.h"

#define SOA           "@ 3600 SOA ns.nic. host.nic. 1 3600 600 86400 60\n@ 3600 NS ns.nic.\n"
#define AT_ONCE       16
#define ASKED         30
#define GROWN_KIB     6144 /* sixteen contexts are 26 MiB */
#define GIVEN_BACK_MS 5000

static const struct knot_zone zones[] = {{".", SOA "* 60 A 192.0.2.1\n", false}};
static struct knot knot;

static long anonymous_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kib = 0;

    while (file && fgets(line, sizeof(line), file) && sscanf(line, "RssAnon: %ld", &kib) != 1)
        continue;
    if (file)
        fclose(file);
    return kib;
}

/* Once it is below `wanted`, or the keeper of the contexts had time enough to give back what it
 * can. */
static long least_kib(long wanted)
{
    int64_t until = clock_boot_ms() + GIVEN_BACK_MS;

    while (anonymous_kib() >= wanted && clock_boot_ms() < until)
        usleep(20000);
    return anonymous_kib();
}

struct asker {
    struct resolver *resolver;
    pthread_barrier_t *all;    /* ask at the same time */
    struct arena *held[ASKED]; /* each look-up leaves something, which lies between contexts */
    size_t answered;
};

static void *ask_often(void *arg)
{
    struct asker *asker = arg;

    for (size_t i = 0; i < ASKED; i++) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        const struct dns_query query = {arena_printf(mem, "n%zu.load.example", i), DNS_TYPE_A};
        struct dns_answer answer;
        struct err err = {0};

        pthread_barrier_wait(asker->all);
        asker->answered += resolver_ask(mem, asker->resolver,
                                        &(struct dns_batch){DNS_FRESH, 1, &query, &answer}, &err) &&
                           answer.record_count == 1;
        asker->held[i] = arena_new();
    }
    return NULL;
}

static void ask_at_once(struct asker *askers, size_t count, struct resolver *resolver)
{
    pthread_t threads[AT_ONCE];
    pthread_barrier_t all;

    pthread_barrier_init(&all, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        askers[i].resolver = resolver;
        askers[i].all = &all;
        pthread_create(&threads[i], NULL, ask_often, &askers[i]);
    }
    for (size_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        ok(askers[i].answered == ASKED, "thread %zu: %zu answers", i, askers[i].answered);
    }
    pthread_barrier_destroy(&all);
}

static void let_go(struct asker *askers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < ASKED; k++)
            arena_free(askers[i].held[k]);
}

/* What many look-ups at a time needed does not stay when there is one at a time again. */
static void test_memory_is_given_back(void **state)
{
    (void)state;
    AUTO(resolver_freep) struct resolver *resolver = NULL;
    struct asker first = {.answered = 0}, last = {.answered = 0}, many[AT_ONCE] = {{.answered = 0}};
    struct err err = {0};
    long before, after;

    if (!resolver_new(&(struct resolver_options){.forwarder = knot.forwarder, .is_offline = true},
                      &resolver, &err))
        fail_msg("%s", err.text);
    ask_at_once(&first, 1, resolver);
    before = anonymous_kib();
    ask_at_once(many, AT_ONCE, resolver);
    usleep(CONTEXT_IDLE_MS * 1000);
    ask_at_once(&last, 1, resolver);
    after = least_kib(before + GROWN_KIB);
    ok(after - before < GROWN_KIB, "%ld KiB before, %ld after", before, after);
    let_go(&first, 1);
    let_go(many, AT_ONCE);
    let_go(&last, 1);
    all_ok();
}

static size_t count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    size_t count = 0;

    while (tasks && readdir(tasks))
        count++;
    if (tasks)
        closedir(tasks);
    return count;
}

/* Each context that was asked has a thread. No look-up comes after it. */
static void test_ends_by_itself(void **state)
{
    (void)state;
    AUTO(resolver_freep) struct resolver *resolver = NULL;
    struct asker asker = {.answered = 0};
    struct err err = {0};
    int64_t asked_at;
    size_t before;

    if (!resolver_new(&(struct resolver_options){.forwarder = knot.forwarder, .is_offline = true},
                      &resolver, &err))
        fail_msg("%s", err.text);
    before = count_threads();
    ask_at_once(&asker, 1, resolver);
    asked_at = clock_boot_ms();
    ok(count_threads() == before + 1, "it is kept for the next look-up");
    while (count_threads() > before && clock_boot_ms() < asked_at + 10 * CONTEXT_IDLE_MS)
        usleep(20000);
    ok(count_threads() == before, "it has ended");
    ok(clock_boot_ms() >= asked_at + CONTEXT_IDLE_MS, "and not before its time");
    let_go(&asker, 1);
    all_ok();
}

/* ---- which may be asked again ---- */

/* Of a zone that nobody asks for. */
#define ANCHOR                                                                                     \
    "elsewhere.example. DS 20326 8 2 "                                                             \
    "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"

static const struct {
    const char *label;
    bool is_forwarded;
    const char *anchor;
    enum dns_age age;
    bool is_good;
    int64_t idle_ms;
    bool is_asked_again;
} lives[] = {
    {"keeps nothing", true, NULL, DNS_FRESH, true, RESOLVER_FRESH_MS, true},
    {"keeps nothing, has failed", true, NULL, DNS_FRESH, false, 2, false},
    {"keeps keys, soon", true, ANCHOR, DNS_FRESH, true, 2, true},
    {"keeps keys, later", true, ANCHOR, DNS_FRESH, true, RESOLVER_FRESH_MS, false},
    {"keeps keys, has failed", true, ANCHOR, DNS_FRESH, false, 2, false},
    {"from the root, soon", false, NULL, DNS_FRESH, true, 2, true},
    {"from the root, later", false, NULL, DNS_FRESH, true, RESOLVER_FRESH_MS, false},
    {"recent", true, ANCHOR, DNS_RECENT, true, RESOLVER_FRESH_MS, true},
    {"recent, has failed", true, ANCHOR, DNS_RECENT, false, 2, true},
};

static void test_asked_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
        struct context_pool *pool = context_pool_new(
            &(struct resolver_options){.forwarder = lives[i].is_forwarded ? knot.forwarder : NULL,
                                       .trust_anchor = lives[i].anchor});
        struct context first = {0}, second = {0};
        struct err err = {0};

        ok(context_take(pool, lives[i].age, &first, &err), "%s: %s", lives[i].label, err.text);
        context_put(pool, first, lives[i].is_good);
        usleep((useconds_t)lives[i].idle_ms * 1000);
        ok(context_take(pool, lives[i].age, &second, &err), "%s: %s", lives[i].label, err.text);
        ok((second.made_at == first.made_at) == lives[i].is_asked_again, "%s: made %lld ms later",
           lives[i].label, (long long)(second.made_at - first.made_at));
        context_put(pool, second, true);
        context_pool_free(pool);
    }
    all_ok();
}

static int start(void **state)
{
    (void)state;
    return knot_start(&knot, zones, ARRAY_LEN(zones)) ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    knot_stop(&knot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory_is_given_back),
                                       cmocka_unit_test(test_ends_by_itself),
                                       cmocka_unit_test(test_asked_again)};

    if (!knot_is_there())
        return KNOT_SKIP;
    return cmocka_run_group_tests(tests, start, stop);
}
