/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* runner_state: what a job_runner holds; for runner.c and runner_run.c only. */
#include <pthread.h>

#include "job/held.h"

struct job_runner {
    struct job_runner_options options;
    struct db_watch *watch;
    pthread_t dispatcher;
    pthread_t relief;
    pthread_t threads[JOB_THREADS_MAX];
    unsigned started;

    pthread_mutex_t lock;
    pthread_cond_t work;    /* for one idle thread: something is handed, or for all: stopping */
    pthread_cond_t closing; /* for the relief */
    pthread_cond_t taken;   /* for the dispatcher: a thread is idle, or has taken what was handed */
    unsigned idle;          /* threads that wait for a job */
    struct claimed *handed; /* claimed and not yet taken by a thread */
    struct claimed *unsettled; /* run, but the store did not take what came of it */
    struct held held;
    int64_t watched_at;    /* clock_boot_ms(): when an idle thread looks at what is held */
    bool is_closing;       /* the dispatcher claims nothing more */
    bool is_stopping;      /* the threads end; the dispatcher has ended before */
    int64_t next_claim_at; /* clock_boot_ms(): by then the dispatcher has a look, at the latest,
                              for leases that ran out */
    int64_t taken_at;      /* clock_boot_ms(): when a thread took up a job last */

    int64_t clock_ahead; /* of clock_boot_ms(), when it was looked at last; dispatcher only */
};

/* A job for `out`, which has the memory; out->job stays NULL when none is due. */
MUST_CHECK bool runner_claim(struct job_runner *runner, struct db *tx, struct claimed *out,
                             struct err *err);
/* Runs it, and what comes after it to this thread: with its outcome, or held and due by then. */
void runner_run(struct job_runner *runner, struct claimed claimed);
/* Stores what came of a run that is held, in place of going on with it. */
void runner_let_go(struct job_runner *runner, const struct claimed *claimed);
/* The lock is held. */
void runner_keep_unsettled(struct job_runner *runner, const struct claimed *claimed);

int64_t runner_clock_ahead(void);
/* How far the clock was set back since it was `before` ahead; 0 when it was not. */
int64_t runner_clock_back(int64_t before);
