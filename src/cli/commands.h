/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* commands: the rows that the files of this folder export. */
#include "cli/command.h"

extern const struct cli_command cmd_config;
extern const struct cli_command cmd_version;
