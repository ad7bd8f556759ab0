/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* zone_notice_store: why a zone of ours (dns.update) could not be changed, as the operator was
 * told, for as long as it lasts. */
#include "db/db.h"

struct zone_notice {
    const char *zone;
    const char *text;
    int64_t told_at;
};

/* A reason may hold an instant or a number of its own: another one is told after so long. */
#define ZONE_NOTICE_AGAIN_MS INT64_C(600000)

extern const struct query_list zone_notice_queries;

/* *is_new: it is to be told. Not when this was told already, or another reason just now. */
MUST_CHECK bool zone_notice_store_put(struct db *db, const struct zone_notice *notice, bool *is_new,
                                      struct err *err);
/* *was_there tells whether there was one. */
MUST_CHECK bool zone_notice_store_end(struct db *db, const char *zone, bool *was_there,
                                      struct err *err);
