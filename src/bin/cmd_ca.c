/* SPDX-License-Identifier: Apache-2.0 */
#include <malloc.h>
#include <poll.h>

#include "base/log.h"
#include "base/slice.h"
#include "bin/ca_words.h"
#include "bin/commands.h"
#include "cli/stop.h"

enum {
    OPT_KIND = 256,
    OPT_AFTER,
    OPT_LIMITS,
    OPT_COUNT,
    OPT_FOR,
    OPT_SHARE,
    OPT_WAIT,
    OPT_REASON,
    OPT_ONCE
};

static const struct argp_option options[] = {
    {"limits", OPT_LIMITS, "WHICH", 0, "serving: none, letsencrypt, or a file of limits", 0},
    {"account", 'a', "N", 0, "log, revoke all: of this account alone", 0},
    {"kind", OPT_KIND, "KIND", 0, "log: of this kind alone, such as certificate.issued", 0},
    {"after", OPT_AFTER, "N", 0, "log: entries behind this number", 0},
    {"reason", OPT_REASON, "NAME", 0,
     "revoke: unspecified (the default), keyCompromise, superseded or cessationOfOperation", 0},
    {"once", OPT_ONCE, NULL, 0, "eab add: the key binds a single account", 0},
    {"count", OPT_COUNT, "N", 0, "fault: ends after as many requests", 0},
    {"for", OPT_FOR, "SECONDS", 0, "fault: ends after as many seconds", 0},
    {"share", OPT_SHARE, "PERCENT", 0, "fault: hits this share of requests; 100", 0},
    {"wait", OPT_WAIT, "SECONDS", 0, "fault: Retry-After, or how late answers come; 2", 0},
    {0},
};

/* Where the argument of an option goes: a text or a number. */
static const struct target {
    int key;
    const char *name;
    bool is_number;
    size_t offset;
} targets[] = {
    {OPT_LIMITS, "limits", false, offsetof(struct ca_input, limits)},
    {'a', "account", false, offsetof(struct ca_input, account)},
    {OPT_REASON, "reason", false, offsetof(struct ca_input, reason)},
    {OPT_KIND, "kind", false, offsetof(struct ca_input, filter.kind)},
    {OPT_AFTER, "after", true, offsetof(struct ca_input, filter.after_id)},
    {OPT_COUNT, "count", true, offsetof(struct ca_input, count)},
    {OPT_FOR, "for", true, offsetof(struct ca_input, for_s)},
    {OPT_SHARE, "share", true, offsetof(struct ca_input, share)},
    {OPT_WAIT, "wait", true, offsetof(struct ca_input, wait_s)},
};

static error_t take_option(struct argp_state *state, int key, char *arg)
{
    char *input = state->input;

    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        const struct target *target = &targets[i];

        if (target->key != key)
            continue;
        if (!target->is_number)
            *(const char **)(void *)(input + target->offset) = arg;
        else if (!slice_i64(slice_str(arg), 0, INT64_MAX,
                            (int64_t *)(void *)(input + target->offset)))
            argp_error(state, "--%s %s: not a number", target->name, arg);
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static void take_word(struct argp_state *state, struct ca_input *input, const char *arg);
static void check_words(struct argp_state *state, const struct ca_input *input);

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct ca_input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        input->count = input->for_s = input->share = input->wait_s = CA_NOT_GIVEN;
        return 0;
    case OPT_ONCE:
        input->is_once = true;
        return 0;
    case ARGP_KEY_ARG:
        take_word(state, input, arg);
        return 0;
    case ARGP_KEY_END:
        check_words(state, input);
        return 0;
    default:
        return take_option(state, key, arg);
    }
}

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[WORD [SUBJECT [MORE]]]",
    .doc =
        "Serves the sandbox CA on the socket sandbox_ca.socket, until SIGTERM or SIGINT. With a "
        "word:\n\n"
        "init: makes its root, intermediate and the certificate for the nginx in front where "
        "they are missing or due. "
        "log: prints what it has done, oldest first.\n\n"
        "The others ask the running CA, through the socket manage.sock in its folder. "
        "renew-now SERIAL|all: moves the renewal window of one certificate, or of all, into the "
        "past, as a CA does after an incident. "
        "revoke SERIAL|all: revokes one, or all that have not expired. "
        "lose-accounts: forgets every account, as a CA that lost its database. "
        "unpause ACCOUNT|all: lets an account, or all, order the names again that have failed too "
        "often. "
        "terms [change]: shows the version of its terms of service that is in force, or makes "
        "another one. "
        "terms agree ACCOUNT|all: agrees to it for an account, or all; until then they cannot "
        "order. "
        "eab add [NAME]: makes a key for external account binding, and prints it; "
        "eab list; eab revoke KID. "
        "clock [+90d|TIME|real]: shows or moves its clock, where it runs with "
        "LATCHKEY_CLOCK_FILE. "
        "fault KIND: makes it do wrong (bad-nonce, rate-limited, busy, outage, slow, cut, "
        "garbage, secondary-validation) until --count, --for, a restart or \"fault off\" ends it. "
        "faults: lists what is on.",
    .children = children,
};

static bool init(struct arena *mem, const struct ca_input *input, const struct ca_options *ca,
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

/* What may follow "latchkey ca". */
static const struct ca_word words[] = {
    {.name = "init", .run = init},
    {.name = "log", .run = ca_word_log},
    {.name = "renew-now",
     .subject = "serial number, or \"all\"",
     .run = ca_word_act,
     .path = "/certificates/",
     .path_end = "/renew-now",
     .counted = "certificates"},
    {.name = "revoke",
     .subject = "serial number, or \"all\"",
     .run = ca_word_act,
     .path = "/certificates/",
     .path_end = "/revoke",
     .counted = "certificates",
     .has_body = true},
    {.name = "lose-accounts",
     .run = ca_word_act,
     .path = "/accounts/lose",
     .path_end = "",
     .counted = "accounts"},
    {.name = "unpause",
     .subject = "account, or \"all\"",
     .run = ca_word_act,
     .path = "/accounts/",
     .path_end = "/unpause",
     .counted = "names"},
    {.name = "terms",
     .subject = "change or agree",
     .run = ca_word_terms,
     .may_lack_subject = true,
     .may_have_more = true},
    {.name = "eab", .subject = "add, list or revoke", .run = ca_word_eab, .may_have_more = true},
    {.name = "clock",
     .subject = "step such as +90d, or time, or \"real\"",
     .run = ca_word_clock,
     .may_lack_subject = true},
    {.name = "fault", .subject = "kind, or \"off\"", .run = ca_word_fault},
    {.name = "faults", .run = ca_word_faults},
};

static void take_word(struct argp_state *state, struct ca_input *input, const char *arg)
{
    for (size_t i = 0; !input->word && i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i].name, arg) == 0) {
            input->word = &words[i];
            return;
        }
    }
    if (input->word && input->word->subject && !input->subject)
        input->subject = arg;
    else if (input->word && input->word->may_have_more && !input->more)
        input->more = arg;
    else
        argp_error(state, "unexpected argument \"%s\"", arg);
}

static void check_words(struct argp_state *state, const struct ca_input *input)
{
    const struct ca_word *word = input->word;
    enum ca_journal_kind kind;

    if (word && word->subject && !word->may_lack_subject && !input->subject)
        argp_error(state, "%s: of which %s?", word->name, word->subject);
    if (input->filter.kind && !ca_journal_kind_parse(input->filter.kind, &kind))
        argp_error(state, "--kind %s: there is no such kind", input->filter.kind);
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

static bool act(struct arena *mem, const struct ca_input *input, const struct config *config,
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
    struct ca_input input = {.word = NULL};
    const struct config *config;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!cli_config(mem, &input.common, &config, &err))
        return cli_failed(&input.common, &err);
    return act(mem, &input, config, &err) ? CLI_DONE : cli_failed(&input.common, &err);
}

const struct cli_command cmd_ca = {"ca", "serve the sandbox CA", &argp, run};
