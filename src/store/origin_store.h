/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* origin_store: the operator's list of origins. A site names one by id, never by address (R43). */
#include "db/db.h"

struct origin {
    const char *id;      /* chosen by the operator: [a-z0-9-], 1..63 */
    const char *address; /* "127.0.0.1:8090" */
    int64_t created_at;
};

extern const struct query_list origin_queries;

/* Adds it, or gives the one with this id another address. */
MUST_CHECK bool origin_store_put(struct db *db, const struct origin *origin, struct err *err);
