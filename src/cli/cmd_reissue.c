/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/domain.h"
#include "cli/follow.h"
#include "cli/named.h"
#include "cli/show.h"

struct input {
    struct cli_named named; /* first: see cli_named_parse() */
    struct cli_wait wait;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    if (key == ARGP_KEY_INIT)
        state->child_inputs[CLI_WAIT_CHILD] = &input->wait;
    return cli_named_parse(key, arg, state);
}

static const struct argp argp = {
    .parser = parse,
    .args_doc = "NAME",
    .doc =
        "Has the certificate of a domain made anew, with a new key, over the API. The old one is "
        "served until every CDN location shows the new one. Twice a week.\n\n"
        "Exit: 0 begun (with --wait: served), 1 refused, failed, or waits for a person, 2 could "
        "not tell.",
    .children = cli_wait_children,
};

static bool reissue(struct arena *mem, const struct input *input, const json_t **status,
                    struct err *err)
{
    struct cli_follow f = {.is_json = input->named.common.is_json,
                           .is_from_now = true,
                           .timeout_s = input->wait.timeout_s};
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
    return input->wait.is_wait ? cli_follow(mem, &f, status, err)
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
    return !input.wait.is_wait || is_state(status, "live") ? CLI_DONE : CLI_NO;
}

const struct cli_command cmd_reissue = {"reissue", "have the certificate of a domain made anew",
                                        &argp, run};
