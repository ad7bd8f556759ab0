/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <poll.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/slice.h"
#include "bin/commands.h"
#include "ca/ca.h"
#include "ca/fault.h"
#include "ca/manage.h"
#include "ca/manage_client.h"
#include "cli/stop.h"

/* What sandbox_ca.validate_private opens: this machine, private networks, and the ranges that are
 * kept for documentation and for measuring. */
static const char *const private_prefixes[] = {
    "127.0.0.0/8",  "10.0.0.0/8",    "172.16.0.0/12",   "192.168.0.0/16",
    "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "::1/128",      "fc00::/7",      "2001:db8::/32",
};

struct word;

struct input {
    struct cli_common common;
    const struct word *word;             /* NULL: serve */
    const char *subject;                 /* of renew-now, unpause: which one, or "all" */
    const char *limits;                  /* in place of sandbox_ca.limits, or NULL */
    int64_t count, for_s, share, wait_s; /* of a fault; NOT_GIVEN: left to the CA */
    struct ca_journal_filter filter;
};

enum { OPT_KIND = 256, OPT_AFTER, OPT_LIMITS, OPT_COUNT, OPT_FOR, OPT_SHARE, OPT_WAIT };

#define NOT_GIVEN (-1)

static const struct argp_option options[] = {
    {"account", 'a', "N", 0, "log: of this account alone", 0},
    {"kind", OPT_KIND, "KIND", 0, "log: of this kind alone, such as certificate.issued", 0},
    {"limits", OPT_LIMITS, "WHICH", 0, "serving: none, letsencrypt, or a file of limits", 0},
    {"after", OPT_AFTER, "N", 0, "log: entries behind this number", 0},
    {"count", OPT_COUNT, "N", 0, "fault: ends after as many requests", 0},
    {"for", OPT_FOR, "SECONDS", 0, "fault: ends after as many seconds", 0},
    {"share", OPT_SHARE, "PERCENT", 0, "fault: hits this share of requests; 100", 0},
    {"wait", OPT_WAIT, "SECONDS", 0, "fault: Retry-After, or how late answers come; 2", 0},
    {0},
};

static void take_number(struct argp_state *state, const char *name, const char *arg, int64_t *out)
{
    if (!slice_i64(slice_str(arg), 0, INT64_MAX, out))
        argp_error(state, "--%s %s: not a number", name, arg);
}

static void take_kind(struct argp_state *state, struct input *input, const char *arg)
{
    enum ca_journal_kind kind;

    if (!ca_journal_kind_parse(arg, &kind))
        argp_error(state, "--kind %s: there is no such kind", arg);
    input->filter.kind = arg;
}

static void take_word(struct argp_state *state, struct input *input, const char *arg);
static void check_words(struct argp_state *state, const struct input *input);

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        input->count = input->for_s = input->share = input->wait_s = NOT_GIVEN;
        return 0;
    case 'a':
        take_number(state, "account", arg, &input->filter.account_id);
        return 0;
    case OPT_AFTER:
        take_number(state, "after", arg, &input->filter.after_id);
        return 0;
    case OPT_COUNT:
        take_number(state, "count", arg, &input->count);
        return 0;
    case OPT_FOR:
        take_number(state, "for", arg, &input->for_s);
        return 0;
    case OPT_SHARE:
        take_number(state, "share", arg, &input->share);
        return 0;
    case OPT_WAIT:
        take_number(state, "wait", arg, &input->wait_s);
        return 0;
    case OPT_LIMITS:
        input->limits = arg;
        return 0;
    case OPT_KIND:
        take_kind(state, input, arg);
        return 0;
    case ARGP_KEY_ARG:
        take_word(state, input, arg);
        return 0;
    case ARGP_KEY_END:
        check_words(state, input);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc =
        "[init|log|renew-now SERIAL|renew-now all|lose-accounts|unpause ACCOUNT|unpause all|"
        "fault KIND|fault off|faults]",
    .doc =
        "Serves the sandbox CA on the socket sandbox_ca.socket, until SIGTERM or SIGINT.\n\n"
        "init: makes its root, intermediate and the certificate for the nginx in front where "
        "they are missing or due. "
        "log: prints what it has done, oldest first. "
        "renew-now: moves the renewal window of one certificate, or of all, into the past, as "
        "a CA does after an incident. "
        "lose-accounts: forgets every account, as a CA that lost its database. "
        "unpause: lets an account, or all, order the names again that have failed too often. "
        "fault: makes the running CA do wrong (bad-nonce, rate-limited, busy, outage, slow, cut, "
        "garbage, secondary-validation) until --count, --for, a restart or \"off\" ends it. "
        "faults: lists what is on.",
    .children = children,
};

static const char *const *reachable(struct arena *mem, const struct config *config, size_t *count)
{
    const struct config_list *own = &config->net.own_prefixes;
    size_t extra = config->sandbox_ca.validate_private ? ARRAY_LEN(private_prefixes) : 0;
    const char **list = arena_array_of(mem, own->count + extra + 1, const char *);

    for (size_t i = 0; i < own->count; i++)
        list[i] = own->items[i];
    for (size_t i = 0; i < extra; i++)
        list[own->count + i] = private_prefixes[i];
    *count = own->count + extra;
    return list;
}

static const struct ca_own_profile *own_profiles(struct arena *mem, const struct config *config)
{
    size_t count = config->sandbox_ca.profile_count;
    struct ca_own_profile *list = arena_array_of(mem, count + 1, struct ca_own_profile);

    for (size_t i = 0; i < count; i++)
        list[i] = (struct ca_own_profile){config->sandbox_ca.profiles[i].name,
                                          config->sandbox_ca.profiles[i].lifetime_s};
    return list;
}

static const enum ca_binding bindings[] = {
    [CONFIG_EAB_NONE] = CA_BINDING_NONE,
    [CONFIG_EAB_OPTIONAL] = CA_BINDING_OPTIONAL,
    [CONFIG_EAB_REQUIRED] = CA_BINDING_REQUIRED,
};

static struct ca_options ca_options_of(struct arena *mem, const struct config *config)
{
    struct ca_options out = {
        .dir = config->sandbox_ca.dir,
        .socket = config->sandbox_ca.socket,
        .public_url = config->sandbox_ca.public_url,
        .resolver = config->sandbox_ca.resolver,
        .http_port = (uint16_t)config->sandbox_ca.http_port,
        .https_port = (uint16_t)config->sandbox_ca.https_port,
        .permitted = config->sandbox_ca.permitted.items,
        .permitted_count = config->sandbox_ca.permitted.count,
        .profiles = own_profiles(mem, config),
        .profile_count = config->sandbox_ca.profile_count,
        .caa_identity = config->sandbox_ca.caa_identity,
        .limits = config->sandbox_ca.limits,
        .binding = bindings[config->sandbox_ca.eab],
        .reuses_authorizations = config->sandbox_ca.reuse_authorizations,
        .retry_after_s = config->sandbox_ca.retry_after_s,
    };

    out.reachable = reachable(mem, config, &out.reachable_count);
    return out;
}

static bool init(struct arena *mem, const struct input *input, const struct ca_options *ca,
                 struct err *err)
{
    struct ca_authority_report report;

    if (!ca_init(mem, ca, &report, err))
        return false;
    if (input->common.is_json)
        printf("{\"ok\":true,\"root_is_new\":%s,\"service_is_new\":%s}\n",
               report.is_root_new ? "true" : "false", report.is_service_new ? "true" : "false");
    else
        printf("%s: %s\n%s: %s\n", report.root_file, report.is_root_new ? "made" : "is in place",
               report.service_file, report.is_service_new ? "made" : "is in place");
    return true;
}

static void print_entry(const struct ca_journal_entry *entry, bool is_json)
{
    char at[CLOCK_TEXT_SIZE];
    json_t *json;

    if (!is_json) {
        printf("%lld %s account %lld %s %s %s\n", (long long)entry->id, clock_text(entry->at, at),
               (long long)entry->account_id, ca_journal_kind_name(entry->kind), entry->subject,
               entry->detail);
        return;
    }
    json = json_pack("{s:I, s:s, s:I, s:s, s:s, s:s}", "id", (json_int_t)entry->id, "at",
                     clock_text(entry->at, at), "account", (json_int_t)entry->account_id, "kind",
                     ca_journal_kind_name(entry->kind), "subject", entry->subject, "detail",
                     entry->detail);
    json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(json);
}

static bool print_journal(struct arena *unused, const struct input *input,
                          const struct ca_options *ca, struct err *err)
{
    struct ca_journal_filter filter = input->filter;
    struct ca_journal journal;

    (void)unused; /* each page has an arena of its own */
    filter.limit = CA_JOURNAL_LIMIT;
    do {
        AUTO(arena_freep) struct arena *mem = arena_new();

        if (!ca_read_journal(mem, ca->dir, &filter, &journal, err))
            return false;
        for (size_t i = 0; i < journal.count; i++) {
            print_entry(&journal.entries[i], input->common.is_json);
            filter.after_id = journal.entries[i].id;
        }
    } while (journal.count == CA_JOURNAL_LIMIT);
    return true;
}

static void print_count(const struct input *input, const char *what, int64_t count)
{
    printf(input->common.is_json ? "{\"ok\":true,\"%s\":%lld}\n" : "%s: %lld\n", what,
           (long long)count);
}

static bool renew_now(struct arena *mem, const struct input *input, const struct ca_options *ca,
                      struct err *err)
{
    bool is_all = strcmp(input->subject, "all") == 0;
    int64_t count;

    if (!ca_renew_now(mem, ca->dir, is_all ? NULL : input->subject, &count, err))
        return false;
    print_count(input, "certificates", count);
    return true;
}

static bool lose_accounts(struct arena *mem, const struct input *input, const struct ca_options *ca,
                          struct err *err)
{
    int64_t count;

    if (!ca_lose_accounts(mem, ca->dir, &count, err))
        return false;
    print_count(input, "accounts", count);
    return true;
}

static bool unpause(struct arena *mem, const struct input *input, const struct ca_options *ca,
                    struct err *err)
{
    bool is_all = strcmp(input->subject, "all") == 0;
    int64_t account_id = 0, count;

    if (!is_all && !slice_i64(slice_str(input->subject), 1, INT64_MAX, &account_id))
        return err_set(err, ERR_BAD_INPUT, "\"%s\" is not the number of an account",
                       input->subject);
    if (!ca_unpause(mem, ca->dir, account_id, &count, err))
        return false;
    print_count(input, "names", count);
    return true;
}

static void print_faults(const struct input *input, const json_t *answer)
{
    const json_t *list = json_object_get(answer, "faults"), *fault;
    size_t i;

    if (input->common.is_json) {
        json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    if (json_array_size(list) == 0)
        puts("no faults");
    json_array_foreach(list, i, fault)
    {
        long long left = json_integer_value(json_object_get(fault, "left"));
        long long for_s = json_integer_value(json_object_get(fault, "for_s"));

        printf("%s: %lld %% of requests", json_string_value(json_object_get(fault, "kind")),
               json_integer_value(json_object_get(fault, "share")));
        if (left)
            printf(", %lld more", left);
        if (for_s)
            printf(", for %lld s", for_s);
        printf(": %s\n", json_string_value(json_object_get(fault, "text")));
    }
}

static bool list_faults(struct arena *mem, const struct input *input, const struct ca_options *ca,
                        struct err *err)
{
    json_t *answer;

    if (!ca_manage_ask(mem, &(struct ca_manage_request){ca->dir, "GET", "/faults", NULL}, &answer,
                       err))
        return false;
    print_faults(input, answer);
    return true;
}

static json_t *fault_json(const struct input *input)
{
    const struct {
        const char *key;
        int64_t value;
    } members[] = {{"count", input->count},
                   {"for_s", input->for_s},
                   {"share", input->share},
                   {"wait_s", input->wait_s}};
    json_t *body = json_object();

    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (members[i].value != NOT_GIVEN)
            json_object_set_new(body, members[i].key, json_integer(members[i].value));
    }
    return body;
}

static bool begin_fault(struct arena *mem, const struct input *input, const struct ca_options *ca,
                        struct err *err)
{
    bool is_off = strcmp(input->subject, "off") == 0;
    struct ca_manage_request want = {ca->dir, "DELETE", "/faults", NULL};
    enum ca_fault_kind kind;
    json_t *answer;

    if (!is_off && !ca_fault_parse(input->subject, &kind))
        return err_set(err, ERR_NOT_FOUND, "there is no fault \"%s\"", input->subject);
    if (!is_off)
        want = (struct ca_manage_request){
            ca->dir, "POST", arena_printf(mem, "/faults/%s", input->subject), fault_json(input)};
    return ca_manage_ask(mem, &want, &answer, err);
}

/* What may follow "latchkey ca". */
static const struct word {
    const char *name;
    const char *subject; /* what is asked for when it is missing; NULL: there is none */
    bool (*run)(struct arena *mem, const struct input *input, const struct ca_options *ca,
                struct err *err);
} words[] = {
    {"init", NULL, init},
    {"log", NULL, print_journal},
    {"renew-now", "serial number, or \"all\"", renew_now},
    {"lose-accounts", NULL, lose_accounts},
    {"unpause", "account, or \"all\"", unpause},
    {"fault", "kind, or \"off\"", begin_fault},
    {"faults", NULL, list_faults},
};

static void take_word(struct argp_state *state, struct input *input, const char *arg)
{
    for (size_t i = 0; !input->word && i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i].name, arg) == 0) {
            input->word = &words[i];
            return;
        }
    }
    if (!input->word || !input->word->subject || input->subject)
        argp_error(state, "unexpected argument \"%s\"", arg);
    input->subject = arg;
}

static void check_words(struct argp_state *state, const struct input *input)
{
    if (input->word && input->word->subject && !input->subject)
        argp_error(state, "%s: of which %s?", input->word->name, input->word->subject);
}

/* A validation's resolver leaves holes where it was; in an arena of malloc for each thread they add
 * up to some 30 MiB more over ten thousand orders, and do not end growing. */
#define MALLOC_ARENAS 2

static bool serve(const struct ca_options *how, struct err *err)
{
    struct pollfd stop = {.fd = cli_stop_fd(), .events = POLLIN};
    AUTO(ca_stopp) struct ca *ca = NULL;

    (void)mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    if (!ca_start(how, &ca, err))
        return false;
    LOG(INFO, "ca.ready", KS("socket", how->socket), KS("url", how->public_url));
    while (poll(&stop, 1, -1) < 0)
        continue;
    LOG(INFO, "ca.stopping", KS("socket", how->socket));
    return true;
}

static bool act(struct arena *mem, const struct input *input, const struct config *config,
                struct err *err)
{
    struct ca_options ca = ca_options_of(mem, config);

    if (input->word)
        return input->word->run(mem, input, &ca, err);
    if (input->limits)
        ca.limits = input->limits;
    log_set_up(config->log.level, config->log.format);
    return serve(&ca, err);
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {.word = NULL};
    const struct config *config;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!cli_config(mem, &input.common, &config, &err))
        return cli_failed(&input.common, &err);
    return act(mem, &input, config, &err) ? CLI_DONE : cli_failed(&input.common, &err);
}

const struct cli_command cmd_ca = {"ca", "serve the sandbox CA", &argp, run};
