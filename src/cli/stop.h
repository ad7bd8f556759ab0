/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* stop: SIGTERM and SIGINT as a descriptor, for everything that serves until it is told to end. */

/* Blocks both signals, in this thread and those it starts, and returns a descriptor that is
 * readable once one of them came. Called before any thread is started. Ends the process when the
 * kernel has no descriptor left. */
int cli_stop_fd(void);
/* Returns when one of the signals has come. */
void cli_stop_wait(int fd);
