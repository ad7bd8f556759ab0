/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* jobs: the jobs besides job_issue() (job/issue.h), and the table of all. */
#include "job/runner.h"
#include "job/worker.h"

/* Subject: domain id. Its host records follow the site. */
MUST_CHECK bool job_publish(void *worker, struct arena *mem, const struct job *job,
                            struct job_result *out, struct err *err);
/* Subject: edge group. Check key and origins, then the end record; again every
 * JOB_SETTINGS_EVERY_MS. A worker that has just started leaves the end record for the next time:
 * edges shall have shown first whether its store is an older copy. */
#define JOB_SETTINGS_EVERY_MS INT64_C(600000)
MUST_CHECK bool job_settings(void *worker, struct arena *mem, const struct job *job,
                             struct job_result *out, struct err *err);

/* Subject: JOB_PLATFORM. Forgets the answers to Idempotency-Keys after JOB_ANSWERS_KEPT_MS,
 * deletions in the feed after JOB_TOMBSTONES_KEPT_MS (an edge that was away for longer takes a
 * snapshot), orders at CAs after JOB_CA_ORDERS_KEPT_MS, sessions, links and tries to sign in that
 * are over; again every JOB_TIDY_EVERY_MS. */
#define JOB_TIDY_EVERY_MS   INT64_C(3600000)
#define JOB_ANSWERS_KEPT_MS INT64_C(604800000) /* a week */
/* Likewise, on the real clock. */
#define JOB_TOMBSTONES_KEPT_MS INT64_C(604800000)
/* Longer than an authorization or a certificate is valid: 400 days. */
#define JOB_CA_ORDERS_KEPT_MS INT64_C(34560000000)
#define JOB_BUCKETS_KEPT_MS   INT64_C(3600000) /* full ones: the clock may be set back so far */
MUST_CHECK bool job_tidy(void *worker, struct arena *mem, const struct job *job,
                         struct job_result *out, struct err *err);

/* Subject: JOB_PLATFORM. Makes the lines that are out of date since JOB_OVERVIEW_REST_MS again
 * (app/overview.h), by when most issuances have ended; again after JOB_OVERVIEW_EVERY_MS. Whoever
 * looks earlier makes their own. */
#define JOB_OVERVIEW_EVERY_MS INT64_C(5000)
#define JOB_OVERVIEW_REST_MS  INT64_C(5000)
MUST_CHECK bool job_overview(void *worker, struct arena *mem, const struct job *job,
                             struct job_result *out, struct err *err);

/* Subject: edge group. Has the questions of `web` to vantage points signed (app/vantage.h). */
MUST_CHECK bool job_vantages(void *worker, struct arena *mem, const struct job *job,
                             struct job_result *out, struct err *err);

/* A runner for all kinds; enqueues what runs for ever. */
MUST_CHECK bool jobs_start(struct worker *worker, const char *owner, struct job_runner **out,
                           struct err *err);
