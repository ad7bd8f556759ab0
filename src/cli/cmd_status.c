/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/domain.h"
#include "cli/named.h"
#include "cli/show.h"

static const struct argp argp = {
    .parser = cli_named_parse,
    .args_doc = "NAME",
    .doc =
        "Shows all that is known about the certificate of a domain, over the API: its badge, what "
        "happens next, the records to set, and what has happened.\n\n"
        "Exit: 0 when it is served, 1 when not (yet), 2 when it could not be told.",
    .children = cli_named_children,
};

static bool show_timeline(struct arena *mem, struct cli_api *api, const char *domain_id,
                          struct err *err)
{
    const json_t *page, *event;
    const char *cursor = "";
    size_t i;

    printf("\nTimeline\n");
    do {
        if (!cli_api_get(
                mem, api,
                arena_printf(mem, "/v1/events?domain_id=%s&limit=200%s", domain_id, cursor), &page,
                err))
            return false;
        json_array_foreach(json_object_get(page, "items"), i, event) cli_show_event(stdout, event);
        cursor = arena_printf(mem, "&cursor=%s",
                              json_string_value(json_object_get(page, "next_cursor")));
    } while (json_is_true(json_object_get(page, "has_more")));
    return true;
}

static bool look(struct arena *mem, const struct cli_named *input, const json_t **status,
                 struct err *err)
{
    struct cli_api *api;
    const char *id;

    if (!cli_api_open(mem, &input->target, &api, err) ||
        !cli_domain_named(mem, api, input->name, status, err))
        return false;
    id = json_string_value(json_object_get(json_object_get(*status, "domain"), "id"));
    if (input->common.is_json) {
        cli_show_json(stdout, *status);
        return true;
    }
    cli_show_status(stdout, mem, *status);
    return show_timeline(mem, api, id, err);
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct cli_named input = {0};
    const json_t *status;
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!look(mem, &input, &status, &err)) {
        (void)cli_failed(&input.common, &err);
        return err.code == ERR_NOT_FOUND ? CLI_NO : CLI_FAILED;
    }
    return cli_domain_is_live(status) ? CLI_DONE : CLI_NO;
}

const struct cli_command cmd_status = {"status", "show the certificate of a domain", &argp, run};
