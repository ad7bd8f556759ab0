/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/domain.h"
#include "cli/named.h"
#include "cli/show.h"

struct input {
    struct cli_named named; /* first: see cli_named_parse() */
    const char *reason, *certificate;
    bool is_left_unsecured;
};

enum { OPT_REASON = 256, OPT_CERTIFICATE, OPT_LEAVE_UNSECURED };

/* clang-format off */
static const struct argp_option options[] = {
    {"reason", OPT_REASON, "REASON", 0, "key_compromise, superseded, cessation_of_operation or unspecified", 0},
    {"certificate", OPT_CERTIFICATE, "ID", 0, "Which one; else the one that visitors get", 0},
    {"leave-unsecured", OPT_LEAVE_UNSECURED, NULL, 0, "No other one takes its place: the domain is left without a certificate", 0},
    {0},
};
/* clang-format on */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case OPT_REASON:
        input->reason = arg;
        return 0;
    case OPT_CERTIFICATE:
        input->certificate = arg;
        return 0;
    case OPT_LEAVE_UNSECURED:
        input->is_left_unsecured = true;
        return 0;
    case ARGP_KEY_END:
        if (!input->reason)
            argp_error(state, "--reason must say why");
        return cli_named_parse(key, arg, state);
    default:
        return cli_named_parse(key, arg, state);
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "NAME --reason REASON",
    .doc = "Has a certificate of a domain revoked by its certificate authority, over the API. One "
           "that visitors get is replaced first, by one with a new key, and revoked once that one "
           "is served.\n\n"
           "Exit: 0 begun, or revoked already, 1 refused, 2 could not tell.",
    .children = cli_named_children,
};

/* The id of the certificate that is meant; one of another domain is not, whoever may revoke it. */
static bool choose(struct arena *mem, struct cli_api *api, const struct input *input,
                   const json_t *status, const char **id, struct err *err)
{
    const json_t *certificate = json_object_get(status, "certificate");

    if (input->certificate && !cli_api_get(mem, api,
                                           arena_printf(mem, "/v1/certificates/%s",
                                                        cli_query_text(mem, input->certificate)),
                                           &certificate, err))
        return false;
    *id = json_string_value(json_object_get(certificate, "id"));
    if (!*id)
        return err_set(err, ERR_CONFLICT, "%.253s has no certificate", input->named.name);
    if (!json_equal(json_object_get(certificate, "domain_id"),
                    json_object_get(json_object_get(status, "domain"), "id")))
        return err_set(err, ERR_CONFLICT, "%.40s is not a certificate of %.253s", *id,
                       input->named.name);
    return true;
}

static bool revoke(struct arena *mem, const struct input *input, const json_t **certificate,
                   struct err *err)
{
    const json_t *status;
    const char *id;
    struct cli_api *api;

    if (!cli_api_open(mem, &input->named.target, &api, err) ||
        !cli_domain_named(mem, api, input->named.name, &status, err) ||
        !choose(mem, api, input, status, &id, err))
        return false;
    return cli_api_post(mem, api,
                        arena_printf(mem, "/v1/certificates/%s/revoke", cli_query_text(mem, id)),
                        json_pack("{s:s, s:b}", "reason", input->reason, "leave_unsecured",
                                  input->is_left_unsecured),
                        certificate, err);
}

static void show(const struct input *input, const json_t *certificate)
{
    const json_t *at = json_object_get(json_object_get(certificate, "revocation"), "revoked_at");
    const char *serial = json_string_value(json_object_get(certificate, "serial"));

    if (input->named.common.is_json)
        cli_show_json(stdout, certificate);
    else if (json_is_string(at))
        printf("certificate %s is revoked\n", serial);
    else
        printf("certificate %s is being revoked%s\n", serial,
               input->is_left_unsecured ? "" : "; where visitors get it, another one comes first");
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct input input = {0};
    const json_t *certificate;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!revoke(mem, &input, &certificate, &err))
        return cli_refused(&input.named.common, &err);
    show(&input, certificate);
    return CLI_DONE;
}

const struct cli_command cmd_revoke = {"revoke", "have a certificate revoked", &argp, run};
