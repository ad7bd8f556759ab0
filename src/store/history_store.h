/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* history_store: what looks have seen of the names of a domain, as it changed. Bounded: the last
 * HISTORY_MAX changes of a domain are kept. */
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"

#define HISTORY_MAX 200

struct name_change {
    const char *id;
    const char *partner_id, *account_id, *domain_id;
    const char *name; /* lower-case A-labels */
    int64_t at;
    const char *dns_state; /* model/dns_verdict.h, by name */
    const char *code;      /* of its finding; NULL: none */
    const char *title;     /* of its finding, for people; NULL: none */
    const char *seen;      /* JSON of check/sighting.h */
    bool varies;           /* it differs from look to look: for a while no more is kept of it */
};

struct name_change_list {
    const struct name_change *items;
    size_t count;
    bool has_more;
};

struct history_filter {
    struct page page; /* `after` is an id: changes before it; one that is not known begins anew */
    const char *domain_id;
    const char *name_prefix; /* NULL: any */
};

struct history_of_name {
    const char *domain_id, *name;
    int64_t most;
};

extern const struct query_list history_queries;

/* In the caller's transaction; what is more than HISTORY_MAX is forgotten, the oldest first. */
MUST_CHECK bool history_store_add(struct db *db, const struct name_change *change, struct err *err);
/* The last changes of a name, at most `most`, the newest first. For the worker: no scope. */
MUST_CHECK bool history_store_latest(struct arena *mem, struct db *db,
                                     const struct history_of_name *of, struct name_change_list *out,
                                     struct err *err);
/* The newest first; empty when the domain is outside of the scope. */
MUST_CHECK bool history_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                   const struct history_filter *filter,
                                   struct name_change_list *out, struct err *err);
