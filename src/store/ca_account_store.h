/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ca_account_store: our account at each CA (RFC 8555 section 7.3), one a CA. */
#include "db/db.h"

#define CA_ACCOUNT_STATES(X)                                                                       \
    X(NEW, "new")     /* the key is made; newAccount may or may not have been asked */             \
    X(VALID, "valid") /* the CA gave its URL */                                                    \
    X(LOST, "lost")   /* the CA does not know it any more; newAccount is asked again */

#define X(id, name) CA_ACCOUNT_##id,
enum ca_account_state { CA_ACCOUNT_STATES(X) CA_ACCOUNT_STATE_COUNT };
#undef X

struct ca_account {
    const char *id;
    const char *ca;          /* name of the CA in the configuration */
    const char *url;         /* NULL until valid */
    struct slice sealed_key; /* tls/seal.h, kind "account-key", owner = id */
    const char *thumbprint;  /* RFC 7638, base64url */
    enum ca_account_state state;
    int64_t created_at;
};

extern const struct query_list ca_account_queries;

/* ERR_CONFLICT, field "ca_account.ca": another worker made one first; use that. */
MUST_CHECK bool ca_account_store_add(struct db *db, const struct ca_account *account,
                                     struct err *err);
/* *out is NULL when there is none for this CA. */
MUST_CHECK bool ca_account_store_find(struct arena *mem, struct db *db, const char *ca,
                                      const struct ca_account **out, struct err *err);
/* ERR_LOST_RACE when its state is not `from` any more. `url` NULL keeps the one it has. */
MUST_CHECK bool ca_account_store_move(struct db *db, const char *id, enum ca_account_state from,
                                      enum ca_account_state to, const char *url, struct err *err);

const char *ca_account_state_name(enum ca_account_state state);
MUST_CHECK bool ca_account_state_parse(const char *name, enum ca_account_state *out);
