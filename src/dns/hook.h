/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * hook: a program of the operator's that is run to its end: no shell, no input, no open file of
 * ours, an environment that is said here, a session of its own without new privileges, the limits
 * below for each of its processes, as much processor time as it has time at all, and a limit of
 * time after which it and what it has started is killed; it is with whoever runs it, too.
 */
#include "base/arena.h"
#include "base/err.h"

#define HOOK_OUTPUT_MAX 300 /* octets of what it wrote that an error shows: the last ones */
#define HOOK_WORDS_MAX  8

#define HOOK_MEMORY_MAX    (512UL << 20) /* octets of a process (RLIMIT_DATA) */
#define HOOK_FILE_MAX      (64UL << 20)  /* octets of a file that is written */
#define HOOK_FILES_MAX     256           /* open ones of a process */
#define HOOK_PROCESSES_MAX 4096          /* threads of its user, ours too; root has no such limit */

#define HOOK_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct hook {
    const char *const
        *words;             /* the program, an absolute path, and its arguments; NULL-terminated */
    const char *const *env; /* "NAME=value" beside PATH, HOME and LANG */
    size_t env_count;
    const char *home; /* HOME and its working folder */
    int64_t timeout_ms;
};

/* True: it ended with status 0. ERR_DNS_UPDATE: it did not, or could not be started: the text has
 * the program, how it ended, and the end of what it wrote, printable. So it is where
 * SIGCHLD is ignored: then how it ended cannot be known. */
MUST_CHECK bool hook_run(struct arena *mem, const struct hook *hook, struct err *err);
