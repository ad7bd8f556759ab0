/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * order_at_ca_store: our orders at the CAs, kept as long as something of them may have to be given
 * up: pending or valid authorizations, a certificate (RFC 8555 sections 7.5.2, 7.6). Only the
 * worker asks; no scope.
 */
#include "db/db.h"
#include "store/text_list.h"

#define ORDER_AT_CA_STATES(X)                                                                      \
    X(HELD, "held")     /* its authorizations and its certificate are ours to use */               \
    X(ENDING, "ending") /* to be given up; then the row goes */

#define X(id, name) ORDER_AT_CA_##id,
enum order_at_ca_state { ORDER_AT_CA_STATES(X) ORDER_AT_CA_STATE_COUNT };
#undef X

struct order_at_ca {
    const char *url;
    const char *ca; /* name of the CA in the configuration */
    const char *ca_account_id;
    const char *domain_id;
    const char *issuance_id;
    enum order_at_ca_state state;
    int64_t created_at;
};

struct order_at_ca_list {
    const struct order_at_ca *items;
    size_t count;
};

extern const struct query_list order_at_ca_queries;

/* Adds it. Of one that is there, because the CA gave the same order again, issuance and state are
 * set. */
MUST_CHECK bool order_at_ca_store_put(struct db *db, const struct order_at_ca *order,
                                      struct err *err);
/* What is to be given up of a domain, the oldest first; at most ORDER_AT_CA_BATCH. */
#define ORDER_AT_CA_BATCH 50
MUST_CHECK bool order_at_ca_store_ending(struct arena *mem, struct db *db, const char *domain_id,
                                         struct order_at_ca_list *out, struct err *err);
/* Whether a name of this issuance is still to be given up, with an order at this CA or alone: until
 * it is, a new order would be given its authorizations. */
MUST_CHECK bool order_at_ca_store_blocks(struct db *db, const char *issuance_id, const char *ca,
                                         bool *out, struct err *err);
/* All orders of an issuance, or of a domain, are to be given up. */
MUST_CHECK bool order_at_ca_store_end_issuance(struct db *db, const char *issuance_id,
                                               struct err *err);
MUST_CHECK bool order_at_ca_store_end_domain(struct db *db, const char *domain_id, struct err *err);
/* The held ones of a domain, the newest first; at most ORDER_AT_CA_BATCH. */
MUST_CHECK bool order_at_ca_store_held(struct arena *mem, struct db *db, const char *domain_id,
                                       struct order_at_ca_list *out, struct err *err);
/* When the order was placed: nothing that came of it is older. 0: it is not there. */
MUST_CHECK bool order_at_ca_store_placed_at(struct db *db, const char *url, int64_t *out,
                                            struct err *err);
MUST_CHECK bool order_at_ca_store_remove(struct db *db, const char *url, struct err *err);
/* Forgets the held ones from before `before`: nothing of them is valid any more. */
MUST_CHECK bool order_at_ca_store_forget(struct db *db, int64_t before, struct err *err);

/* One name of a domain was given back, the domain was not: its authorizations are to be given up,
 * until order_at_ca_store_name_left(). */
MUST_CHECK bool order_at_ca_store_leave_name(struct db *db, const char *domain_id, const char *name,
                                             struct err *err);
MUST_CHECK bool order_at_ca_store_leaving_names(struct arena *mem, struct db *db,
                                                const char *domain_id, struct text_list *out,
                                                struct err *err);
MUST_CHECK bool order_at_ca_store_name_left(struct db *db, const char *domain_id, const char *name,
                                            struct err *err);

MUST_CHECK bool order_at_ca_state_parse(const char *name, enum order_at_ca_state *out);
