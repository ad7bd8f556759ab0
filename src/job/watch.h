/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * watch: domains are looked at by themselves. One job for all takes those that are due out of
 * store/watch_store.h, asks their name servers whether anything has changed (job/glance.h), and
 * wakes whoever checks the names: the issuance that waits for them, else job_names(). How often is
 * model/watch_pace.h.
 */
#include "job/runner.h"
#include "job/worker.h"

#define JOB_WATCH_MOST     64              /* domains of a run */
#define JOB_WATCH_TURNS    8               /* of a partner, where more is due */
#define JOB_WATCH_APART_MS INT64_C(500)    /* between two runs */
#define JOB_WATCH_FIRST_MS INT64_C(1000)   /* to a glance at servers that a look has just found */
#define JOB_WATCH_IDLE_MS  INT64_C(60000)  /* when nothing is watched */
#define JOB_WATCH_LATE_MS  INT64_C(600000) /* what is later than this at a start is put off */
#define JOB_WATCH_SPACE_MS INT64_C(100)    /* between two of these */
#define JOB_WATCH_CARE_MS                                                                          \
    INT64_C(600000) /* between two whole looks since the page of a                                 \
                       secured domain is open */

MUST_CHECK bool job_watch(void *worker, struct arena *mem, const struct job *job,
                          struct job_result *out, struct err *err);

/* For whoever checks the names of a domain, whose watch may be NULL. */
struct domain_watch;
/* When a whole look that did not pass is repeated: as long again as it has been since `began`,
 * since somebody cared, or since a glance saw a change, within the configured bounds. */
int64_t watch_again_at(const struct config *config, const struct domain_watch *watch, int64_t began,
                       int64_t now);
/* Stores which name servers a report has found, if they are others. */
MUST_CHECK bool watch_keep_servers(struct arena *mem, struct db *tx,
                                   const struct domain_watch *watch,
                                   const struct check_report *report, struct err *err);

/* For the start of a worker: what has become due while none ran does not come all at once. */
MUST_CHECK bool watch_start(struct db *db, struct err *err);
