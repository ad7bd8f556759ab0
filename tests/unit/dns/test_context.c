/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "check.h"
#include "dns/context.h"
#include "knot.h"

#define SOA       "@ 3600 SOA ns.nic. host.nic. 1 3600 600 86400 60\n@ 3600 NS ns.nic.\n"
#define AT_ONCE   16
#define ASKED     30
#define GROWN_KIB 6144 /* sixteen contexts are 26 MiB */

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
    after = anonymous_kib();
    ok(after - before < GROWN_KIB, "%ld KiB before, %ld after", before, after);
    let_go(&first, 1);
    let_go(many, AT_ONCE);
    let_go(&last, 1);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory_is_given_back)};

    if (!knot_is_there())
        return KNOT_SKIP;
    return cmocka_run_group_tests(tests, start, stop);
}
