/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * plan: the children of `latchkey run`, as a table for the supervisor:
 *
 *     1 store     bootstrap (schema, tokens, edges)      a step
 *     2 keys      signer init                            a step
 *     3 ca-init   root, intermediate, certificate of the front nginx; every 12 hours    a step
 *     4 dns       Knot;  signer
 *     5 web, worker, ca
 *     6 front     nginx before web and ca;  origin, the demo site
 *     7 NAME-agent    of each edge; makes its LMDB
 *     8 NAME          nginx of each edge
 */
#include "super/layout.h"
#include "super/supervisor.h"

#define PLAN_FIRST_ORDER 9 /* the order of what runs beside them */

/* *count of them; strings come from `mem`. Makes the connection between signer and worker. */
MUST_CHECK bool plan_make(struct arena *mem, const struct layout *layout,
                          const struct child_spec **out, size_t *count, struct err *err);
