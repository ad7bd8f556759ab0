/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ca_standing_store: how each CA does, shared by all workers; the rule is model/ca_breaker.h. */
#include "db/db.h"
#include "model/ca_breaker.h"

struct ca_standing {
    const char *ca; /* its id in the configuration */
    struct ca_breaker breaker;
    const char *error_text; /* of the last failure; NULL: none */
    int64_t version;        /* of the row that was read; 0: there is none yet */
};

extern const struct query_list ca_standing_queries;

/* One of which nothing was stored yet is closed, with version 0. */
MUST_CHECK bool ca_standing_store_get(struct arena *mem, struct db *db, const char *ca,
                                      struct ca_standing *out, struct err *err);
/* ERR_LOST_RACE when the row has not standing->version any more; else it is one more. */
MUST_CHECK bool ca_standing_store_save(struct db *db, struct ca_standing *standing,
                                       struct err *err);
