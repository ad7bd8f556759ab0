/* SPDX-License-Identifier: Apache-2.0 */

/*
 * checker: names looked at as a worker does it (src/check), with nothing around it, for
 * bench/check/run.
 *
 *     checker FORWARDER ANCHOR EXPECTED OWN DOMAINS COUNT THREADS
 *
 * FORWARDER: address@port, or "" for down from the root. ANCHOR: a file of DNSKEY or DS lines, or
 * "". The names of COUNT checks are nI.example and www.nI.example, I from 0 to DOMAINS - 1, over
 * and over. Prints JSON: what that took, and the memory that there was at each tenth of the way.
 */
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "check/check.h"

#define COUNT_MAX   1000000
#define THREADS_MAX 256
#define TENTHS      10

struct checker {
    struct resolver *resolver;
    struct address expected;
    struct prefix own;
    int64_t domains, count, threads;
    atomic_llong next, done, not_ready;
    int64_t *took_us;
    _Atomic int64_t kib[TENTHS];
};

static void need(bool is_done, const struct err *err)
{
    if (is_done)
        return;
    fprintf(stderr, "checker: %s\n", err->text);
    exit(1);
}

static int64_t number(const char *text, int64_t max)
{
    int64_t value;

    if (slice_i64(slice_str(text), 1, max, &value))
        return value;
    fprintf(stderr, "checker: \"%s\" is not a number up to %lld\n", text, (long long)max);
    exit(64);
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Of this process, KiB. */
static int64_t memory_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    char text[256] = "";
    const char *resident;

    assert(file);
    resident = fgets(text, sizeof(text), file) ? strchr(text, ' ') : NULL;
    fclose(file);
    return resident ? strtol(resident, NULL, 10) * (sysconf(_SC_PAGESIZE) / 1024) : 0;
}

/* ---- one after another, by each thread ---- */

static void check_one(struct checker *all, int64_t number_of)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *apex = arena_printf(mem, "n%lld.example", (long long)(number_of % all->domains));
    const char *const list[] = {apex, arena_printf(mem, "www.%s", apex)};
    const struct check_names names = {.names = list, .count = 2, .registered = apex};
    const struct check_env env = {
        .resolver = all->resolver,
        .is_keyless = true,
        .brand = "bench",
        .http_port = 80,
        .reach = {.own = &all->own, .own_count = 1},
        .caa = {.issuer = "letsencrypt.org", .method = "http-01"},
    };
    const struct check_expected expected = {.ipv4 = &all->expected, .ipv4_count = 1};
    struct check_report report;
    struct err err;
    int64_t began = now_us();

    need(check_run(mem, &env, &names, &expected, &report, &err), &err);
    all->took_us[number_of] = now_us() - began;
    if (report.outcome != CHECK_READY || report.finding_count > 0)
        atomic_fetch_add(&all->not_ready, 1);
}

static void *work(void *arg)
{
    struct checker *all = arg;
    int64_t i;

    while ((i = atomic_fetch_add(&all->next, 1)) < all->count) {
        int64_t done;

        check_one(all, i);
        done = atomic_fetch_add(&all->done, 1) + 1;
        if (done * TENTHS % all->count < TENTHS)
            all->kib[(done * TENTHS / all->count + TENTHS - 1) % TENTHS] = memory_kib();
    }
    return NULL;
}

static void work_all(struct checker *all)
{
    pthread_t threads[THREADS_MAX];

    for (int64_t i = 0; i < all->threads; i++)
        if (pthread_create(&threads[i], NULL, work, all) != 0)
            abort();
    for (int64_t i = 0; i < all->threads; i++)
        pthread_join(threads[i], NULL);
}

/* ---- what that took ---- */

static int by_size(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

static double cpu_ms(void)
{
    struct rusage used;

    getrusage(RUSAGE_SELF, &used);
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static void show(struct checker *all, int64_t us)
{
    int64_t median, late;

    qsort(all->took_us, (size_t)all->count, sizeof(all->took_us[0]), by_size);
    median = all->took_us[all->count / 2];
    late = all->took_us[all->count * 95 / 100];
    printf("{\"p50_ms\": %.3f, \"p95_ms\": %.3f, \"per_s\": %.1f, \"cpu_ms\": %.3f, "
           "\"not_ready\": %lld, \"kib\": [",
           (double)median / 1e3, (double)late / 1e3, (double)all->count / ((double)us / 1e6),
           cpu_ms() / (double)all->count, (long long)all->not_ready);
    for (size_t i = 0; i < TENTHS; i++)
        printf("%s%lld", i ? ", " : "", (long long)all->kib[i]);
    printf("]}\n");
}

int main(int argc, char **argv)
{
    struct checker all = {0};
    struct resolver_options options = {.timeout_ms = RESOLVER_TIMEOUT_MS};
    struct err err;
    int64_t began;

    if (argc != 8) {
        fprintf(stderr, "usage: checker FORWARDER ANCHOR EXPECTED OWN DOMAINS COUNT THREADS\n");
        return 64;
    }
    options.forwarder = argv[1];
    options.trust_anchor_file = argv[2];
    need(address_parse(argv[3], &all.expected, &err) && prefix_parse(argv[4], &all.own, &err) &&
             resolver_new(&options, &all.resolver, &err),
         &err);
    all.domains = number(argv[5], COUNT_MAX);
    all.count = number(argv[6], COUNT_MAX);
    all.threads = number(argv[7], THREADS_MAX);
    all.took_us = calloc((size_t)all.count, sizeof(all.took_us[0]));
    assert(all.took_us);
    began = now_us();
    work_all(&all);
    show(&all, now_us() - began);
    resolver_free(all.resolver);
    free(all.took_us);
    return 0;
}
