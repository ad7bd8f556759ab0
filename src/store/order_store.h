/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* order_store: orders, the commercial wish for a certificate. The rules are model/order_state.h. */
#include "db/db.h"
#include "model/order_state.h"
#include "store/page.h"
#include "store/scope.h"

struct cert_order {
    const char *id;
    const char *partner_id;
    const char *account_id;
    const char *domain_id;
    const char *subscription_id; /* NULL until fulfilled */
    enum order_state state;
    const char *ca;      /* name of the CA in the configuration */
    const char *country; /* ISO 3166-1, two letters; NULL: left out of the CSR, as the next two */
    const char *state_or_province;
    const char *city;
    bool is_auto_renew;
    int64_t created_at;
    int64_t placed_at; /* 0: not yet, as the next two */
    int64_t fulfilled_at;
    int64_t cancelled_at;
};

struct order_filter {
    struct page page;
    const char *domain_id;         /* NULL: any */
    const enum order_state *state; /* NULL: any */
};

struct order_list {
    const struct cert_order *items;
    size_t count;
    bool has_more;
};

extern const struct query_list order_queries;

/* The err.field of the rule that a domain has one placed order. */
#define ORDER_IS_PLACED "cert_order.domain_id"
/* ERR_CONFLICT, field ORDER_IS_PLACED. */
MUST_CHECK bool order_store_add(struct db *db, const struct cert_order *order, struct err *err);
/* *out is NULL when it is not there or outside of the scope. */
MUST_CHECK bool order_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                const char *id, const struct cert_order **out, struct err *err);
/* The newest of a domain, whatever its state; *out is NULL when there is none. */
MUST_CHECK bool order_store_latest(struct arena *mem, struct db *db, const struct scope *scope,
                                   const char *domain_id, const struct cert_order **out,
                                   struct err *err);
MUST_CHECK bool order_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                 const struct order_filter *filter, struct order_list *out,
                                 struct err *err);
/*
 * Moves `order` from the state it was read in to `to`, and stores placed_at, fulfilled_at or
 * cancelled_at = now where `to` has one. ERR_LOST_RACE when its state is another by now, or it is
 * not in the scope. ERR_CONFLICT as order_store_add.
 */
MUST_CHECK bool order_store_move(struct db *db, const struct scope *scope,
                                 const struct cert_order *order, enum order_state to, int64_t now,
                                 struct err *err);
/* ERR_LOST_RACE when it has a subscription already. */
MUST_CHECK bool order_store_set_subscription(struct db *db, const char *id,
                                             const char *subscription_id, struct err *err);
