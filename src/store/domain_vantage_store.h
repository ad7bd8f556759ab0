/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* domain_vantage_store: what vantage points saw of a domain when its names were checked last. */
#include "db/db.h"

struct domain_vantage {
    const char *domain_id;
    int64_t seen_at;
    const char *seen; /* JSON: the vantages of that check (check/report.h) */
};

extern const struct query_list domain_vantage_queries;

/* In place of what is there. */
MUST_CHECK bool domain_vantage_store_save(struct db *db, const struct domain_vantage *vantage,
                                          struct err *err);
/* NULL: none was asked. Whether the caller may see the domain is not looked at. */
MUST_CHECK bool domain_vantage_store_get(struct arena *mem, struct db *db, const char *domain_id,
                                         const struct domain_vantage **out, struct err *err);
MUST_CHECK bool domain_vantage_store_drop(struct db *db, const char *domain_id, struct err *err);
