/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * tidy: deletes what has ended, in a thread of its own: orders that led to no certificate,
 * authorizations and their challenges, full buckets of the rate limits, old journal entries.
 * Accounts, certificates and the orders that they came of stay. Each transaction deletes a bounded
 * number of rows, and requests get their turns between two.
 *
 * Times are those of the movable clock.
 */
#include "db/db.h"

#define CA_DAY_MS          (INT64_C(86400) * 1000)
#define CA_TIDY_BATCH      32 /* orders, authorizations, ... in one transaction */
#define CA_TIDY_SHARE      10 /* one part in so many of the time, however much there is to do */
#define CA_TIDY_EVERY_MS   (INT64_C(60) * 1000)
#define CA_ENDED_KEPT_MS   (7 * CA_DAY_MS)  /* after its end, when no order that needs it is open */
#define CA_JOURNAL_KEPT_MS (90 * CA_DAY_MS) /* after it was written */

/* One transaction of each kind; *is_more: there may be more to do at once. */
MUST_CHECK bool ca_tidy_batch(struct db *db, int64_t at, bool *is_more, struct err *err);

struct ca_tidy;

/* Begins at once, and again each CA_TIDY_EVERY_MS or when the clock was moved. `db` must live as
 * long. What fails is logged, and tried again the next time. */
struct ca_tidy *ca_tidy_start(struct db *db);
void ca_tidy_stop(struct ca_tidy *tidy); /* after the batch that runs; NULL is fine */
