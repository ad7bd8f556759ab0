/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * job_store: the queue. There is one row for each (kind, subject); it says when to run next. A
 * worker claims a due row for a lease; each claim increments `fence`, and everything that the
 * worker stores about the job is checked against its fence, so that a worker that was taken for
 * dead cannot write over its successor.
 *
 * run_at is on the movable clock. Leases are not: on SQLite CLOCK_BOOTTIME with the boot id (the
 * lease of another boot has ended), on PostgreSQL the server's clock.
 *
 * Nothing is lost when a job is enqueued or woken while it runs: job_store_finish() and
 * job_store_reschedule() then take the earlier of the two times.
 */
#include "db/db.h"

struct job {
    const char *id;
    const char *kind;
    const char *subject_id;
    int64_t run_at;
    int64_t fence;
    int64_t attempts;       /* failed runs since the last that did not fail */
    const char *last_error; /* NULL: none */
    int64_t created_at;
};

extern const struct query_list job_queries;

/* Adds the job, or sets run_at of the one that there is, if that makes it earlier. */
MUST_CHECK bool job_store_enqueue(struct db *db, const char *kind, const char *subject_id,
                                  int64_t run_at, struct err *err);
/* Every job of this subject is due `now`, or earlier. *woken (may be NULL) is how many there are.
 */
MUST_CHECK bool job_store_wake(struct db *db, const char *subject_id, int64_t now, int64_t *woken,
                               struct err *err);

/* The same for every issuance whose last calls to this CA have failed, but those that it has told
 * to wait. */
MUST_CHECK bool job_store_wake_of_ca(struct db *db, const char *ca, int64_t now, struct err *err);

/* Every job of this kind is due soon, or earlier: spread evenly from `now` on, `apart_ms` (over 0)
 * for each of them, so that other jobs find room between them. */
MUST_CHECK bool job_store_spread(struct db *db, const char *kind, int64_t now, int64_t apart_ms,
                                 struct err *err);

struct job_claim {
    const char *owner; /* "worker-1/3": for people, and for job_store_release() */
    int64_t now;       /* jobs with run_at <= now are due */
    int64_t lease_ms;
    bool is_local; /* only a job that asks no CA */
};

/* The job that is due longest, with a lease from now; *out is NULL when none is due. */
MUST_CHECK bool job_store_claim(struct arena *mem, struct db *db, const struct job_claim *claim,
                                const struct job **out, struct err *err);
/* All of these: ERR_LOST_RACE when job->fence is not the row's any more. */
/* A new lease of lease_ms from now; also the way to check the fence in a transaction in between. */
MUST_CHECK bool job_store_extend(struct db *db, const struct job *job, int64_t lease_ms,
                                 struct err *err);
/* Removes the job, unless it was enqueued or woken since the claim: then it runs again. */
MUST_CHECK bool job_store_finish(struct db *db, const struct job *job, struct err *err);
/* Ends the lease; the job runs next at `run_at`. `error` (NULL: none) is the text of a failed run,
 * which counts as an attempt. */
MUST_CHECK bool job_store_reschedule(struct db *db, const struct job *job, int64_t run_at,
                                     const char *error, struct err *err);

/* The clock was set back by step_ms: what is due after `now` is due so much sooner, else it would
 * wait until the clock has come as far again. Some jobs then come too soon, and wait again. */
MUST_CHECK bool job_store_clock_back(struct db *db, int64_t now, int64_t step_ms, struct err *err);
/* Ends all leases of an owner that is known to be dead, whose place the caller has taken. `owner`
 * is the text before the first '/'. */
MUST_CHECK bool job_store_release(struct db *db, const char *owner, int64_t *released,
                                  struct err *err);
/* *run_at is when the next job without a lease is due, INT64_MAX when there is none. Leases that
 * run out are not looked at: ask again from time to time. */
MUST_CHECK bool job_store_next(struct db *db, int64_t *run_at, struct err *err);
/* *out is NULL when there is no such job. */
MUST_CHECK bool job_store_find(struct arena *mem, struct db *db, const char *kind,
                               const char *subject_id, const struct job **out, struct err *err);
