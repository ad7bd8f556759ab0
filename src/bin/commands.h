/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* commands: the rows of commands that wire more than src/cli may know. */
#include "cli/command.h"

extern const struct cli_command cmd_ca;
extern const struct cli_command cmd_config;
extern const struct cli_command cmd_edge;
extern const struct cli_command cmd_run;
extern const struct cli_command cmd_serve;
extern const struct cli_command cmd_signer;
