/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/named.h"
#include "cli/show.h"

static const struct argp argp = {
    .parser = cli_named_parse,
    .args_doc = "NAME",
    .doc = "Says whether a name is ready for a certificate, over the API; if not, what is wrong, "
           "who must act, and which records to set.\n\n"
           "Exit: 0 ready, 1 not ready, 2 when it could not be told.",
    .children = cli_named_children,
};

static const struct {
    const char *verdict, *text;
    enum cli_exit exit;
} verdicts[] = {
    {"ready", "ready", CLI_DONE},
    {"not_ready", "not ready", CLI_NO},
    {"unknown", "could not tell", CLI_FAILED},
};

static const char *text(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));

    return value ? value : "";
}

static void show_finding(const json_t *finding)
{
    const char *who = text(finding, "who_acts");

    printf("\n%s\n  %s\n", text(finding, "title"), text(finding, "detail"));
    if (strcmp(who, "nobody") == 0)
        puts("  Nobody has to do anything.");
    else
        printf("  Who acts: the %s.\n", who);
}

static void show(struct arena *mem, const char *name, const char *verdict, const json_t *check)
{
    const json_t *finding;
    size_t i;

    printf("%s: %s\n", name, verdict);
    json_array_foreach(json_object_get(check, "findings"), i, finding) show_finding(finding);
    cli_show_records(stdout, mem, json_object_get(json_object_get(check, "report"), "records"));
}

static bool ask(struct arena *mem, const struct cli_named *input, const json_t **out,
                struct err *err)
{
    struct cli_api *api;

    return cli_api_open(mem, &input->target, &api, err) &&
           cli_api_post(mem, api, "/v1/checks", json_pack("{s:s}", "name", input->name), out, err);
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct cli_named input = {0};
    const json_t *check;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!ask(mem, &input, &check, &err))
        return cli_failed(&input.common, &err);
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
        if (strcmp(verdicts[i].verdict, text(check, "verdict")) != 0)
            continue;
        if (input.common.is_json)
            cli_show_json(stdout, check);
        else
            show(mem, input.name, verdicts[i].text, check);
        return verdicts[i].exit;
    }
    (void)err_set(&err, ERR_NET, "the API answered without a verdict");
    return cli_failed(&input.common, &err);
}

const struct cli_command cmd_check = {"check", "say what is wrong with a name", &argp, run};
