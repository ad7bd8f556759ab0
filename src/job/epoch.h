/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * epoch: what is done when an edge was ahead of the feed (app/restore.h): a later epoch begins, and
 * every record is made and authenticated again for it, in batches; killed, it goes on with those
 * that are left. Then all that this store says goes over what edges have from the life that is
 * lost, but no earlier certificate over a later one (feed/kept.h). Two things more edges keep:
 *
 * - a host whose certificate in this store has expired, until there is a new one or the time below
 * is over;
 * - what this store does not know: only an end record may remove it, and there is none before
 *   edge.keep_unknown_h have passed. What it is, each edge tells (app/edge_report.h).
 *
 * And the CA is asked about each certificate: what was revoked in the life that is lost is
 * replaced.
 */
#include "job/runner.h"
#include "job/worker.h"

#define EPOCH_AGAIN_MS INT64_C(10000) /* an epoch is at least this old before it is left */
#define EPOCH_LOOK_MS  INT64_C(30000) /* what edges get to show that they are ahead */

/* Subject: edge group. */
MUST_CHECK bool job_epoch(void *worker, struct arena *mem, const struct job *job,
                          struct job_result *out, struct err *err);

/* Whether edges shall keep what this store would take off them. */
MUST_CHECK bool epoch_keeps(const struct worker *worker, bool *out, struct err *err);

/* Publishes the end record of what is live now, unless edges shall still keep what it would remove.
 * *is_done is false when the time of a run was too short for that: it is to be called again. */
MUST_CHECK bool epoch_end(const struct worker *worker, struct arena *mem, bool *is_done,
                          struct err *err);
