/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* child: one child of the supervisor, with what is known about it. Part of supervisor.c. */
#include "super/output.h"
#include "super/supervisor.h"

enum child_state {
    CHILD_IDLE,     /* its order has not come */
    CHILD_STARTING, /* runs, not ready */
    CHILD_RUNNING,
    CHILD_ENDING,  /* its leader is gone; its group is being ended */
    CHILD_WAITING, /* is started again at due_at */
    CHILD_DONE,
};

struct child {
    struct child_spec spec;
    enum child_state state;
    pid_t pid;          /* of the leader; 0 when it is gone */
    pid_t group;        /* of the last start */
    int status;         /* of the last end, as by waitpid() */
    int64_t started_at; /* boot time, as all instants here */
    int64_t due_at;     /* CHILD_WAITING: start; CHILD_ENDING: SIGKILL */
    int64_t delay_ms;
    int out; /* reading end of its output, or -1 */
    struct output output;
};

struct child_folders {
    const char *run, *log;
};

/* An idle child of this specification. What a step prints is only shown when everything is. */
void child_init(struct child *child, const struct child_spec *spec, bool is_verbose);
MUST_CHECK bool child_start(struct child *child, const struct child_folders *folders,
                            struct err *err);
/* Shows the rest of its output. */
void child_output_close(struct child *child);
/* It, or what its leader left behind, is there. */
bool child_is_alive(const struct child *child);
bool child_is_ready(const struct child *child);
/* Something about it has to be looked at soon. */
bool child_is_about_to_change(const struct child *child);
/* Signals what the group of a dead leader still has; how many there are. 0: only counts. */
size_t child_group_signal(const struct child *child, const char *run_dir, int number);
