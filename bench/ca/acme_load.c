/* SPDX-License-Identifier: Apache-2.0 */

/*
 * acme_load: orders certificates for single names from an ACME CA (RFC 8555), so many at a time,
 * answers their http-01 challenges itself, and prints what it took as one line of JSON. Each order
 * under way has a thread and a connection that stays open. With --verify it asks at the end for
 * everything that the CA has promised. Exit code 1 when an order failed or a promise was broken.
 */
#include <argp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "answerer.h"
#include "base/random.h"
#include "walk.h"

#define IN_FLIGHT_MAX 1024
#define ACCOUNTS_MAX  1000 /* three digits in a name */
#define ORDERS_MAX    10000000
#define STACK_SIZE    (256 * 1024)
#define ORDER_S       30 /* for an order to get on, without --patience */

struct options {
    const char *directory, *socket, *ca_file, *zone, *prefix;
    int64_t port, answer_port, orders, in_flight, seconds, accounts, poll_ms, patience_s, timeout_s;
    bool is_placed_only, is_verified;
};

struct load {
    struct options options;
    struct client_site site;
    struct walk_account *accounts;
    struct walk_promise *promises; /* one an order */
    int64_t until_us;              /* no order begins later */
    atomic_llong next, verify_next;
};

struct worker {
    pthread_t thread;
    struct load *load;
    struct client client;
    struct arena *mem;
    struct signing_csr csr;
};

enum option_key {
    OPT_SOCKET = 256,
    OPT_PORT,
    OPT_CA_FILE,
    OPT_ANSWER,
    OPT_ORDERS,
    OPT_IN_FLIGHT,
    OPT_SECONDS,
    OPT_ACCOUNTS,
    OPT_POLL,
    OPT_PATIENCE,
    OPT_TIMEOUT,
    OPT_ZONE,
    OPT_PREFIX,
    OPT_PLACE_ONLY,
    OPT_VERIFY,
};

static const struct argp_option argp_options[] = {
    {"socket", OPT_SOCKET, "PATH", 0, "the CA's Unix socket", 0},
    {"port", OPT_PORT, "N", 0, "or its https port on 127.0.0.1, name localhost", 0},
    {"ca-file", OPT_CA_FILE, "FILE", 0, "what to trust for https", 0},
    {"answer", OPT_ANSWER, "N", 0, "port of 127.0.0.1 on which challenges are answered", 0},
    {"orders", OPT_ORDERS, "N", 0, "how many (1000)", 0},
    {"in-flight", OPT_IN_FLIGHT, "N", 0, "at a time (8)", 0},
    {"seconds", OPT_SECONDS, "N", 0, "begin no order later than this", 0},
    {"accounts", OPT_ACCOUNTS, "N", 0, "that order in turns (1)", 0},
    {"poll", OPT_POLL, "MS", 0, "first pause before an order is looked at (3)", 0},
    {"patience", OPT_PATIENCE, "S", 0, "with a CA that is away, and for an order to get on (0, 30)",
     0},
    {"timeout", OPT_TIMEOUT, "S", 0, "without an answer (20)", 0},
    {"zone", OPT_ZONE, "NAME", 0, "that all names are in (load.example)", 0},
    {"prefix", OPT_PREFIX, "TEXT", 0, "of names, without a hyphen (a random one)", 0},
    {"place-only", OPT_PLACE_ONLY, NULL, 0, "newOrder and no more", 0},
    {"verify", OPT_VERIFY, NULL, 0, "ask for everything again at the end", 0},
    {0},
};

static void take_number(struct argp_state *state, const char *text, int64_t max, int64_t *out)
{
    if (!slice_i64(slice_str(text), 1, max, out))
        argp_error(state, "%s: not a number from 1 to %lld", text, (long long)max);
}

static bool take_text_option(int key, const char *arg, struct options *options)
{
    switch (key) {
    case OPT_SOCKET:
        options->socket = arg;
        return true;
    case OPT_CA_FILE:
        options->ca_file = arg;
        return true;
    case OPT_ZONE:
        options->zone = arg;
        return true;
    case OPT_PREFIX:
        options->prefix = arg;
        return true;
    case OPT_PLACE_ONLY:
        options->is_placed_only = true;
        return true;
    case OPT_VERIFY:
        options->is_verified = true;
        return true;
    default:
        return false;
    }
}

static const struct number_option {
    int key;
    int64_t max;
    size_t offset;
} number_options[] = {
    {OPT_PORT, UINT16_MAX, offsetof(struct options, port)},
    {OPT_ANSWER, UINT16_MAX, offsetof(struct options, answer_port)},
    {OPT_ORDERS, ORDERS_MAX, offsetof(struct options, orders)},
    {OPT_IN_FLIGHT, IN_FLIGHT_MAX, offsetof(struct options, in_flight)},
    {OPT_SECONDS, 86400, offsetof(struct options, seconds)},
    {OPT_ACCOUNTS, ACCOUNTS_MAX, offsetof(struct options, accounts)},
    {OPT_POLL, 60000, offsetof(struct options, poll_ms)},
    {OPT_PATIENCE, 3600, offsetof(struct options, patience_s)},
    {OPT_TIMEOUT, 3600, offsetof(struct options, timeout_s)},
};

static bool take_number_option(int key, const char *arg, struct argp_state *state)
{
    for (size_t i = 0; i < ARRAY_LEN(number_options); i++) {
        const struct number_option *row = &number_options[i];

        if (row->key == key) {
            take_number(state, arg, row->max,
                        (int64_t *)(void *)((char *)state->input + row->offset));
            return true;
        }
    }
    return false;
}

static void check(struct argp_state *state, const struct options *options)
{
    if (!options->directory)
        argp_error(state, "the URL of the directory is missing");
    if (!options->socket == !options->port)
        argp_error(state, "one of --socket and --port is wanted");
    if (options->port && !options->ca_file)
        argp_error(state, "--port needs --ca-file");
    if (!options->is_placed_only && !options->answer_port)
        argp_error(state, "--answer is missing");
    if (strchr(options->prefix, '-'))
        argp_error(state, "--prefix %s: no hyphen", options->prefix);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct options *options = state->input;

    if (key == ARGP_KEY_ARG && !options->directory) {
        options->directory = arg;
        return 0;
    }
    if (key == ARGP_KEY_END)
        check(state, options);
    else if (!take_text_option(key, arg, options) && !take_number_option(key, arg, state))
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static const struct argp argp = {.options = argp_options,
                                 .parser = parse,
                                 .args_doc = "DIRECTORY",
                                 .doc = "Orders certificates from an ACME CA as fast as it can."};

static void need(bool is_done, const struct err *err)
{
    if (is_done)
        return;
    fprintf(stderr, "acme_load: %s\n", err->text);
    exit(1);
}

static struct walk walk_of(struct worker *worker)
{
    const struct options *options = &worker->load->options;

    return (struct walk){.client = &worker->client,
                         .mem = worker->mem,
                         .csr = &worker->csr,
                         .poll_ms = options->poll_ms,
                         .patience_ms =
                             (options->patience_s ? options->patience_s : ORDER_S) * 1000,
                         .is_placed_only = options->is_placed_only};
}

static void make_name(const struct load *load, int64_t number, char name[WALK_NAME_MAX])
{
    snprintf(name, WALK_NAME_MAX, "%s-%03lld-%08lld.%s", load->options.prefix,
             (long long)(number % load->options.accounts), (long long)number, load->options.zone);
}

static void *place_orders(void *arg)
{
    struct worker *worker = arg;
    struct load *load = worker->load;
    struct walk walk = walk_of(worker);
    char name[WALK_NAME_MAX];

    while (meter_now_us() < load->until_us) {
        int64_t number = atomic_fetch_add(&load->next, 1);

        if (number >= load->options.orders)
            break;
        make_name(load, number, name);
        (void)walk_order(&walk, &load->accounts[number % load->options.accounts], name,
                         &load->promises[number]);
    }
    return NULL;
}

static void *verify_orders(void *arg)
{
    struct worker *worker = arg;
    struct load *load = worker->load;
    struct walk walk = walk_of(worker);
    int64_t number;

    while ((number = atomic_fetch_add(&load->verify_next, 1)) < load->options.orders)
        walk_verify(&walk, &load->promises[number]);
    return NULL;
}

static void run_all(struct worker *workers, int64_t count, void *(*work)(void *))
{
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK_SIZE);
    for (int64_t i = 0; i < count; i++) {
        if (pthread_create(&workers[i].thread, &attr, work, &workers[i]) != 0)
            abort();
    }
    for (int64_t i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_attr_destroy(&attr);
}

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void prepare(struct arena *mem, struct load *load, struct worker *workers, struct err *err)
{
    const struct options *options = &load->options;
    char name[WALK_NAME_MAX];

    load->site.patience_ms = options->patience_s * 1000;
    load->site.place = (struct wire_place){.socket = options->socket,
                                           .port = (uint16_t)options->port,
                                           .timeout_ms = options->timeout_s * 1000};
    if (!options->socket)
        need(wire_tls(options->ca_file, &load->site.place.tls, err), err);
    need(client_discover(mem, options->directory, &load->site, err), err);
    load->promises = arena_array_of(mem, (size_t)options->orders, struct walk_promise);
    load->accounts = arena_array_of(mem, (size_t)options->accounts, struct walk_account);
    for (int64_t i = 0; i < options->accounts; i++) {
        pthread_mutex_init(&load->accounts[i].lock, NULL);
        need(signing_key_make(mem, &load->accounts[i].key, err), err);
    }
    make_name(load, 0, name);
    for (int64_t i = 0; i < options->in_flight; i++) {
        workers[i] =
            (struct worker){.load = load, .client = client_make(&load->site), .mem = arena_new()};
        need(signing_csr_prepare(workers[i].mem, name, &workers[i].csr, err), err);
    }
}

static struct answerer *start_answerer(struct arena *mem, const struct load *load, struct err *err)
{
    size_t count = (size_t)load->options.accounts;
    const char **thumbprints = arena_array_of(mem, count, const char *);
    struct answerer *answerer = NULL;

    for (size_t i = 0; i < count; i++)
        thumbprints[i] = load->accounts[i].key.thumbprint;
    if (load->options.answer_port)
        need(
            answerer_start((uint16_t)load->options.answer_port, thumbprints, count, &answerer, err),
            err);
    return answerer;
}

static int report(struct load *load, struct meter *meter, double seconds, double cpu_s)
{
    uint64_t done = meter->counters[METER_DONE];
    json_auto_t *json = meter_report(meter);
    bool is_good = !meter->counters[METER_FAILED] && !meter->counters[METER_BROKEN];

    json_object_set_new(json, "in_flight", json_integer(load->options.in_flight));
    json_object_set_new(json, "seconds", json_real(seconds));
    json_object_set_new(json, "per_s", json_real((double)done / seconds));
    json_object_set_new(json, "cpu_s", json_real(cpu_s));
    json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
    putchar('\n');
    return is_good ? 0 : 1;
}

/* Adds up what the threads have counted, and ends them. */
static struct meter gather(struct worker *workers, int64_t count)
{
    struct meter meter = {.failure = ""};

    for (int64_t i = 0; i < count; i++) {
        meter_join(&meter, &workers[i].client.meter);
        wire_close(&workers[i].client.wire);
        arena_free(workers[i].mem);
    }
    return meter;
}

static int run(struct arena *mem, struct load *load)
{
    int64_t count = load->options.in_flight, began;
    struct worker *workers = arena_array_of(mem, (size_t)count, struct worker);
    struct answerer *answerer;
    double seconds, cpu_s;
    struct meter meter;
    struct err err;
    int code;

    prepare(mem, load, workers, &err);
    answerer = start_answerer(mem, load, &err);
    began = meter_now_us();
    cpu_s = cpu_seconds();
    load->until_us = load->options.seconds ? began + load->options.seconds * 1000000 : INT64_MAX;
    run_all(workers, count, place_orders);
    seconds = (double)(meter_now_us() - began) / 1e6;
    cpu_s = cpu_seconds() - cpu_s;
    if (load->options.is_verified)
        run_all(workers, count, verify_orders);
    meter = gather(workers, count);
    if (answerer)
        (void)answerer_stop(answerer);
    code = report(load, &meter, seconds, cpu_s);
    meter_free(&meter);
    SSL_CTX_free(load->site.place.tls);
    return code;
}

int main(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct load load = {
        .options = {.orders = 1000,
                    .in_flight = 8,
                    .accounts = 1,
                    .poll_ms = 3,
                    .timeout_s = 20,
                    .zone = "load.example",
                    .prefix = arena_printf(mem, "l%04x", (unsigned)random_below(65536))}};

    argp_parse(&argp, argc, argv, 0, NULL, &load.options);
    (void)signal(SIGPIPE, SIG_IGN);
    return run(mem, &load);
}
