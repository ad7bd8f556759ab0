/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* domain_store: names that an account brought in. Who holds a name is claim_store. */
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"

struct domain {
    const char *id;
    const char *partner_id;
    const char *account_id;
    const char *site_id; /* NULL: not attached */
    const char *name;    /* lower-case A-labels, no final dot; may begin with "*." */
    const char *registered_domain;
    bool is_removed;
    int64_t created_at;
};

struct domain_filter {
    struct page page;
    const char *site_id;     /* NULL: any, as below */
    const char *name_prefix; /* lower-case A-labels */
    bool with_removed;
};

struct domain_list {
    const struct domain *items;
    size_t count;
    bool has_more;
};

extern const struct query_list domain_queries;

/* ERR_CONFLICT, field "domain.account_id": the account has a domain of this name, not removed. */
MUST_CHECK bool domain_store_add(struct db *db, const struct domain *domain, struct err *err);
/* *out is NULL when it is not there or outside of the scope; a removed one is there. */
MUST_CHECK bool domain_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                 const char *id, const struct domain **out, struct err *err);
MUST_CHECK bool domain_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                  const struct domain_filter *filter, struct domain_list *out,
                                  struct err *err);
/* A text that is another one whenever an event of the domain, a change of its newest issuance, or
 * a look at one of its names was stored; cheap. NULL when the domain is not there or outside of the
 * scope. */
MUST_CHECK bool domain_store_version(struct arena *mem, struct db *db, const struct scope *scope,
                                     const char *id, const char **out, struct err *err);
/* ERR_LOST_RACE when it is removed already or not in the scope. Its claims: claim_store_end(). */
MUST_CHECK bool domain_store_remove(struct db *db, const struct scope *scope, const char *id,
                                    struct err *err);
