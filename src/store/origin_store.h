/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* origin_store: the operator's list of origins. A site names one by id, never by address (R43). */
#include "db/db.h"

struct origin {
    const char *id;      /* chosen by the operator: [a-z0-9-], 1..63 */
    const char *address; /* "127.0.0.1:8090" */
    int64_t created_at;
};

struct origin_list {
    const struct origin *items;
    size_t count;
};

extern const struct query_list origin_queries;

/* Adds it, or gives the one with this id another address. */
MUST_CHECK bool origin_store_put(struct db *db, const struct origin *origin, struct err *err);
/* *out is NULL when it is not there. */
MUST_CHECK bool origin_store_get(struct arena *mem, struct db *db, const char *id,
                                 const struct origin **out, struct err *err);
/* All, in order of the id. */
MUST_CHECK bool origin_store_list(struct arena *mem, struct db *db, struct origin_list *out,
                                  struct err *err);
