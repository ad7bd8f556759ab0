/* SPDX-License-Identifier: Apache-2.0 */
#include "app/open.h"
#include "cli/commands.h"

static const struct argp argp = {
    .parser = cli_words_parse,
    .doc = "Brings the store to the schema of this program, making it where there is none.",
    .children = cli_words_children,
};

static enum cli_exit run(int argc, char **argv)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct cli_words input = {0};
    const struct config *config;
    struct err err = {0};
    struct app app;

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    if (!cli_config(mem, &input.common, &config, &err) ||
        !app_open(mem, config, APP_MIGRATE, &app, &err))
        return cli_failed(&input.common, &err);
    app_close(&app);
    if (input.common.is_json)
        printf("{\"ok\":true}\n");
    return CLI_DONE;
}

const struct cli_command cmd_migrate = {"migrate", "bring the store to this program's schema",
                                        &argp, run};
