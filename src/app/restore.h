/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * restore: how a store learns that it is an older copy of itself. Edges keep what they have; one
 * whose cursor is ahead of the feed, or where no cursor can be (feed_store_leave_gap()), has what
 * this store has never told. That is written down and JOB_EPOCH enqueued; nothing goes to that edge
 * until the job has begun a later epoch.
 *
 * A cursor is the word of an edge, and of whoever relays it: an epoch that lies more than
 * RESTORE_FUTURE_MS ahead is not believed, unless it is the store's own. An edge that was led there
 * takes a snapshot, as from any other place that cannot be followed; what is newer there by its MAC
 * it keeps by itself.
 */
#include "app/edge.h"
#include "store/feed_store.h"

#define RESTORE_FUTURE_MS INT64_C(86400000)

/* Whether an edge that is at this place of its group's feed proves that the store is an older copy.
 */
MUST_CHECK bool app_restore_is_proof(struct db *db, const char *group, const struct feed_head *head,
                                     const struct edge_ack *at, bool *out, struct err *err);

/* Looks at the cursors of one group. Part of the caller's transaction. */
MUST_CHECK bool app_restore_note(struct arena *mem, struct db *tx, const struct edge_acks *acks,
                                 struct err *err);
