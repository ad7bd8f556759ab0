/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * supervisor: one parent that starts children in order, keeps them running, and ends them in the
 * opposite order.
 *
 * Each child leads a process group of its own. What it leaves behind when it dies (nginx workers)
 * is ended before it is started again, found by group and folder, never by name. A child that dies
 * is started again after SUPER_DELAY_MIN_MS, doubling to SUPER_DELAY_MAX_MS as long as it does not
 * live for SUPER_STEADY_MS. SIGHUP starts at once what waits for that, and forgets how often it
 * died. SIGINT, SIGTERM: orderly stop; a second one: at once.
 *
 * Single-threaded. The process becomes a child subreaper and blocks SIGCHLD, SIGINT, SIGTERM and
 * SIGHUP; its current folder is the folder of the children.
 */
#include "super/process.h"
#include "super/ready.h"

#define SUPER_DELAY_MIN_MS 100
#define SUPER_DELAY_MAX_MS 10000
#define SUPER_STEADY_MS    10000
#define SUPER_READY_MS     20000 /* for one order to get ready, unless the options say */
#define SUPER_STOP_MS      5000  /* from SIGTERM to SIGKILL */
#define SUPER_CHILDREN_MAX 64

struct child_spec {
    const char *name;       /* of its pid and log files */
    int order;              /* started when all of a lower order are ready */
    struct process process; /* out and dir are filled in */
    enum ready_kind ready;
    const char *where;
    int64_t every_ms; /* READY_EXIT: run again so long after its end; 0 = once */
    bool is_plain;    /* its output goes to our standard output as it is */
};

struct supervisor;

struct supervisor_options {
    const char *run_dir; /* absolute; the children's folder; run/NAME.pid */
    const char *log_dir; /* log/NAME.log */
    bool is_verbose;     /* show every line of the children */
    int64_t ready_ms;    /* 0 = SUPER_READY_MS */
    const struct child_spec *children;
    size_t count;
    /* All children are ready, for the first time. */
    void (*on_ready)(struct supervisor *super, void *arg);
    /* A READY_EXIT child has ended; `status` as by waitpid(). */
    void (*on_exit)(struct supervisor *super, const struct child_spec *child, int status,
                    void *arg);
    /* `watch_fd` is readable, or SIGHUP came; -1 = none. */
    int watch_fd;
    void (*on_watch)(struct supervisor *super, void *arg);
    void *arg;
};

/* Runs until it is stopped. True when everything ended after an orderly stop; false, with nothing
 * left running, when a child did not get ready in time or a step failed. */
MUST_CHECK bool supervisor_run(const struct supervisor_options *options, struct err *err);

/* From a callback. The spec is copied; READY_EXIT only. */
void supervisor_add(struct supervisor *super, const struct child_spec *spec);
void supervisor_stop(struct supervisor *super);
/* Sends a signal to the leader of this name, if it runs. */
void supervisor_signal(struct supervisor *super, const char *name, int number);

/* How long to wait before a child that lived for `lived_ms` is started again; `last_ms` is what
 * this gave the time before, 0 at first. */
int64_t supervisor_delay(int64_t last_ms, int64_t lived_ms);
