/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* check_store: what the checks of a name found, each run once. */
#include "db/db.h"
#include "store/scope.h"

struct check_run {
    const char *id;
    const char *partner_id; /* NULL: the operator's own, as account_id */
    const char *account_id;
    const char *domain_id; /* NULL: a name that is nobody's domain yet */
    const char *name;
    int64_t at;
    const char *verdict;  /* "ready", "not_ready" or "unknown" */
    const char *findings; /* JSON array */
};

extern const struct query_list check_queries;

MUST_CHECK bool check_store_add(struct db *db, const struct check_run *run, struct err *err);
/* *out is NULL when it is not there or outside of the scope. */
MUST_CHECK bool check_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                const char *id, const struct check_run **out, struct err *err);
