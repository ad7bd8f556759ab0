/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edge_report: what an edge says of itself: trouble that keeps it from taking more, hosts that
 * it serves and the feed does not name, and hosts with a later certificate than the store has. */
#include "app/edge.h"
#include "store/edge_report_store.h"

/* What `edge` says now. Stored when it is something else than before; that trouble, unknown hosts
 * or kept ones began or ended goes into the timeline. report->edge_id and report->at are set here.
 */
MUST_CHECK bool app_edge_report(const struct app *app, struct arena *mem, const struct edge *edge,
                                const struct edge_report *report, struct err *err);
