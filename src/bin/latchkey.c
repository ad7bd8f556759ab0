/* SPDX-License-Identifier: Apache-2.0 */

/* latchkey: the table of commands. What a command does is in src/cli, src/bin and src/super. */
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

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

/* With an arena of malloc for each thread, those that take turns keep what each once needed: 6 MiB
 * more in the sandbox CA after two thousand orders, and no end to it. */
#define MALLOC_ARENAS 2

/* Unless whoever starts us has said how many. */
static void bound_arenas(void)
{
    const char *said = getenv("GLIBC_TUNABLES");

    if (!said || !strstr(said, "glibc.malloc.arena_max"))
        (void)mallopt(M_ARENA_MAX, MALLOC_ARENAS);
}

int main(int argc, char **argv)
{
    bound_arenas();
    return cli_main(commands, ARRAY_LEN(commands), argc, argv);
}
