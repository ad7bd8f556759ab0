/* SPDX-License-Identifier: Apache-2.0 */

/* latchkey: the table of commands. What a command does is in src/cli, src/bin and src/super. */
#include "bin/commands.h"
#include "cli/commands.h"

/* clang-format off */
static const struct cli_command *const commands[] = {
    &cmd_ca,
    &cmd_check,
    &cmd_config,
    &cmd_edge,
    &cmd_edges,
    &cmd_migrate,
    &cmd_order,
    &cmd_reissue,
    &cmd_revoke,
    &cmd_release,
    &cmd_run,
    &cmd_serve,
    &cmd_signer,
    &cmd_status,
    &cmd_token,
    &cmd_user,
    &cmd_version,
};
/* clang-format on */

int main(int argc, char **argv)
{
    return cli_main(commands, ARRAY_LEN(commands), argc, argv);
}
