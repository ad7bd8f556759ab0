/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/domain.h"
#include "cli/named.h"
#include "cli/show.h"

enum { KEY_YES = 'y', KEY_CANCEL = 256 };

struct input {
    struct cli_named named;
    bool is_sure, is_cancelling;
};

/* clang-format off */
static const struct argp_option options[] = {
    {"yes", KEY_YES, NULL, 0, "Do not ask first", 0},
    {"cancel-subscription", KEY_CANCEL, NULL, 0, "Cancel a running subscription with it", 0},
    {0},
};
/* clang-format on */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case KEY_YES:
        input->is_sure = true;
        return 0;
    case KEY_CANCEL:
        input->is_cancelling = true;
        return 0;
    case ARGP_KEY_INIT:
    case ARGP_KEY_ARG:
    case ARGP_KEY_END: {
        int code = cli_named_parse(key, arg, state);

        if (code == 0 && key == ARGP_KEY_END && !input->is_sure && !isatty(STDIN_FILENO))
            argp_error(state, "there is no terminal to ask at: say --yes");
        return code;
    }
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "NAME",
    .doc =
        "Gives a domain back, over the API: its order is cancelled, its certificates are revoked, "
        "their keys destroyed, and its names can be claimed by anybody. A running subscription is "
        "cancelled only with --cancel-subscription.\n\n"
        "Exit: 0 when it is given back, 1 when that was refused, 2 when it could not be told.",
    .children = cli_named_children,
};

/* Only the name itself is a yes: what is given back does not come back. */
static bool is_confirmed(const struct input *input)
{
    char line[300];

    if (input->is_sure)
        return true;
    fprintf(stderr, "This cannot be undone. Type the name of the domain to give it back: ");
    if (!fgets(line, sizeof(line), stdin))
        return false;
    line[strcspn(line, "\n")] = '\0';
    return strcmp(line, input->named.name) == 0;
}

static bool give_back(struct arena *mem, const struct input *input, const json_t **removed,
                      struct err *err)
{
    const json_t *domain;
    struct cli_api *api;

    if (!cli_api_open(mem, &input->named.target, &api, err) ||
        !cli_domain_find(mem, api, input->named.name, &domain, err))
        return false;
    if (!domain)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.253s", input->named.name);
    return cli_api_delete(mem, api,
                          arena_printf(mem, "/v1/domains/%s%s",
                                       json_string_value(json_object_get(domain, "id")),
                                       input->is_cancelling ? "?cancel_subscription=true" : ""),
                          removed, err);
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {0};
    const json_t *removed;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!is_confirmed(&input)) {
        fputs("latchkey: nothing was given back\n", stderr);
        return CLI_NO;
    }
    if (!give_back(mem, &input, &removed, &err))
        return cli_refused(&input.named.common, &err);
    if (input.named.common.is_json)
        cli_show_json(stdout, removed);
    else
        printf("%s is given back: anybody can claim it now.\n",
               json_string_value(json_object_get(removed, "name")));
    return CLI_DONE;
}

const struct cli_command cmd_release = {"release", "give a domain back", &argp, run};
