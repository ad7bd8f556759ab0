/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"
#include "cli/commands.h"
#include "cli/domain.h"
#include "cli/follow.h"
#include "cli/named.h"
#include "cli/show.h"

struct input {
    struct cli_named named; /* first: see cli_named_parse() */
    bool is_wait;
    int64_t timeout_s; /* 0: none */
};

enum { OPT_TIMEOUT = 256 };

/* clang-format off */
static const struct argp_option options[] = {
    {"wait", 'w', NULL, 0, "Follow it until it is served, has failed, or waits for a person", 0},
    {"timeout", OPT_TIMEOUT, "SECONDS", 0, "With --wait: give up following after so long", 0},
    {0},
};
/* clang-format on */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case 'w':
        input->is_wait = true;
        return 0;
    case OPT_TIMEOUT:
        if (!slice_i64(slice_str(arg), 1, 86400, &input->timeout_s))
            argp_error(state, "--timeout %s: not a number of seconds from 1 to 86400", arg);
        return 0;
    default:
        return cli_named_parse(key, arg, state);
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "NAME",
    .doc =
        "Has the certificate of a domain made anew, with a new key, over the API. The old one is "
        "served until every CDN location shows the new one. Twice a week.\n\n"
        "Exit: 0 begun (with --wait: served), 1 refused, failed, or waits for a person, 2 could "
        "not tell.",
    .children = cli_named_children,
};

static bool reissue(struct arena *mem, const struct input *input, const json_t **status,
                    struct err *err)
{
    struct cli_follow f = {
        .is_json = input->named.common.is_json, .is_from_now = true, .timeout_s = input->timeout_s};
    const json_t *before, *begun;
    const char *subscription;

    if (!cli_api_open(mem, &input->named.target, &f.api, err) ||
        !cli_domain_named(mem, f.api, input->named.name, &before, err))
        return false;
    f.domain_id = json_string_value(json_object_get(json_object_get(before, "domain"), "id"));
    subscription =
        json_string_value(json_object_get(json_object_get(before, "subscription"), "id"));
    if (!subscription)
        return err_set(err, ERR_CONFLICT, "%.253s has no running subscription: order it first",
                       input->named.name);
    if (!cli_api_post(mem, f.api, arena_printf(mem, "/v1/subscriptions/%s/reissue", subscription),
                      json_object(), &begun, err))
        return false;
    return input->is_wait ? cli_follow(mem, &f, status, err)
                          : cli_domain_status(mem, f.api, f.domain_id, status, err);
}

static bool is_state(const json_t *status, const char *state)
{
    const char *now =
        json_string_value(json_object_get(json_object_get(status, "issuance"), "state"));

    return now && strcmp(now, state) == 0;
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {0};
    const json_t *status;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!reissue(mem, &input, &status, &err))
        return cli_refused(&input.named.common, &err);
    if (input.named.common.is_json)
        cli_show_json(stdout, status);
    else
        cli_show_status(stdout, mem, status);
    return !input.is_wait || is_state(status, "live") ? CLI_DONE : CLI_NO;
}

const struct cli_command cmd_reissue = {"reissue", "have the certificate of a domain made anew",
                                        &argp, run};
