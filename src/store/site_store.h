/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* site_store: websites of an account. */
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"

struct site {
    const char *id;
    const char *partner_id;
    const char *account_id;
    const char *name;
    const char *origin_id;
    bool is_https_on;      /* the wish; the worker applies it once a certificate is proven */
    const char *canonical; /* "www" or "apex" */
    int64_t created_at;
    int64_t updated_at;
};

struct site_filter {
    struct page page;
    const char *name_prefix; /* ASCII letters in either case; NULL: any */
};

struct site_list {
    const struct site *items;
    size_t count;
    bool has_more;
};

enum site_sort { SITE_BY_NAME, SITE_BY_HTTPS, SITE_SORT_COUNT };

/* The sites of one account. */
struct site_sorting {
    struct sort_page page;
    enum site_sort sort;
    const char *name_prefix; /* as above */
};

extern const struct query_list site_queries;

/* ERR_CONFLICT, field "foreign_key": no such account or origin. */
MUST_CHECK bool site_store_add(struct db *db, const struct site *site, struct err *err);
/* *out is NULL when it is not there or outside of the scope. */
MUST_CHECK bool site_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                               const char *id, const struct site **out, struct err *err);
MUST_CHECK bool site_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                const struct site_filter *filter, struct site_list *out,
                                struct err *err);
/* `scope` is of an account: asserted. ERR_BAD_INPUT, field "after". */
MUST_CHECK bool site_store_sorted(struct arena *mem, struct db *db, const struct scope *scope,
                                  const struct site_sorting *sorting, struct site_list *out,
                                  struct err *err);
/*
 * Stores name, origin_id, is_https_on, canonical and updated_at of `site`. `seen_at` is the
 * updated_at that the caller read; ERR_LOST_RACE when the row has another, or is not in the scope.
 * site->updated_at must be greater than `seen_at`.
 */
MUST_CHECK bool site_store_save(struct db *db, const struct scope *scope, const struct site *site,
                                int64_t seen_at, struct err *err);
