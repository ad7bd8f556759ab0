/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * pid_file: who runs here. run/NAME.pid holds the number and the start time of the leader of a
 * process group, so that a later run can end what a killed one left; run/lock keeps a second run
 * out.
 */
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

MUST_CHECK bool pid_file_write(const char *run_dir, const char *name, pid_t pid, struct err *err);
void pid_file_remove(const char *run_dir, const char *name);

#define PID_FILE_GRACE_MS 5000 /* between SIGTERM and SIGKILL */

/* Ends every group that a pid file of `run_dir` names: its leader if number and start time agree,
 * and members that live in the folder `run_dir`. Removes the files; *ended is how many processes
 * there were. */
MUST_CHECK bool pid_files_end(struct arena *mem, const char *run_dir, size_t *ended,
                              struct err *err);

/* Takes `run_dir`/lock for this process, as long as *out is open and it lives: its forks do not
 * hold it, so that those which a killed run leaves for a moment are not in the way of the next.
 * Once in a process. ERR_CONFLICT names folder and holder. */
MUST_CHECK bool run_lock(struct arena *mem, const char *run_dir, int *out, struct err *err);

/* run_lock(), then pid_files_end(), which is told on standard error when there were any. */
MUST_CHECK bool run_take(struct arena *mem, const char *run_dir, int *lock, struct err *err);
