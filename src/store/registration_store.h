/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* registration_store: what the registry of a domain said of it last. */
#include "db/db.h"

struct domain_registration {
    const char *domain_id;
    bool is_registered;
    const char *states; /* JSON: an array of those that keep it out of DNS, as EPP has them */
    int64_t expires_at; /* 0: not told */
    int64_t seen_at;
};

extern const struct query_list registration_queries;

/* In place of what is there, if that was seen before. */
MUST_CHECK bool registration_store_save(struct db *db, const struct domain_registration *said,
                                        struct err *err);
/* NULL: it was never asked. Whether the caller may see the domain is not looked at. */
MUST_CHECK bool registration_store_get(struct arena *mem, struct db *db, const char *domain_id,
                                       const struct domain_registration **out, struct err *err);
