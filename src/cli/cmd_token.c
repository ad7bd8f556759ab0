/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>

#include "app/open.h"
#include "app/partner.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/show.h"

struct input {
    struct cli_common common;
    const char *verb, *word;
    const char *partner, *account;
    struct text_list scopes;
    const char *scope_items[TOKEN_SCOPE_COUNT];
};

enum { OPT_PARTNER = 256, OPT_ACCOUNT, OPT_SCOPE };

/* clang-format off */
static const struct argp_option options[] = {
    {"partner", OPT_PARTNER, "ID", 0, "create: for this partner", 0},
    {"account", OPT_ACCOUNT, "ID", 0, "create: for this account", 0},
    {"scope", OPT_SCOPE, "SCOPE", 0,
     "create: limit it to read, write or tokens; may be given again", 0},
    {0},
};
/* clang-format on */

static void take_word(struct input *input, const char *word, struct argp_state *state)
{
    if (!input->verb)
        input->verb = word;
    else if (!input->word)
        input->word = word;
    else
        argp_error(state, "too many arguments: \"%s\"", word);
}

static void take_scope(struct input *input, const char *scope, struct argp_state *state)
{
    if (input->scopes.count == TOKEN_SCOPE_COUNT)
        argp_error(state, "--scope is given more often than there are scopes");
    else
        input->scope_items[input->scopes.count++] = scope;
    input->scopes.items = input->scope_items;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &input->common;
        return 0;
    case OPT_PARTNER:
        input->partner = arg;
        return 0;
    case OPT_ACCOUNT:
        input->account = arg;
        return 0;
    case OPT_SCOPE:
        take_scope(input, arg, state);
        return 0;
    case ARGP_KEY_ARG:
        take_word(input, arg, state);
        return 0;
    case ARGP_KEY_END:
        if (!input->verb)
            argp_usage(state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[] = {{&cli_common_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "create NAME|list|revoke ID",
    .doc =
        "Works on the tokens of the API, in the store itself.\n\n"
        "create: makes one, the operator's unless a partner or an account is named, and prints it; "
        "it is shown this once. list: shows which there are. revoke: ends one.",
    .children = children,
};

static const struct caller operator_caller = {.scope = {.kind = SCOPE_PLATFORM}, .actor = "cli"};

static bool create(struct arena *mem, const struct app *app, const struct input *input,
                   struct err *err)
{
    const struct token_input wanted = {.name = input->word,
                                       .partner_id = input->partner,
                                       .account_id = input->account,
                                       .scopes = input->scopes};
    struct token_created made;

    if (!app_token_create(app, &operator_caller, mem, &wanted, &made, err))
        return false;
    if (input->common.is_json) {
        json_t *json = json_pack("{s:s, s:s}", "id", made.token->id, "token", made.secret);

        cli_show_json(stdout, json);
        json_decref(json);
        return true;
    }
    fprintf(stderr, "%s \"%s\" is made; this is shown once:\n", made.token->id, made.token->name);
    printf("%s\n", made.secret);
    return true;
}

static const char *tenant_of(const struct api_token *token)
{
    const char *owner = token->account_id ? token->account_id : token->partner_id;

    return token->edge_id ? token->edge_id : owner ? owner : "operator";
}

static void show(struct arena *mem, const struct api_token_list *list, bool is_json)
{
    const char **rows = arena_array_of(mem, list->count * 5 + 1, const char *);

    for (size_t i = 0; i < list->count; i++) {
        const struct api_token *token = &list->items[i];
        const char **row = &rows[i * 5];

        row[0] = token->id;
        row[1] = tenant_of(token);
        row[2] = token->name;
        row[3] = clock_text_in(mem, token->created_at);
        row[4] = token->revoked_at ? "revoked" : "valid";
        if (is_json) {
            json_t *json =
                json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", row[0], "tenant", row[1], "name",
                          row[2], "created_at", row[3], "revoked", token->revoked_at != 0);

            cli_show_json(stdout, json);
            json_decref(json);
        }
    }
    if (!is_json)
        cli_show_table(stdout, rows, list->count, 5);
}

static bool list(struct arena *mem, const struct app *app, const struct input *input,
                 struct err *err)
{
    struct page page = {.limit = PAGE_LIMIT_MAX};
    struct api_token_list found;

    do {
        if (!token_store_list(mem, app->db, &operator_caller.scope, &page, &found, err))
            return false;
        show(mem, &found, input->common.is_json);
        if (found.count)
            page.after = found.items[found.count - 1].id;
    } while (found.has_more);
    return true;
}

static bool revoke(struct arena *mem, const struct app *app, const struct input *input,
                   struct err *err)
{
    (void)mem;
    return app_token_revoke(app, &operator_caller, input->word, err);
}

static const struct verb {
    const char *word;
    bool needs_word;
    bool (*run)(struct arena *mem, const struct app *app, const struct input *input,
                struct err *err);
} verbs[] = {
    {"create", true, create},
    {"list", false, list},
    {"revoke", true, revoke},
};

static const struct verb *find_verb(const struct input *input)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(verbs[i].word, input->verb) == 0)
            return verbs[i].needs_word == (input->word != NULL) ? &verbs[i] : NULL;
    return NULL;
}

static bool run_verb(struct arena *mem, const struct verb *verb, const struct input *input,
                     struct err *err)
{
    const struct config *config;
    struct app app;
    bool is_done;

    if (!cli_config(mem, &input->common, &config, err) ||
        !app_open(mem, config, APP_CHECK, &app, err))
        return false;
    is_done = verb->run(mem, &app, input, err);
    app_close(&app);
    return is_done;
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {0};
    const struct verb *verb;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    verb = find_verb(&input);
    if (!verb) {
        argp_help(&argp, stderr, ARGP_HELP_USAGE, argv[0]);
        return CLI_USAGE;
    }
    return run_verb(mem, verb, &input, &err) ? CLI_DONE : cli_failed(&input.common, &err);
}

const struct cli_command cmd_token = {"token", "make, list or revoke tokens of the API", &argp,
                                      run};
