/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/named.h"
#include "cli/show.h"

struct input {
    struct cli_named named; /* first: see cli_named_parse() */
    const char *rotation;   /* "in", "out" or NULL */
};

enum { OPT_ROTATION = 256 };

/* clang-format off */
static const struct argp_option options[] = {
    {"rotation", OPT_ROTATION, "in|out", 0, "Put the edge NAME into rotation, or take it out", 0},
    {0},
};
/* clang-format on */

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct input *input = state->input;

    switch (key) {
    case OPT_ROTATION:
        if (strcmp(arg, "in") != 0 && strcmp(arg, "out") != 0)
            argp_error(state, "--rotation %s: neither in nor out", arg);
        input->rotation = arg;
        return 0;
    case ARGP_KEY_END:
        if (input->rotation && !input->named.name)
            argp_error(state, "--rotation: of which edge?");
        return 0;
    default:
        return cli_named_parse(key, arg, state);
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[NAME]",
    .doc =
        "Shows the edge servers, or one of them, over the API: whether it follows the feed, what "
        "it counts for, how far behind it is, and what happens next. A token of the operator is "
        "needed.\n\n"
        "Exit: 0 no alarm is on, 1 an edge in rotation is down, 2 could not tell or could not do.",
    .children = cli_named_children,
};

/* The edge of this name; every one when there is no name. */
static bool find(struct arena *mem, struct cli_api *api, const char *name, json_t *out,
                 struct err *err)
{
    const json_t *page, *items;

    if (!cli_api_get(mem, api, "/v1/edges", &page, err))
        return false;
    items = json_object_get(page, "items");
    json_array_clear(out);
    for (size_t i = 0; i < json_array_size(items); i++) {
        json_t *edge = json_array_get(items, i);
        const char *its_name = json_string_value(json_object_get(edge, "name"));

        if (!name || (its_name && strcmp(its_name, name) == 0))
            json_array_append(out, edge);
    }
    return !name || json_array_size(out) > 0 ||
           err_set(err, ERR_NOT_FOUND, "there is no edge %.80s", name);
}

static bool rotate(struct arena *mem, struct cli_api *api, const struct input *input, json_t *edges,
                   struct err *err)
{
    const char *id = json_string_value(json_object_get(json_array_get(edges, 0), "id"));
    const json_t *changed;

    return cli_api_patch(mem, api, arena_printf(mem, "/v1/edges/%s", id),
                         json_pack("{s:b}", "in_rotation", strcmp(input->rotation, "in") == 0),
                         &changed, err) &&
           find(mem, api, input->named.name, edges, err);
}

static bool look(struct arena *mem, const struct input *input, json_t *edges, struct err *err)
{
    struct cli_api *api;

    if (!cli_api_open(mem, &input->named.target, &api, err) ||
        !find(mem, api, input->named.name, edges, err) ||
        (input->rotation && !rotate(mem, api, input, edges, err)))
        return false;
    if (input->named.common.is_json)
        cli_show_json(stdout, edges);
    else
        cli_show_edges(stdout, mem, edges);
    return true;
}

static bool is_alarm_on(const json_t *edges)
{
    const json_t *edge;
    size_t i;

    json_array_foreach(edges, i,
                       edge) if (json_is_true(json_object_get(edge, "alarm"))) return true;
    return false;
}

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    json_auto_t *edges = json_array();
    struct input input = {0};
    struct err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!look(mem, &input, edges, &err))
        return cli_failed(&input.named.common, &err);
    return is_alarm_on(edges) ? CLI_NO : CLI_DONE;
}

const struct cli_command cmd_edges = {"edges", "show the edge servers, and their rotation", &argp,
                                      run};
