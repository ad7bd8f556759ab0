/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* certificate_store: what was issued, by which intermediate, and what was revoked. */
#include "ca/identifier.h"
#include "db/db.h"

struct ca_issued {
    const char *serial; /* lower-case hex */
    int64_t order_id, account_id;
    const char *issuer_id;
    struct ca_names names;
    struct slice der;
    const char *key_hash;
    int64_t not_before, not_after, created_at;
    int64_t revoked_at;        /* 0 = not */
    int64_t revocation_reason; /* RFC 5280 section 5.3.1 */
    int64_t renew_at;          /* when an operator asked for its renewal; 0 = not */
};

/* An intermediate that has signed. */
struct ca_issuer {
    const char *id;            /* SHA-256 of its DER, hex */
    const char *chain_pem;     /* what follows a leaf; its own certificate is the first */
    const char *alternate_pem; /* what else may follow it, or NULL */
    int64_t created_at;
};

/* Fine when it is there. */
MUST_CHECK bool ca_issuer_add(struct db *db, const struct ca_issuer *issuer, struct err *err);
/* By its id, or the first CA_ISSUER_SHORT_LEN or more digits of it. ERR_NOT_FOUND. */
#define CA_ISSUER_SHORT_LEN 16
MUST_CHECK bool ca_issuer_get(struct arena *mem, struct db *db, const char *id,
                              struct ca_issuer *out, struct err *err);

/* ERR_CONFLICT: the order has a certificate. */
MUST_CHECK bool ca_issued_add(struct arena *mem, struct db *db, const struct ca_issued *issued,
                              struct err *err);
/* *out = NULL: there is none. */
MUST_CHECK bool ca_issued_get(struct arena *mem, struct db *db, const char *serial,
                              const struct ca_issued **out, struct err *err);
/* Whether one was issued for exactly these names, to any account, after `since`. */
MUST_CHECK bool ca_issued_has(struct arena *mem, struct db *db, const struct ca_names *names,
                              int64_t since, bool *out, struct err *err);
/* In a transaction: its CRL is stale, too. ERR_LOST_RACE: it was revoked before. */
MUST_CHECK bool ca_issued_revoke(struct db *db, const char *serial, int64_t reason, int64_t at,
                                 struct err *err);
/* In a transaction: all of this account, or with 0 of every one, that are valid after `at` and not
 * revoked. */
MUST_CHECK bool ca_issued_revoke_all(struct db *db, int64_t account_id, int64_t reason, int64_t at,
                                     int64_t *count, struct err *err);

/* In a transaction: for keyCompromise from now on, if it was revoked before, too; since when stays.
 * ERR_LOST_RACE: it was revoked for that. */
MUST_CHECK bool ca_issued_compromise(struct db *db, const char *serial, int64_t at,
                                     struct err *err);
/* In a transaction: all of this key that are valid after `at` and not revoked, for keyCompromise.
 */
MUST_CHECK bool ca_issued_revoke_key(struct db *db, const char *key_hash, int64_t at,
                                     int64_t *count, struct err *err);

/* ERR_LOST_RACE: there is none of this serial. */
MUST_CHECK bool ca_issued_renew(struct db *db, const char *serial, int64_t at, struct err *err);
/* All that are valid after `at`. */
MUST_CHECK bool ca_issued_renew_all(struct db *db, int64_t at, int64_t *count, struct err *err);

extern const struct query_list ca_issued_queries;
