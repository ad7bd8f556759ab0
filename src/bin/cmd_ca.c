/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <unistd.h>

#include "base/log.h"
#include "base/slice.h"
#include "bin/ca_words.h"
#include "bin/commands.h"
#include "cli/stop.h"

enum {
    OPT_VERBOSE = 'v',
    OPT_ACCOUNT = 'a',
    OPT_DIR = 256,
    OPT_PORT,
    OPT_DNS_PORT,
    OPT_HTTP_PORT,
    OPT_HTTPS_PORT,
    OPT_RESOLVER,
    OPT_LISTEN,
    OPT_NAME,
    OPT_LIMITS,
    OPT_KIND,
    OPT_AFTER,
    OPT_LIMIT,
    OPT_REASON,
    OPT_COUNT,
    OPT_FOR,
    OPT_SHARE,
    OPT_WAIT,
    OPT_ONCE,
};

/* Groups of the help. */
enum { ALONE = 1, LOG, REVOKE, EAB, FAULT, ANY };

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "Serving:", ALONE},
    {"port", OPT_PORT, "N", 0, "https of the CA; 8445", ALONE},
    {"listen", OPT_LISTEN, "ADDRESS", 0, "serve on this address, too, for clients elsewhere",
     ALONE},
    {"name", OPT_NAME, "NAME", 0,
     "host of its URLs, and in its certificate; the address of --listen, or localhost", ALONE},
    {"resolver", OPT_RESOLVER, "ADDRESS[@PORT]", 0,
     "the DNS server that it asks; else a Knot of its own, to which every name is 127.0.0.1",
     ALONE},
    {"dns-port", OPT_DNS_PORT, "N", 0, "of its own Knot; 8053", ALONE},
    {"http-port", OPT_HTTP_PORT, "N", 0, "where it validates http-01; 5080", ALONE},
    {"https-port", OPT_HTTPS_PORT, "N", 0,
     "where it validates tls-alpn-01 and follows redirects to; 5443", ALONE},
    {"limits", OPT_LIMITS, "WHICH", 0, "none (the default), letsencrypt, or a file of limits",
     ALONE},
    {"verbose", OPT_VERBOSE, NULL, 0, "show every line of every process", ALONE},
    {NULL, 0, NULL, 0, "log:", LOG},
    {"account", OPT_ACCOUNT, "N|URL", 0, "of this account alone; also of \"revoke all\"", LOG},
    {"kind", OPT_KIND, "KIND", 0, "of this kind alone, such as certificate.issued", LOG},
    {"after", OPT_AFTER, "N", 0, "entries behind this number", LOG},
    {"limit", OPT_LIMIT, "N", 0, "the last N of them, at most 10000", LOG},
    {NULL, 0, NULL, 0, "revoke:", REVOKE},
    {"reason", OPT_REASON, "NAME", 0,
     "unspecified (the default), keyCompromise, superseded or cessationOfOperation", REVOKE},
    {NULL, 0, NULL, 0, "eab add:", EAB},
    {"once", OPT_ONCE, NULL, 0, "the key binds a single account", EAB},
    {NULL, 0, NULL, 0, "fault:", FAULT},
    {"count", OPT_COUNT, "N", 0, "ends after as many requests", FAULT},
    {"for", OPT_FOR, "SECONDS", 0, "ends after as many seconds", FAULT},
    {"share", OPT_SHARE, "PERCENT", 0, "hits this share of requests; 100", FAULT},
    {"wait", OPT_WAIT, "SECONDS", 0, "Retry-After, or how late answers come; 2", FAULT},
    {NULL, 0, NULL, 0, "Which CA:", ANY},
    {"dir", OPT_DIR, "DIR", 0, "its folder; ./sandbox-ca", ANY},
    {0},
};

#define PORT_MAX 65535

/* Where the argument of an option goes: a number up to `max`, or a text. */
static const struct target {
    int key;
    const char *name;
    int64_t min, max; /* 0, 0: a text */
    size_t offset;
    bool is_alone_only;
} targets[] = {
    {OPT_PORT, "port", 1, PORT_MAX, offsetof(struct ca_input, alone.port), true},
    {OPT_DNS_PORT, "dns-port", 1, PORT_MAX, offsetof(struct ca_input, alone.dns_port), true},
    {OPT_HTTP_PORT, "http-port", 1, PORT_MAX, offsetof(struct ca_input, alone.http_port), true},
    {OPT_HTTPS_PORT, "https-port", 1, PORT_MAX, offsetof(struct ca_input, alone.https_port), true},
    {OPT_LISTEN, "listen", 0, 0, offsetof(struct ca_input, alone.listen), true},
    {OPT_NAME, "name", 0, 0, offsetof(struct ca_input, alone.name), true},
    {OPT_RESOLVER, "resolver", 0, 0, offsetof(struct ca_input, alone.resolver), true},
    {OPT_LIMITS, "limits", 0, 0, offsetof(struct ca_input, alone.limits), false},
    {OPT_DIR, "dir", 0, 0, offsetof(struct ca_input, alone.dir), false},
    {OPT_ACCOUNT, "account", 0, 0, offsetof(struct ca_input, account), false},
    {OPT_REASON, "reason", 0, 0, offsetof(struct ca_input, reason), false},
    {OPT_KIND, "kind", 0, 0, offsetof(struct ca_input, filter.kind), false},
    {OPT_AFTER, "after", 0, INT64_MAX, offsetof(struct ca_input, filter.after_id), false},
    {OPT_LIMIT, "limit", 1, CA_JOURNAL_LIMIT, offsetof(struct ca_input, filter.limit), false},
    {OPT_COUNT, "count", 0, INT64_MAX, offsetof(struct ca_input, count), false},
    {OPT_FOR, "for", 0, INT64_MAX, offsetof(struct ca_input, for_s), false},
    {OPT_SHARE, "share", 0, INT64_MAX, offsetof(struct ca_input, share), false},
    {OPT_WAIT, "wait", 0, INT64_MAX, offsetof(struct ca_input, wait_s), false},
};

static const struct target *find_target(int key)
{
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        if (targets[i].key == key)
            return &targets[i];
    }
    return NULL;
}

static void refuse_number(const struct argp_state *state, const struct target *target,
                          const char *arg)
{
    if (target->max == INT64_MAX)
        argp_error(state, "--%s %s: not a number", target->name, arg);
    else
        argp_error(state, "--%s %s: not a number from %lld to %lld", target->name, arg,
                   (long long)target->min, (long long)target->max);
}

static error_t take_option(struct argp_state *state, int key, char *arg)
{
    const struct target *target = find_target(key);
    struct ca_input *input = state->input;
    void *place;

    if (!target)
        return ARGP_ERR_UNKNOWN;
    place = (char *)input + target->offset;
    if (!target->max)
        *(const char **)place = arg;
    else if (!slice_i64(slice_str(arg), target->min, target->max, place))
        refuse_number(state, target, arg);
    if (target->is_alone_only && !input->alone_only)
        input->alone_only = target->name;
    return 0;
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
    case OPT_VERBOSE:
        input->alone.is_verbose = true;
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
        "A certificate authority for tests: an ACME server that behaves as Let's Encrypt does.\n\n"
        "Without a word it runs alone: it makes a folder with a root of its own, serves any client "
        "over TLS, prints how certbot, lego and Caddy use it, and ends with Ctrl-C. Started again, "
        "it goes on with what is in the folder. What an option says is written to the "
        "latchkey.yaml of a new folder, and holds for one start in another.\n\n"
        "serve: serves on the socket sandbox_ca.socket, for an nginx of yours. "
        "init: makes its root, intermediate and the certificate for that nginx where they are "
        "missing or due. "
        "log [TEXT]: prints what it has done, oldest first; of entries with this text in them "
        "alone.\n\n"
        "The other words ask the running CA, through the socket manage.sock in its folder. "
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
        "clock [+90d|TIME|real]: shows or moves its clock; into the past by \"clock -- -90d\". "
        "fault KIND: makes it do wrong (bad-nonce, rate-limited, busy, outage, slow, cut, "
        "garbage, retry-date, secondary-validation) until --count, --for, a restart or \"fault "
        "off\" ends it. "
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

static bool serve(struct arena *mem, const struct ca_input *input, const struct ca_options *ca_of,
                  struct err *err)
{
    struct ca_options how = *ca_of;
    struct pollfd stop = {.fd = cli_stop_fd(), .events = POLLIN};
    AUTO(ca_stopp) struct ca *ca = NULL;

    (void)mem;
    if (input->alone.limits)
        how.limits = input->alone.limits;
    if (!ca_start(&how, &ca, err))
        return false;
    LOG(INFO, "ca.ready", KS("socket", how.socket), KS("url", how.public_url));
    while (poll(&stop, 1, -1) < 0)
        continue;
    LOG(INFO, "ca.stopping", KS("socket", how.socket));
    return true;
}

/* What may follow "latchkey ca". */
static const struct ca_word words[] = {
    {.name = "serve", .run = serve},
    {.name = "init", .run = init},
    {.name = "log", .subject = "text", .run = ca_word_log, .may_lack_subject = true},
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
    if (word && input->alone_only)
        argp_error(state, "--%s goes with no word", input->alone_only);
    if (!word && input->common.config)
        argp_error(state, "--config goes with a word (ca serve --config FILE serves on its "
                          "socket); alone it has a folder: --dir");
    if (input->common.config && input->alone.dir)
        argp_error(state, "--config and --dir name two CAs");
    if (input->filter.kind && !ca_journal_kind_parse(input->filter.kind, &kind))
        argp_error(state, "--kind %s: there is no such kind", input->filter.kind);
}

/* The configuration that a word is about. */
static const char *config_path(struct arena *mem, const struct ca_input *input)
{
    static const char own[] = CA_RUN_DIR "/latchkey.yaml";

    if (input->common.config)
        return input->common.config;
    if (input->alone.dir)
        return arena_printf(mem, "%s/latchkey.yaml", input->alone.dir);
    return access(own, F_OK) == 0 ? own : NULL;
}

static bool run_word(struct arena *mem, struct ca_input *input, struct err *err)
{
    const struct config *config;
    struct ca_options ca;

    input->common.config = config_path(mem, input);
    if (!cli_config(mem, &input->common, &config, err))
        return false;
    ca = ca_options_of(mem, config);
    if (input->word->run == serve)
        log_set_up(config->log.level, config->log.format);
    return input->word->run(mem, input, &ca, err);
}

static bool run_alone(struct ca_input *input, struct err *err)
{
    if (!input->alone.dir)
        input->alone.dir = CA_RUN_DIR;
    return ca_run(&input->alone, err);
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct ca_input input = {.word = NULL};
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (input.word ? run_word(mem, &input, &err) : run_alone(&input, &err))
        return CLI_DONE;
    return cli_failed(&input.common, &err);
}

const struct cli_command cmd_ca = {"ca", "serve the sandbox CA", &argp, run};
