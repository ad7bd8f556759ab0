/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* commands: the rows that the files of this folder export. */
#include "cli/command.h"

extern const struct cli_command cmd_check;
extern const struct cli_command cmd_edges;
extern const struct cli_command cmd_migrate;
extern const struct cli_command cmd_order;
extern const struct cli_command cmd_reissue;
extern const struct cli_command cmd_release;
extern const struct cli_command cmd_revoke;
extern const struct cli_command cmd_status;
extern const struct cli_command cmd_token;
extern const struct cli_command cmd_user;
extern const struct cli_command cmd_version;
