/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/domain.h"
#include "cli/follow.h"
#include "cli/named.h"
#include "cli/show.h"

#define SITE_NAME_MAX 200 /* octets; a domain may have more */

struct input {
    struct cli_named named; /* first: see cli_named_parse() */
    const char *account, *site, *ca;
    struct cli_wait wait;
};

enum { OPT_ACCOUNT = 256, OPT_SITE, OPT_CA };

/* clang-format off */
static const struct argp_option options[] = {
    {"account", OPT_ACCOUNT, "ID", 0, "Whose domain it becomes, if it is none yet", 0},
    {"site", OPT_SITE, "ID", 0, "The site that it is attached to then; else one of its own", 0},
    {"ca", OPT_CA, "ID", 0, "A configured certificate authority; else the default one", 0},
    {0},
};
/* clang-format on */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[CLI_WAIT_CHILD] = &input->wait;
        return cli_named_parse(key, arg, state);
    case OPT_ACCOUNT:
        input->account = arg;
        return 0;
    case OPT_SITE:
        input->site = arg;
        return 0;
    case OPT_CA:
        input->ca = arg;
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
        "Orders a certificate for a domain, over the API. A name that is no domain of the account "
        "yet is added, and attached to a site.\n\n"
        "Exit: 0 ordered (with --wait: served), 1 refused, failed, or waits for a person, 2 could "
        "not tell.",
    .children = cli_wait_children,
};

static const char *id_of(const json_t *thing)
{
    return json_string_value(json_object_get(thing, "id"));
}

static bool make_site(struct arena *mem, struct cli_api *api, const struct input *input,
                      const char **site_id, struct err *err)
{
    const json_t *caller, *site;

    if (!cli_api_get(mem, api, "/v1/caller", &caller, err))
        return false;
    if (!input->account && json_is_null(json_object_get(caller, "account_id")))
        return err_set(err, ERR_BAD_INPUT,
                       "%.253s is no domain yet: --account or --site must say whose it becomes",
                       input->named.name);
    if (!cli_api_post(
            mem, api, "/v1/sites",
            json_pack("{s:s*, s:s}", "account_id", input->account, "name",
                      strlen(input->named.name) > SITE_NAME_MAX ? "Site" : input->named.name),
            &site, err))
        return false;
    *site_id = id_of(site);
    return true;
}

static bool find_or_add(struct arena *mem, struct cli_api *api, const struct input *input,
                        const char **domain_id, struct err *err)
{
    const char *site_id = input->site;
    const json_t *domain;

    if (!cli_domain_find(mem, api, input->named.name, &domain, err))
        return false;
    if (!domain &&
        ((!site_id && !make_site(mem, api, input, &site_id, err)) ||
         !cli_api_post(mem, api, "/v1/domains",
                       json_pack("{s:s, s:s}", "site_id", site_id, "name", input->named.name),
                       &domain, err)))
        return false;
    *domain_id = id_of(domain);
    return true;
}

static bool order(struct arena *mem, const struct input *input, const json_t **status,
                  struct err *err)
{
    struct cli_follow f = {.is_json = input->named.common.is_json,
                           .timeout_s = input->wait.timeout_s};
    const json_t *placed;

    if (!cli_api_open(mem, &input->named.target, &f.api, err) ||
        !find_or_add(mem, f.api, input, &f.domain_id, err) ||
        !cli_api_post(mem, f.api, "/v1/orders",
                      json_pack("{s:s, s:s*}", "domain_id", f.domain_id, "ca", input->ca), &placed,
                      err))
        return false;
    return input->wait.is_wait ? cli_follow(mem, &f, status, err)
                               : cli_domain_status(mem, f.api, f.domain_id, status, err);
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {0};
    const json_t *status;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!order(mem, &input, &status, &err))
        return cli_refused(&input.named.common, &err);
    if (input.named.common.is_json)
        cli_show_json(stdout, status);
    else
        cli_show_status(stdout, mem, status);
    return !input.wait.is_wait || cli_domain_is_live(status) ? CLI_DONE : CLI_NO;
}

const struct cli_command cmd_order = {"order", "order a certificate for a domain", &argp, run};
