/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * plan: the children of `latchkey run`, and of `latchkey ca`, as a table for the supervisor:
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

struct plan {
    struct arena *mem; /* of all strings */
    const struct layout *layout;
    struct child_spec *children; /* room for SUPER_CHILDREN_MAX */
    size_t count;
};

struct plan plan_new(struct arena *mem, const struct layout *layout); /* empty */
/* All of the above. Makes the connection between signer and worker. */
MUST_CHECK bool plan_add_all(struct plan *plan, struct err *err);
/* ca-init, ca and the front, and Knot where `has_dns`; the two of the CA with `env` beside our
 * environment. */
void plan_add_ca(struct plan *plan, bool has_dns, const char *const *env);
