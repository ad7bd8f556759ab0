/* SPDX-License-Identifier: Apache-2.0 */
#include "app/open.h"
#include "app/user.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/show.h"

struct input {
    struct cli_common common;
    const char *verb, *email;
    const char *name, *partner, *account;
    bool is_operator;
};

enum { OPT_NAME = 256, OPT_PARTNER, OPT_ACCOUNT, OPT_OPERATOR };

/* clang-format off */
static const struct argp_option options[] = {
    {"name", OPT_NAME, "NAME", 0, "add: how they are called", 0},
    {"operator", OPT_OPERATOR, NULL, 0, "add: they run the platform", 0},
    {"partner", OPT_PARTNER, "ID", 0, "add: they belong to this partner", 0},
    {"account", OPT_ACCOUNT, "ID", 0, "add: they belong to this account", 0},
    {0},
};
/* clang-format on */

static void take_word(struct input *input, const char *word, struct argp_state *state)
{
    if (!input->verb)
        input->verb = word;
    else if (!input->email)
        input->email = word;
    else
        argp_error(state, "too many arguments: \"%s\"", word);
}

static void check_words(const struct input *input, struct argp_state *state)
{
    int kinds = input->is_operator + (input->partner != NULL) + (input->account != NULL);
    bool is_add = input->verb && strcmp(input->verb, "add") == 0;

    if (!input->email || (!is_add && strcmp(input->verb, "link") != 0))
        argp_usage(state);
    else if (is_add && kinds != 1)
        argp_error(state, "say one of --operator, --partner, --account");
    else if (!is_add && (kinds > 0 || input->name))
        argp_error(state, "link takes the address only");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        return 0;
    case OPT_NAME:
        input->name = arg;
        return 0;
    case OPT_OPERATOR:
        input->is_operator = true;
        return 0;
    case OPT_PARTNER:
        input->partner = arg;
        return 0;
    case OPT_ACCOUNT:
        input->account = arg;
        return 0;
    case ARGP_KEY_ARG:
        take_word(input, arg, state);
        return 0;
    case ARGP_KEY_END:
        check_words(input, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "add EMAIL|link EMAIL",
    .doc = "Works on the people who sign in, in the store itself.\n\n"
           "add: adds somebody and prints a link by which they choose a password. link: prints a "
           "new link for somebody who is there already, for a forgotten password too. A link works "
           "once, and for 15 minutes.",
    .children = children,
};

static const struct caller operator_caller = {.scope = {.kind = SCOPE_PLATFORM}, .actor = "cli"};

static bool find_or_add(struct arena *mem, const struct app *app, const struct input *input,
                        const struct user **out, struct err *err)
{
    const struct user_input wanted = {.email = input->email,
                                      .name = input->name ? input->name : input->email,
                                      .partner_id = input->partner,
                                      .account_id = input->account};

    if (strcmp(input->verb, "add") == 0)
        return app_user_add(app, &operator_caller, mem, &wanted, out, err);
    if (!user_store_find(mem, app->db, input->email, out, err))
        return false;
    return *out || err_set(err, ERR_NOT_FOUND, "nobody signs in with %.100s", input->email);
}

static bool make_link(struct arena *mem, const struct app *app, const struct input *input,
                      struct err *err)
{
    const struct user *user;
    struct login_link_made link;
    const char *url;

    if (!find_or_add(mem, app, input, &user, err) ||
        !app_login_link_make(app, &operator_caller, mem, user->id, &link, err))
        return false;
    url = app_login_link_url(app, mem, &link);
    if (input->common.is_json) {
        json_t *json = json_pack("{s:s, s:s, s:s}", "id", user->id, "link", url, "expires_at",
                                 clock_text_in(mem, link.expires_at));

        cli_show_json(stdout, json);
        json_decref(json);
        return true;
    }
    fprintf(stderr, "%s may open this once, until %s:\n", user->email,
            clock_text_in(mem, link.expires_at));
    printf("%s\n", url);
    return true;
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {0};
    const struct config *config;
    struct err err = {0};
    struct app app;
    bool is_done;

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!cli_config(mem, &input.common, &config, &err) ||
        !app_open(mem, config, APP_CHECK, &app, &err))
        return cli_failed(&input.common, &err);
    is_done = make_link(mem, &app, &input, &err);
    app_close(&app);
    return is_done ? CLI_DONE : cli_failed(&input.common, &err);
}

const struct cli_command cmd_user = {
    "user", "add people who sign in, or let them choose a password", &argp, run};
