/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* address_store: where customers' names must point: the platform's set, or a partner's own. */
#include "db/db.h"
#include "store/text_list.h"

struct address_set {
    const char *partner_id; /* "": the platform's default */
    struct text_list ipv4;
    struct text_list ipv6; /* empty: any AAAA of a name is foreign (R32) */
    const char *cname;     /* NULL: none offered */
};

extern const struct query_list address_queries;

MUST_CHECK bool address_store_put(struct db *db, const struct address_set *set, struct err *err);
/* The partner's set, else the default; *out is NULL when there is neither. */
MUST_CHECK bool address_store_get(struct arena *mem, struct db *db, const char *partner_id,
                                  const struct address_set **out, struct err *err);
