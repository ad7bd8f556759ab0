/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "app/expected.h"
#include "cli/api_client.h"
#include "cli/check_alone.h"
#include "cli/commands.h"
#include "cli/show.h"

#define NAMES_MAX 1000 /* of one call */
#define OWN_MAX   16   /* --own, likewise */

struct input {
    struct cli_common common;
    struct cli_target target;
    const char *names[NAMES_MAX], *expect[2 * CHECK_ADDRESSES_MAX];
    size_t name_count, expect_count;
    const char *cname, *resolver, *issuer, *account, *delegation, *own[OWN_MAX];
    size_t own_count;
};

enum {
    OPT_EXPECT = 256,
    OPT_CNAME,
    OPT_RESOLVER,
    OPT_OWN,
    OPT_ISSUER,
    OPT_ACCOUNT,
    OPT_DELEGATION
};

/* clang-format off */
static const struct argp_option options[] = {
    {"expect", OPT_EXPECT, "ADDRESS", 0,
     "An IPv4 or IPv6 address that names must lead to; may be given often. Else edge.ipv4 and edge.ipv6", 0},
    {"cname", OPT_CNAME, "NAME", 0, "A name that names may be a CNAME of; else edge.cname", 0},
    {"own", OPT_OWN, "PREFIX", 0,
     "Reserved addresses that may be asked all the same, as 10.1.0.0/16; may be given often. Else net.own_prefixes", 0},
    {"issuer", OPT_ISSUER, "NAME", 0,
     "What CAA records call the certificate authority; else by the default one of the configuration, else letsencrypt.org", 0},
    {"account", OPT_ACCOUNT, "URL", 0, "The ACME account, for CAA records that name one", 0},
    {"delegation", OPT_DELEGATION, "NAME", 0, "What _acme-challenge of a wildcard must be a CNAME of", 0},
    {"resolver", OPT_RESOLVER, "ADDRESS@PORT", 0, "Whom to ask; else dns.forwarder", 0},
    {0},
};
/* clang-format on */

/* Adds to a list of at most `max`. */
static void add(const char **list, size_t *count, size_t max, const char *text,
                struct argp_state *state)
{
    if (*count == max)
        argp_error(state, "more than %zu of \"%s\"", max, text);
    else
        list[(*count)++] = text;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        state->child_inputs[1] = &input->target;
        return 0;
    case OPT_EXPECT:
        add(input->expect, &input->expect_count, ARRAY_LEN(input->expect), arg, state);
        return 0;
    case OPT_OWN:
        add(input->own, &input->own_count, OWN_MAX, arg, state);
        return 0;
    case OPT_ISSUER:
        input->issuer = arg;
        return 0;
    case OPT_DELEGATION:
        input->delegation = arg;
        return 0;
    case OPT_ACCOUNT:
        input->account = arg;
        return 0;
    case OPT_CNAME:
        input->cname = arg;
        return 0;
    case OPT_RESOLVER:
        input->resolver = arg;
        return 0;
    case ARGP_KEY_ARG:
        add(input->names, &input->name_count, NAMES_MAX, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (input->name_count == 0)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {
    {&cli_common_argp, 0, NULL, 0}, {&cli_target_argp, 0, NULL, 0}, {0}};

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "NAME...",
    .doc =
        "Says whether names are ready for a certificate; if not, what is wrong, who must act, "
        "and which records to set.\n\n"
        "It looks by itself, without server or account. Only where LATCHKEY_TOKEN is set, and "
        "none of --expect, --cname, --own and --resolver is given, the API is asked instead, which "
        "knows the addresses and the check key of the platform.\n\n"
        "With --json it prints one object a line, in the order of the names.\n\n"
        "Exit: 0 all are ready, 1 one is not, 2 when it could not be told.",
    .children = children,
};

static const struct verdict {
    const char *verdict, *text, *colour;
    enum cli_exit exit;
} verdicts[] = {
    {"ready", "ready", "\033[32m", CLI_DONE},
    {"not_ready", "not ready", "\033[31m", CLI_NO},
    {"unknown", "could not tell", "\033[33m", CLI_FAILED},
};
static const struct verdict failed = {"", "could not tell", "\033[33m", CLI_FAILED};

static const char *text(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    return value ? value : "";
}

static const struct verdict *verdict_of(const struct cli_checked *checked)
{
    for (size_t i = 0; checked->json && i < ARRAY_LEN(verdicts); i++)
        if (strcmp(verdicts[i].verdict, text(checked->json, "verdict")) == 0)
            return &verdicts[i];
    return &failed;
}

/* ---- for people ---- */

static bool has_colours(int fd)
{
    const char *no = getenv("NO_COLOR"); /* no-color.org */

    return isatty(fd) && !(no && *no);
}

static void show_verdict(FILE *out, const struct cli_checked *checked)
{
    const struct verdict *verdict = verdict_of(checked);
    bool is_coloured = has_colours(fileno(out));

    fprintf(out, "%s: %s%s%s", checked->name, is_coloured ? verdict->colour : "", verdict->text,
            is_coloured ? "\033[0m" : "");
}

/* One line for each as it is done. */
static void show_progress(const struct cli_checked *checked)
{
    show_verdict(stderr, checked);
    fprintf(stderr, " (%lld ms)\n", (long long)checked->took_ms);
}

static void show_finding(const json_t *finding, const char *indent)
{
    const json_t *follows;
    const char *who = text(finding, "who_acts");
    size_t i;

    printf("%s%s\n%s  %s\n", indent, text(finding, "title"), indent, text(finding, "detail"));
    if (strcmp(who, "nobody") == 0)
        printf("%s  Nobody has to do anything.\n", indent);
    else
        printf("%s  Who acts: the %s.\n", indent, who);
    json_array_foreach(json_object_get(finding, "consequences"), i, follows)
        show_finding(follows, "    ");
}

/* How the form of the provider wants what is to be set. */
static void show_instructions(const json_t *report)
{
    const char *instructions = text(report, "instructions");

    if (*instructions)
        printf("\n%s\n", instructions);
}

static void show_remembered(const json_t *report)
{
    long long seconds = json_integer_value(json_object_get(report, "remembered_s"));

    if (seconds > 0 && seconds < 120)
        printf("\nOnce changed, the old answer may be seen for up to %lld seconds more.\n",
               seconds);
    else if (seconds > 0)
        printf("\nOnce changed, the old answer may be seen for up to %lld minutes more.\n",
               (seconds + 59) / 60);
}

/* "Registered until 2027-03-04." */
static void show_registration(const json_t *report)
{
    const json_t *said = json_object_get(report, "registration"), *state;
    const char *until = text(said, "expires_at");
    size_t i;

    if (!json_is_true(json_object_get(said, "is_registered")))
        return;
    printf("\nRegistered%s%.10s", *until ? " until " : "", until);
    json_array_foreach(json_object_get(said, "states"), i, state)
    {
        printf(", %s", json_string_value(state));
    }
    printf(".\n");
}

static void show(struct arena *mem, const struct cli_checked *checked)
{
    const json_t *report = json_object_get(checked->json, "report"), *finding;
    size_t i;

    show_verdict(stdout, checked);
    putchar('\n');
    if (!checked->json)
        printf("\n%s\n", checked->err.text);
    json_array_foreach(json_object_get(checked->json, "findings"), i, finding)
    {
        putchar('\n');
        show_finding(finding, "");
    }
    cli_show_records(stdout, mem, json_object_get(report, "records"));
    show_remembered(report);
    show_instructions(report);
    show_registration(report);
}

/* ---- looking ---- */

static bool ask_api(struct arena *mem, const struct input *input, struct cli_checked *list,
                    struct err *err)
{
    struct cli_api *api;
    const json_t *answer;

    if (!cli_api_open(mem, &input->target, &api, err))
        return false;
    for (size_t i = 0; i < input->name_count; i++) {
        if (!cli_api_post(mem, api, "/v1/checks", json_pack("{s:s}", "name", list[i].name), &answer,
                          &list[i].err))
            continue;
        list[i].json = json_copy((json_t *)(uintptr_t)answer);
    }
    return true;
}

static bool sort_expected(struct arena *mem, const char *const *texts, size_t count,
                          struct check_expected *out, struct err *err)
{
    struct address *v4 = arena_array_of(mem, count + 1, struct address);
    struct address *v6 = arena_array_of(mem, count + 1, struct address), address;

    for (size_t i = 0; i < count; i++) {
        if (!address_parse(texts[i], &address, err))
            return err_wrap(err, "--expect");
        if (address.is_v6)
            v6[out->ipv6_count++] = address;
        else
            v4[out->ipv4_count++] = address;
    }
    out->ipv4 = v4;
    out->ipv6 = v6;
    return true;
}

static bool find_expected(struct arena *mem, const struct input *input, const struct config *config,
                          struct check_expected *out, struct err *err)
{
    size_t count = config->edge.ipv4.count + config->edge.ipv6.count;
    const char **texts = arena_array_of(mem, count + 1, const char *);

    *out = (struct check_expected){.cname = input->cname ? input->cname : config->edge.cname};
    if (input->expect_count > 0)
        return sort_expected(mem, input->expect, input->expect_count, out, err);
    for (size_t i = 0; i < count; i++)
        texts[i] = i < config->edge.ipv4.count
                       ? config->edge.ipv4.items[i]
                       : config->edge.ipv6.items[i - config->edge.ipv4.count];
    if (count == 0)
        return err_set(err, ERR_CONFIG,
                       "where must the names lead? --expect ADDRESS says it, or edge.ipv4 of the "
                       "configuration");
    return sort_expected(mem, texts, count, out, err);
}

static bool find_own(struct arena *mem, const struct input *input, struct cli_check_alone *how,
                     struct err *err)
{
    struct prefix *own = arena_array_of(mem, input->own_count, struct prefix);

    if (input->own_count == 0)
        return app_own_prefixes(mem, how->config, &how->own, &how->own_count, err);
    for (size_t i = 0; i < input->own_count; i++)
        if (!prefix_parse(input->own[i], &own[i], err))
            return err_wrap(err, "--own");
    how->own = own;
    how->own_count = input->own_count;
    return true;
}

static bool look(struct arena *mem, const struct input *input, struct cli_checked *list,
                 struct err *err)
{
    struct cli_check_alone how = {
        .on_done = !input->common.is_json && isatty(STDERR_FILENO) ? show_progress : NULL};

    how.delegation = input->delegation;
    how.caa = (struct caa_wanted){.issuer = input->issuer, .account = input->account};
    if (input->resolver)
        setenv("LATCHKEY_DNS_FORWARDER", input->resolver, 1);
    return cli_config(mem, &input->common, &how.config, err) &&
           find_expected(mem, input, how.config, &how.expected, err) &&
           find_own(mem, input, &how, err) &&
           cli_check_alone(mem, &how, list, input->name_count, err);
}

static void show_failed_json(const struct cli_checked *checked)
{
    json_t *json =
        json_pack("{s:s, s:s, s:{s:s, s:s}}", "name", checked->name, "verdict", "unknown", "error",
                  "code", err_name(checked->err.code), "text", checked->err.text);

    cli_show_json(stdout, json);
    json_decref(json);
}

/* The worst of all: that one is not ready is known, whatever could not be told of the others. */
static enum cli_exit show_all(struct arena *mem, const struct input *input,
                              struct cli_checked *list)
{
    enum cli_exit worst = CLI_DONE, one;

    for (size_t i = 0; i < input->name_count; i++) {
        one = verdict_of(&list[i])->exit;
        worst = worst == CLI_NO || one == CLI_DONE ? worst : one;
        if (!input->common.is_json) {
            if (i > 0)
                putchar('\n');
            show(mem, &list[i]);
        } else if (list[i].json) {
            cli_show_json(stdout, list[i].json);
        } else {
            show_failed_json(&list[i]);
        }
        json_decref(list[i].json);
    }
    return worst;
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input *input = arena_new_of(mem, struct input);
    const char *token = getenv("LATCHKEY_TOKEN");
    struct cli_checked *list;
    struct err err = {0};
    bool is_alone;

    argp_parse(&argp, argc, argv, 0, NULL, input);
    list = arena_array_of(mem, input->name_count, struct cli_checked);
    for (size_t i = 0; i < input->name_count; i++)
        list[i].name = input->names[i];
    is_alone = !(token && *token) || input->expect_count > 0 || input->own_count > 0 ||
               input->cname || input->resolver;
    if (is_alone ? !look(mem, input, list, &err) : !ask_api(mem, input, list, &err))
        return cli_failed(&input->common, &err);
    return show_all(mem, input, list);
}

const struct cli_command cmd_check = {"check", "say what is wrong with names", &argp, run};
