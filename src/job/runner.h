/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * runner: takes due jobs out of the queue and runs them in threads, each with straight-line code.
 *
 * One dispatcher claims jobs for the threads that are idle; it wakes at once when this process
 * commits, within DB_WATCH_MS when another one does, and at the next run_at. While none is idle, a
 * thread takes its next job in the transaction that stores what came of its last one. A run that
 * has to wait says until when and returns: no thread ever sleeps for a job. One that waits for a
 * moment only, and can go on where it was, keeps its lease and its memory meanwhile (job/held.h). A
 * run that fails is repeated after a growing time (or at err.retry_at); one that lost a race is
 * repeated at once.
 */
#include "base/arena.h"
#include "model/job_kind.h"
#include "store/job_store.h"

/* Longer than a run takes between two transactions: its requests have deadlines. A run that stores
 * on its way begins the lease anew each time (job_tx_begin()). */
#define JOB_LEASE_MS INT64_C(120000)

struct job_result {
    bool is_done;   /* the job is removed */
    bool is_stored; /* that was done already, in a transaction of the run: job_end() */
    int64_t run_at; /* else it runs again then */
    /* What the run has learned, stored with that; or NULL. It lives as long as the run's memory. */
    bool (*also)(void *arg, struct db *tx, struct err *err);
    void *also_arg;
    /* In place of a new run, by run_at, as long as the memory of this one lives; or NULL. */
    bool (*go_on)(void *arg, struct job_result *out, struct err *err);
    void *go_on_arg;
    struct job_turn *turn; /* the runner's own */
};

typedef bool (*job_fn)(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                       struct err *err);

struct job_runner_options {
    struct db *db;
    const char *owner; /* of the leases, without '/': unique among the workers of a store */
    unsigned threads;  /* 1..JOB_THREADS_MAX */
    job_fn run[JOB_KIND_COUNT];
    void *arg;
};

#define JOB_THREADS_MAX 64

struct job_runner;

/* Ends the leases that a dead worker of this name left, and begins. */
MUST_CHECK bool job_runner_start(const struct job_runner_options *options, struct job_runner **out,
                                 struct err *err);
/* Lets the runs under way end. */
void job_runner_stop(struct job_runner *runner);

/* A transaction of a run that still has its lease, which begins anew: a run may take longer than
 * one lease, but no longer than that between two transactions. ERR_LOST_RACE: it has it no more. */
MUST_CHECK bool job_tx_begin(struct db *db, const struct job *job, struct db **tx, struct err *err);

/* In a transaction after which the run does nothing more: stores what came of it, as the runner
 * would, and with it what its thread goes on with. Once that is committed, `result` is_stored. */
MUST_CHECK bool job_end(const struct job_result *result, struct db *tx, const struct job *job,
                        struct err *err);

/* When a run that failed `attempts` times before is repeated, in ms from now. */
int64_t job_backoff_ms(int64_t attempts);
