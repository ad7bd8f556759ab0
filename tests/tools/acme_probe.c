/* SPDX-License-Identifier: Apache-2.0 */
/*
 * acme_probe: uses src/acme against a real CA, with keys of its own and an http-01 responder on
 * loopback.
 *
 *     acme_probe COMMAND directory=URL ca_file=FILE port=N prefix=TEXT [OPTION=VALUE...]
 *
 *     issue   `count` certificates for `names` names each, `threads` at a time
 *     revoke  a certificate by the account; and by its own key, and the account's key changed,
 * where the CA has that tour    every other call once, each with what it must answer renew   at a
 * CA that has ARI and the profile "minutes": a certificate, its window, an order that replaces it,
 * and all that cannot be replaced lost    a certificate, a line of input (by when the CA has lost
 * the account), and another one, after registering again
 *
 * timeout_ms=N bounds each request. eab=KID:KEY binds the account, dns=URL proves names by dns-01
 * through a pebble-challtestsrv. Prints one JSON object; exits 0 when all went as it must.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>

#include "acme/ari.h"
#include "acme_kit.h"

#define THREADS_MAX 8 /* more make Pebble 2.4.0 stop for ever */
#define NAMES_MAX   10

/* issue -----------------------------------------------------------------------------------------
 */

struct issuing {
    struct probe *probe;
    _Atomic int next, issued;
    pthread_mutex_t lock; /* of failures, which the threads add to */
    json_t *failures;
};

static bool issue_one(struct arena *mem, struct issuing *issuing, int number, struct err *err)
{
    struct probe *probe = issuing->probe;
    const struct acme_call call = {probe->client, &probe->account, NULL};
    const char *names[NAMES_MAX];
    const struct acme_order_request want = {.names = names,
                                            .name_count = (size_t)probe->options.names};
    struct probe_issued issued;

    for (int i = 0; i < probe->options.names; i++)
        names[i] = arena_printf(mem, "n%d.%s%d.example", i, probe->options.prefix, number);
    return probe_issue(mem, probe, &call, &want, &issued, err);
}

static void *issue_some(void *arg)
{
    struct issuing *issuing = arg;
    int i;

    while ((i = atomic_fetch_add(&issuing->next, 1)) < issuing->probe->options.count) {
        AUTO(arena_freep) struct arena *mem = arena_new();
        struct err err;

        if (issue_one(mem, issuing, i, &err)) {
            atomic_fetch_add(&issuing->issued, 1);
            continue;
        }
        pthread_mutex_lock(&issuing->lock);
        json_array_append_new(issuing->failures, json_sprintf("%d: %s", i, err.text));
        pthread_mutex_unlock(&issuing->lock);
    }
    return NULL;
}

static bool run_issue(struct probe *probe, json_t *report, struct err *err)
{
    struct issuing issuing = {
        .probe = probe, .lock = PTHREAD_MUTEX_INITIALIZER, .failures = json_array()};
    pthread_t ids[THREADS_MAX];
    int64_t begun_at = clock_boot_ms();
    struct rusage usage;

    for (int i = 0; i < probe->options.threads; i++)
        pthread_create(&ids[i], NULL, issue_some, &issuing);
    for (int i = 0; i < probe->options.threads; i++)
        pthread_join(ids[i], NULL);
    getrusage(RUSAGE_SELF, &usage);
    json_object_set_new(report, "failures", issuing.failures);
    json_object_set_new(report, "issued", json_integer(issuing.issued));
    json_object_set_new(report, "ms", json_integer(clock_boot_ms() - begun_at));
    json_object_set_new(report, "max_rss_kib", json_integer(usage.ru_maxrss));
    return probe_expect(issuing.issued == probe->options.count, err, "not all were issued");
}

/* renew (RFC 9773) ------------------------------------------------------------------------------
 */

/* newOrder with the whole fallback; *refused is the problem that was met on the way, if any. */
static bool order_anyhow(struct arena *mem, const struct acme_call *call,
                         struct acme_order_request want, struct acme_order **out,
                         enum acme_problem_type *refused, struct err *err)
{
    *refused = ACME_PROBLEM_NONE;
    while (!acme_order_new(mem, call, &want, out, err)) {
        if (acme_order_leave_out(call->problem, &want) == ACME_LEFT_NOTHING)
            return false;
        *refused = call->problem->type;
    }
    return true;
}

/* What cannot be replaced, and whether the CA minds: the order is had all the same. */
static bool replace_others(struct arena *mem, const struct probe *probe,
                           const struct acme_call *call, const char *id, json_t *report,
                           struct err *err)
{
    const char *dot = strchr(id, '.');
    const struct {
        const char *what, *id;
    } rows[] = {
        {"unreadable", "x"},
        {"serial", arena_printf(mem, "%.*s.AQIDBAUGBwg", (int)(dot - id), id)},
        {"issuer", arena_printf(mem, "AQIDBAUGBwgJCgsMDQ4PEBESExQ%s", dot)},
        {"names", id},
    };
    json_t *refusals = json_object();

    json_object_set_new(report, "refusals", refusals);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *name = arena_printf(mem, "r%zu.%s.example", i, probe->options.prefix);
        const struct acme_order_request want = {
            .names = &name, .name_count = 1, .replaces = rows[i].id};
        enum acme_problem_type refused;
        struct acme_order *order;

        if (!order_anyhow(mem, call, want, &order, &refused, err))
            return err_wrap(err, "%s", rows[i].what);
        json_object_set_new(refusals, rows[i].what, json_string(acme_problem_name(refused)));
    }
    return true;
}

/* Somebody else's, for the same name. */
static bool replace_strangers(struct arena *mem, const struct acme_call *call,
                              const struct acme_order_request *want, json_t *report,
                              struct err *err)
{
    const struct acme_account_request terms = {.is_terms_agreed = true};
    struct acme_account stranger = probe_key(mem);
    const struct acme_call other = {call->client, &stranger, call->problem};
    enum acme_problem_type refused;
    struct acme_account_info *info;
    struct acme_order *order;

    if (!acme_account_new(mem, &other, &terms, &info, err))
        return false;
    stranger.url = info->url;
    if (!order_anyhow(mem, &other, *want, &order, &refused, err))
        return false;
    json_object_set_new(report, "stranger", json_string(acme_problem_name(refused)));
    return true;
}

/* A certificate is replaced once. */
static bool replace_twice(struct arena *mem, struct probe *probe, const struct acme_call *call,
                          const struct acme_order_request *want, json_t *report, struct err *err)
{
    struct acme_order *pending, *again;
    enum acme_problem_type refused;
    struct probe_issued issued;

    if (!acme_order_new(mem, call, want, &pending, err) ||
        !order_anyhow(mem, call, *want, &again, &refused, err))
        return false;
    json_object_set_new(report, "found_again", json_boolean(!strcmp(again->url, pending->url)));
    issued.order = pending;
    if (!probe_complete(mem, probe, call, want, &issued, err) ||
        !order_anyhow(mem, call, *want, &again, &refused, err))
        return false;
    return probe_expect(refused == ACME_PROBLEM_ALREADY_REPLACED, err, "replaced twice: %s",
                        acme_problem_name(refused));
}

static bool run_renew(struct probe *probe, json_t *report, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct acme_problem problem = {0};
    const struct acme_call call = {probe->client, &probe->account, &problem};
    const char *name = arena_printf(mem, "%s.example", probe->options.prefix);
    struct acme_order_request want = {.names = &name, .name_count = 1, .profile = "minutes"};
    struct acme_renewal_info *info;
    struct probe_issued issued;

    if (!probe_issue(mem, probe, &call, &want, &issued, err) ||
        !acme_certificate_id(mem, issued.certificate->chain.certs[0], &want.replaces, err) ||
        !acme_renewal_info_get(mem, &call, want.replaces, &info, err))
        return false;
    if (!info)
        return err_set(err, ERR_INTERNAL, "the CA has no renewalInfo");
    json_object_set_new(report, "window_ms", json_integer(info->end_at - info->start_at));
    json_object_set_new(report, "profile", json_string(issued.order->profile));
    return replace_others(mem, probe, &call, want.replaces, report, err) &&
           replace_strangers(mem, &call, &want, report, err) &&
           replace_twice(mem, probe, &call, &want, report, err);
}

/* lost ------------------------------------------------------------------------------------------
 */

static bool run_lost(struct probe *probe, json_t *report, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct acme_problem problem = {0};
    const struct acme_call call = {probe->client, &probe->account, &problem};
    const char *name = arena_printf(mem, "%s.example", probe->options.prefix);
    const struct acme_order_request want = {.names = &name, .name_count = 1};
    struct probe_issued issued;
    struct err refused;
    char line[8];

    if (!probe_issue(mem, probe, &call, &want, &issued, err))
        return false;
    puts("{}");
    fflush(stdout);
    if (!fgets(line, sizeof(line), stdin))
        return err_set(err, ERR_INTERNAL, "no line of input");
    if (!probe_expect(!probe_issue(mem, probe, &call, &want, &issued, &refused), err,
                      "the account is still there") ||
        !probe_expect(problem.reaction == ACME_REGISTER, err, "account lost: %s", refused.text))
        return false;
    json_object_set_new(report, "refused", json_string(refused.text));
    return probe_register(mem, probe, &problem, err) &&
           probe_issue(mem, probe, &call, &want, &issued, err);
}

/* -----------------------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    bool (*run)(struct probe *probe, json_t *report, struct err *err);
} commands[] = {{"issue", run_issue},
                {"revoke", probe_revoke},
                {"tour", probe_tour},
                {"renew", run_renew},
                {"lost", run_lost}};

static bool take_number(const char *value, int64_t max, int *out)
{
    int64_t number;

    if (!slice_i64(slice_str(value), 1, max, &number))
        return false;
    *out = (int)number;
    return true;
}

static bool take_option(struct probe_options *o, const char *name, const char *value)
{
    const struct {
        const char *name, **text;
        int *number;
        int64_t max;
    } rows[] = {
        {"directory", &o->directory, NULL, 0},
        {"ca_file", &o->ca_file, NULL, 0},
        {"prefix", &o->prefix, NULL, 0},
        {"eab", &o->eab, NULL, 0},
        {"dns", &o->dns, NULL, 0},
        {"port", NULL, &o->port, 65535},
        {"count", NULL, &o->count, 100000},
        {"threads", NULL, &o->threads, THREADS_MAX},
        {"names", NULL, &o->names, NAMES_MAX},
        {"timeout_ms", NULL, &o->timeout_ms, 60000},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        if (rows[i].number)
            return take_number(value, rows[i].max, rows[i].number);
        *rows[i].text = value;
        return true;
    }
    return false;
}

static bool take_options(int argc, char **argv, struct probe_options *out)
{
    for (int i = 2; i < argc; i++) {
        char *equals = strchr(argv[i], '=');

        if (!equals)
            return false;
        *equals = '\0';
        if (!take_option(out, argv[i], equals + 1))
            return false;
    }
    return argc > 2 && out->directory && out->ca_file && out->prefix && out->port;
}

/* Of this program alone: getrusage() has what was in memory before exec too. */
static int64_t peak_kib(void)
{
    FILE *status = fopen("/proc/self/status", "r");
    char line[128];
    long long kib = -1;

    while (status && kib < 0 && fgets(line, sizeof(line), status))
        (void)sscanf(line, "VmHWM: %lld", &kib);
    if (status)
        fclose(status);
    return kib;
}

int main(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *report = json_object();
    struct probe probe = {.options = {.count = 1, .threads = 1, .names = 1}};
    struct acme_problem problem = {0};
    struct err err = {.text = ""};
    size_t at = 0;
    bool is_done;

    while (argc > 1 && at < ARRAY_LEN(commands) && strcmp(commands[at].name, argv[1]) != 0)
        at++;
    if (!take_options(argc, argv, &probe.options) || at == ARRAY_LEN(commands)) {
        fputs("usage: acme_probe issue|revoke|tour|renew|lost OPTION=VALUE...\n", stderr);
        return 64;
    }
    is_done = probe_open(mem, &probe, &err) && probe_register(mem, &probe, &problem, &err) &&
              commands[at].run(&probe, report, &err);
    json_object_set_new(report, "error", json_string(is_done ? "" : err.text));
    json_object_set_new(report, "peak_kib", json_integer(peak_kib()));
    json_dumpf(report, stdout, JSON_COMPACT);
    putchar('\n');
    probe_close(&probe);
    return is_done ? 0 : 1;
}
