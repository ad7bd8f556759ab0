/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* eab_store: the MAC keys of external account binding that the operator has given out. */
#include "db/db.h"

struct ca_eab_key {
    const char *kid;
    struct slice mac_key; /* in the clear: the CA must have it, and its folder is 0700 */
    const char *name;     /* whom it was given to; "" when nobody said */
    bool is_once;         /* binds one account, like those of some CAs */
    int64_t created_at;
    int64_t used_at;    /* when it last bound an account; 0 = never */
    int64_t revoked_at; /* 0 = not */
    int64_t accounts;   /* how many it has bound; of a list */
};

struct ca_eab_keys {
    const struct ca_eab_key *items; /* oldest first */
    size_t count;
};

#define CA_EAB_KEYS_MAX 1000 /* that are not revoked, and of a list */

/* ERR_CONFLICT: there are CA_EAB_KEYS_MAX. */
MUST_CHECK bool ca_eab_add(struct arena *mem, struct db *db, const struct ca_eab_key *key,
                           struct err *err);
/* *out = NULL: there is none, it is revoked, or it binds one account and has. `accounts` is not
 * read. */
MUST_CHECK bool ca_eab_get(struct arena *mem, struct db *db, const char *kid,
                           const struct ca_eab_key **out, struct err *err);
/* Of those that are not revoked, the first CA_EAB_KEYS_MAX. */
MUST_CHECK bool ca_eab_list(struct arena *mem, struct db *db, struct ca_eab_keys *out,
                            struct err *err);
/* An account was bound. ERR_LOST_RACE: ca_eab_get() would no longer find it. */
MUST_CHECK bool ca_eab_use(struct db *db, const char *kid, int64_t at, struct err *err);
/* Accounts that it has bound stay. ERR_LOST_RACE: there is none, or it is revoked. */
MUST_CHECK bool ca_eab_revoke(struct db *db, const char *kid, int64_t at, struct err *err);

extern const struct query_list ca_eab_queries;
