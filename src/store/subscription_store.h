/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* subscription_store: the paid terms of domains. The rules are model/subscription_state.h. */
#include "db/db.h"
#include "model/subscription_state.h"
#include "store/page.h"
#include "store/scope.h"

struct subscription {
    const char *id;
    const char *partner_id;
    const char *account_id;
    const char *domain_id; /* for life (R11) */
    const char *order_id;  /* the one that began it */
    enum subscription_state state;
    int64_t term_start_at;
    int64_t term_end_at;
    bool is_auto_renew;
    int64_t created_at;
};

struct subscription_filter {
    struct page page;
    const char *domain_id;                /* NULL: any */
    const enum subscription_state *state; /* NULL: any */
};

struct subscription_list {
    const struct subscription *items;
    size_t count;
    bool has_more;
};

extern const struct query_list subscription_queries;

/* ERR_CONFLICT, field "subscription.domain_id": the domain has one that has not ended; field
 * "subscription.order_id": the order began one already. */
MUST_CHECK bool subscription_store_add(struct db *db, const struct subscription *subscription,
                                       struct err *err);
/* *out is NULL when it is not there or outside of the scope. */
MUST_CHECK bool subscription_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                       const char *id, const struct subscription **out,
                                       struct err *err);
/* The one of the domain that is neither expired nor cancelled; *out is NULL when there is none. */
MUST_CHECK bool subscription_store_current(struct arena *mem, struct db *db,
                                           const struct scope *scope, const char *domain_id,
                                           const struct subscription **out, struct err *err);
MUST_CHECK bool subscription_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                        const struct subscription_filter *filter,
                                        struct subscription_list *out, struct err *err);
/* ERR_LOST_RACE when its state is not `from` any more, or it is not in the scope. */
MUST_CHECK bool subscription_store_move(struct db *db, const struct scope *scope, const char *id,
                                        enum subscription_state from, enum subscription_state to,
                                        struct err *err);
/* ERR_LOST_RACE when it has ended or is not in the scope. */
MUST_CHECK bool subscription_store_set_auto_renew(struct db *db, const struct scope *scope,
                                                  const char *id, bool is_auto_renew,
                                                  struct err *err);
