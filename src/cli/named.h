/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* named: the arguments that every command about one name over the API takes: NAME, the common
 * options, and where the API is. */
#include "cli/api_client.h"
#include "cli/command.h"

struct cli_named {
    struct cli_common common;
    struct cli_target target;
    const char *name;
};

/* The parser of a command whose input is, or begins with, a `struct cli_named`: its own parser
 * hands on what it does not know. Goes with cli_named_children. */
error_t cli_named_parse(int key, char *arg, struct argp_state *state);
extern const struct argp_child cli_named_children[];
