/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * overview_store: one line about each domain that is not removed, kept ready for lists and counts.
 * It follows from what the other stores hold; app/overview.h makes it. Stores that change what it
 * follows from say so by overview_store_touch(), within the same transaction.
 */
#include "db/db.h"
#include "model/badge.h"
#include "store/domain_store.h"

/* Why somebody must act, the most urgent first. */
enum overview_need {
    OVERVIEW_NEED_NOTHING,
    OVERVIEW_NEED_LAPSED, /* paid for, and visitors get no certificate */
    OVERVIEW_NEED_RENEWAL,
    OVERVIEW_NEED_ACTION,
    OVERVIEW_NEED_COUNT
};

struct overview {
    const char *domain_id;
    const char *partner_id;
    const char *account_id;
    const char *name;
    enum badge_kind badge;
    enum who_acts who_acts;
    enum overview_need need;
    int64_t need_at;     /* by when, else since when; 0: not known */
    bool is_ordered;     /* a certificate was ordered for it once */
    int64_t term_end_at; /* 0: no term */
    int64_t due_at;      /* from when on it is out of date */
    int64_t version;     /* as it was read */
};

struct overview_list {
    const struct overview *items;
    size_t count;
    bool has_more;
};

enum overview_sort {
    OVERVIEW_BY_NAME,
    OVERVIEW_BY_BADGE, /* the most urgent first, then by name */
    OVERVIEW_BY_TERM,  /* without a term last */
    OVERVIEW_SORT_COUNT
};

struct overview_filter {
    struct sort_page page;
    enum overview_sort sort;
    const char *name_prefix; /* lower-case A-labels; NULL: any */
    bool is_ordered_only;
    const enum badge_kind *badge; /* NULL: any; then in order of names, whatever `sort` says */
};

extern const struct query_list overview_queries;

/* Out of date from the beginning. */
MUST_CHECK bool overview_store_add(struct db *db, const struct domain *domain, struct err *err);
/* It is out of date from now on, unless it was before. One that is not there is none's. */
MUST_CHECK bool overview_store_touch(struct db *db, const char *domain_id, struct err *err);
/* The clock was set back by `step_ms`, to `now`: what was out of date before stays so. */
MUST_CHECK bool overview_store_clock_back(struct db *db, int64_t now, int64_t step_ms,
                                          struct err *err);
MUST_CHECK bool overview_store_remove(struct db *db, const char *domain_id, struct err *err);

/* Those that are out of date at `now`, at most `limit`. */
struct overview_due {
    int64_t now, limit;
};
MUST_CHECK bool overview_store_due(struct arena *mem, struct db *db, const struct scope *scope,
                                   const struct overview_due *which, struct overview_list *out,
                                   struct err *err);
/* Stores what was made, unless it was touched since it was read: then it stays out of date. */
MUST_CHECK bool overview_store_save(struct db *db, const struct overview *overview,
                                    struct err *err);

/* How many domains have each badge. */
MUST_CHECK bool overview_store_count(struct arena *mem, struct db *db, const struct scope *scope,
                                     int64_t counts[BADGE_COUNT], struct err *err);
/* Those that somebody must act for, the most urgent first. */
MUST_CHECK bool overview_store_needs(struct arena *mem, struct db *db, const struct scope *scope,
                                     int64_t limit, struct overview_list *out, struct err *err);
/* ERR_BAD_INPUT, field "after". */
MUST_CHECK bool overview_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                    const struct overview_filter *filter, struct overview_list *out,
                                    struct err *err);
