/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* account_store: the accounts of the CA. A key belongs to at most one account that is not lost. */
#include "ca/status.h"
#include "db/db.h"

struct ca_account {
    int64_t id;
    const char *key_hash;  /* ca_key_hash() */
    const char *jwk;       /* as ca_jwk_text() */
    enum ca_status status; /* valid or deactivated */
    const char *contact;   /* a JSON array of URLs */
    const char *eab_kid;   /* of the key that bound it, or NULL */
    const char *eab;       /* externalAccountBinding as it was sent (JSON), or NULL */
    int64_t terms_version; /* that it has agreed to */
    int64_t created_at;
    int64_t lost_at; /* 0 = not; a lost one is only for work that was begun with it */
};

/* *out = NULL: there is none. */
MUST_CHECK bool ca_account_get(struct arena *mem, struct db *db, int64_t id,
                               const struct ca_account **out, struct err *err);
MUST_CHECK bool ca_account_of_key(struct arena *mem, struct db *db, const char *key_hash,
                                  const struct ca_account **out, struct err *err);
/* `account->id` is given by the database. ERR_CONFLICT: the key has an account. */
MUST_CHECK bool ca_account_add(struct arena *mem, struct db *db, const struct ca_account *account,
                               int64_t *id, struct err *err);
/* Of a valid account; ERR_LOST_RACE otherwise. */
MUST_CHECK bool ca_account_set_contact(struct db *db, int64_t id, const char *contact,
                                       struct err *err);
MUST_CHECK bool ca_account_deactivate(struct db *db, int64_t id, struct err *err);
/* The key of `account` in place of the one with `old_hash`. ERR_CONFLICT: the new key has an
 * account. */
MUST_CHECK bool ca_account_set_key(struct db *db, const struct ca_account *account,
                                   const char *old_hash, struct err *err);

/* All that are not lost are from now on; their keys are free again. */
MUST_CHECK bool ca_account_lose_all(struct db *db, int64_t at, int64_t *count, struct err *err);

extern const struct query_list ca_client_queries;
