/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edge_progress: who is waked when the edges of a group have moved on. */
#include "app/edge.h"

/* Makes the jobs of the issuances due that had to wait for the edges as they were `before`, and
 * need not as they are `after`. Part of the caller's transaction. */
MUST_CHECK bool edge_progress_wake(struct arena *mem, struct db *tx, const struct edge_list *before,
                                   const struct edge_list *after, int64_t now, struct err *err);

/* The edges of the group are looked at (app/edge_look.h) as soon as a worker is free. */
MUST_CHECK bool edge_look_soon(struct db *tx, const char *group, int64_t now, struct err *err);
