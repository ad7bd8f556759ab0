/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* authorization_store: an account's proof of control of one name. */
#include "ca/order_store.h"

struct ca_authorization {
    int64_t id, account_id;
    const char *name;      /* "shop.example", "*.shop.example" */
    enum ca_status status; /* pending, valid, invalid, deactivated */
    const char *profile;   /* of the order that it was made for */
    const char *token;     /* of each of its challenges */
    int64_t created_at, expires_at;
};

/* *out = NULL: there is none. */
MUST_CHECK bool ca_authorization_get(struct arena *mem, struct db *db, int64_t id,
                                     const struct ca_authorization **out, struct err *err);
MUST_CHECK bool ca_authorization_add(struct arena *mem, struct db *db,
                                     const struct ca_authorization *authorization, int64_t *id,
                                     struct err *err);
/* pending -> valid until `expires_at`, or pending -> invalid. */
MUST_CHECK bool ca_authorization_validate(struct db *db, int64_t id, int64_t expires_at,
                                          struct err *err);
MUST_CHECK bool ca_authorization_invalidate(struct db *db, int64_t id, struct err *err);
/* pending, valid -> deactivated */
MUST_CHECK bool ca_authorization_deactivate(struct db *db, int64_t id, struct err *err);
/* Of those of the account for the one name of the claim, by its profile, that are valid until after
 * `claim->at`: the one that is valid longest. */
MUST_CHECK bool ca_authorization_find_valid(struct arena *mem, struct db *db,
                                            const struct ca_claim *claim,
                                            const struct ca_authorization **out, struct err *err);
/* For how many of the names the account has a valid authorization. */
MUST_CHECK bool ca_authorization_count_valid(struct arena *mem, struct db *db,
                                             const struct ca_claim *claim, size_t *out,
                                             struct err *err);

/* As ca_order_tidy(), with their challenges. No order that needs one of them may still be open. */
MUST_CHECK bool ca_authorization_tidy(struct db *tx, int64_t before, int64_t limit, int64_t *count,
                                      struct err *err);

extern const struct query_list ca_authorization_queries;
