/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/commands.h"

static const struct argp argp = {
    .parser = cli_words_parse,
    .doc = "Prints the version.",
    .children = cli_words_children,
};

static enum cli_exit run(int argc, char **argv)
{
    struct cli_words input = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &input);
    puts(input.common.is_json ? "{\"version\":\"" LATCHKEY_VERSION "\"}"
                              : "latchkey " LATCHKEY_VERSION);
    return CLI_DONE;
}

const struct cli_command cmd_version = {"version", "print the version", &argp, run};
