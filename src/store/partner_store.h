/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* partner_store: resellers, the first level of tenancy. */
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"

struct partner {
    const char *id;
    const char *name;
    const char *brand; /* what the partner's customers read instead of the platform's name */
    int64_t created_at;
};

struct partner_list {
    const struct partner *items;
    size_t count;
    bool has_more;
};

enum partner_sort { PARTNER_BY_NAME, PARTNER_BY_BRAND, PARTNER_SORT_COUNT };

struct partner_sorting {
    struct sort_page page;
    enum partner_sort sort;
    const char *name_prefix; /* ASCII letters in either case; NULL: any */
};

extern const struct query_list partner_queries;

MUST_CHECK bool partner_store_add(struct db *db, const struct partner *partner, struct err *err);
/* *out is NULL when it is not there or outside of the scope. An account sees its own partner, if
 * its scope names it. */
MUST_CHECK bool partner_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                  const char *id, const struct partner **out, struct err *err);
MUST_CHECK bool partner_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                   const struct page *page, struct partner_list *out,
                                   struct err *err);
/* The platform's scope: asserted. ERR_BAD_INPUT, field "after". */
MUST_CHECK bool partner_store_sorted(struct arena *mem, struct db *db, const struct scope *scope,
                                     const struct partner_sorting *sorting,
                                     struct partner_list *out, struct err *err);
