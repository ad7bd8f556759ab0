/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* account_store: a partner's customers. */
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"

struct account {
    const char *id;
    const char *partner_id;
    const char *name;
    const char *email;
    const char *country; /* ISO 3166-1, two letters; NULL when unknown, as the next two */
    const char *state;   /* state or province */
    const char *city;
    int64_t created_at;
};

struct account_filter {
    struct page page;
    const char *name_prefix; /* ASCII letters in either case; NULL: any */
};

struct account_list {
    const struct account *items;
    size_t count;
    bool has_more;
};

enum account_sort { ACCOUNT_BY_NAME, ACCOUNT_BY_EMAIL, ACCOUNT_BY_PARTNER, ACCOUNT_SORT_COUNT };

struct account_sorting {
    struct sort_page page;
    enum account_sort
        sort; /* ACCOUNT_BY_PARTNER, by the partner's name: asked for by the platform only */
    const char *name_prefix; /* as above */
};

extern const struct query_list account_queries;

MUST_CHECK bool account_store_add(struct db *db, const struct account *account, struct err *err);
/* *out is NULL when it is not there or outside of the scope. */
MUST_CHECK bool account_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                  const char *id, const struct account **out, struct err *err);
MUST_CHECK bool account_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                   const struct account_filter *filter, struct account_list *out,
                                   struct err *err);
/* ERR_BAD_INPUT, field "after". */
MUST_CHECK bool account_store_sorted(struct arena *mem, struct db *db, const struct scope *scope,
                                     const struct account_sorting *sorting,
                                     struct account_list *out, struct err *err);
