/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * process: programs in process groups of their own, and how to recognise them later. Linux only
 * (/proc, prctl).
 */
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* A descriptor that the program finds under the number `as`. */
struct process_fd {
    int fd, as;
};

struct process {
    const char *const *argv; /* argv[0]: an absolute path; NULL-terminated */
    const char *const *env; /* "NAME=value", beside our own environment; NULL-terminated, or NULL */
    const char *dir;        /* its current folder: how its orphans are known (process_members) */
    int out;                /* its standard output and error */
    const char *pid_name;   /* NULL, or it writes dir/NAME.pid (super/pid_file.h) before it runs */
    const char
        *leftover; /* a file that a killed one leaves and the next would mind: removed before */
    const struct process_fd *fds;
    size_t fd_count;
    /* In place of a program: a function of this one, in a fork; its result is the exit status. */
    int (*run)(void *arg);
    void *arg;
};

/* Starts it as the leader of a group of its own, with /dev/null as standard input and no signal
 * blocked; the kernel ends it (SIGTERM) with the thread that called. ERR_CONFIG when it cannot be
 * run. */
MUST_CHECK bool process_start(const struct process *process, pid_t *out, struct err *err);

/* When `pid` was started, in clock ticks since boot: tells a process from a later one of the same
 * number. False when there is none, or a dead one that nobody has waited for. */
bool process_started_at(pid_t pid, int64_t *out);

/* The living members of the group `group` whose current folder is `dir`; their number, at most
 * `room`. */
size_t process_members(pid_t group, const char *dir, pid_t *out, size_t room);

/* An absolute path of the program, out of PATH and the sbin folders; NULL when it is nowhere. */
const char *process_find(struct arena *mem, const char *name);
