/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * order_store: orders and which authorizations they need. States are changed by statements that say
 * what the state was, so that of two that race one loses (ERR_LOST_RACE) and nothing is done twice.
 */
#include "ca/identifier.h"
#include "ca/status.h"
#include "db/db.h"

struct ca_order {
    int64_t id, account_id;
    enum ca_status status; /* as stored: that it has expired is the reader's to see */
    struct ca_names names;
    const char *profile;
    const char *replaces; /* id of a certificate (ca/renewal.h), or NULL */
    const char *error;    /* a problem document, or NULL */
    struct slice csr;     /* DER; empty before finalize */
    const char *serial;   /* of its certificate, or NULL */
    int64_t created_at, expires_at;
};

struct ca_ids {
    const int64_t *items;
    size_t count;
};

/* An account and names, at a time: what is asked about. */
struct ca_claim {
    int64_t account_id;
    struct ca_names names;
    const char *profile; /* of an order */
    int64_t at;
};

/* *out = NULL: there is none. */
MUST_CHECK bool ca_order_get(struct arena *mem, struct db *db, int64_t id,
                             const struct ca_order **out, struct err *err);
/* The newest pending or ready order of the account for exactly these names, by this profile, that
 * has not expired. */
MUST_CHECK bool ca_order_find_open(struct arena *mem, struct db *db, const struct ca_claim *claim,
                                   const struct ca_order **out, struct err *err);
/* Whether an order replaces the certificate of this id: one that is open, or has led or may lead to
 * a certificate. */
MUST_CHECK bool ca_order_is_replacing(struct arena *mem, struct db *db, const char *replaces,
                                      int64_t at, bool *out, struct err *err);
/* Its id is given by the database; pending, or ready. */
MUST_CHECK bool ca_order_add(struct arena *mem, struct db *db, const struct ca_order *order,
                             int64_t *id, struct err *err);
MUST_CHECK bool ca_order_need(struct db *db, int64_t id, int64_t authorization_id, struct err *err);
MUST_CHECK bool ca_order_needs(struct arena *mem, struct db *db, int64_t id, struct ca_ids *out,
                               struct err *err);

/* pending -> ready, of each order that needs this authorization and has all its others. */
MUST_CHECK bool ca_order_ready_by(struct db *db, int64_t authorization_id, struct err *err);
/* pending, ready -> invalid, of each order that needs this authorization. */
MUST_CHECK bool ca_order_invalid_by(struct db *db, int64_t authorization_id, struct err *err);
/* ready -> processing */
MUST_CHECK bool ca_order_finalize(struct db *db, int64_t id, struct slice csr, struct err *err);
/* processing -> valid */
MUST_CHECK bool ca_order_complete(struct db *db, int64_t id, const char *serial, struct err *err);
/* processing -> invalid */
MUST_CHECK bool ca_order_fail(struct db *db, int64_t id, const char *error, struct err *err);

/* Those that a killed CA left in processing: at most CA_ORDER_PAGE after `after_id`, rising. */
#define CA_ORDER_PAGE 1000
MUST_CHECK bool ca_order_processing(struct arena *mem, struct db *db, int64_t after_id,
                                    struct ca_ids *out, struct err *err);

/* Deletes at most `limit` (1..) that expired before `before` and led to no certificate, those that
 * expired first before others; *count: how many. `tx` is a transaction. */
MUST_CHECK bool ca_order_tidy(struct db *tx, int64_t before, int64_t limit, int64_t *count,
                              struct err *err);

extern const struct query_list ca_order_queries;

/* The first column of each row. */
struct ca_ids ca_ids_read(struct arena *mem, const struct rows *rows);
