/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* idempotency_store: the answers to requests with an Idempotency-Key, so that a repeated request
 * gets the same answer and does nothing. Stored in the transaction of the effect. */
#include "base/hash.h"
#include "db/db.h"

struct idempotent_answer {
    const char *token_id;
    const char *key;
    struct slice request_hash; /* SHA256_SIZE octets: method, path and body */
    int64_t status;            /* HTTP */
    const char *body;
    int64_t created_at;
};

extern const struct query_list idempotency_queries;

/* ERR_CONFLICT, field "idempotency.token_id": an answer to this key was stored meanwhile. */
MUST_CHECK bool idempotency_store_add(struct db *db, const struct idempotent_answer *answer,
                                      struct err *err);
/* *out is NULL when the token has not used the key. */
MUST_CHECK bool idempotency_store_find(struct arena *mem, struct db *db, const char *token_id,
                                       const char *key, const struct idempotent_answer **out,
                                       struct err *err);
/* Removes answers from before `created_at`. */
MUST_CHECK bool idempotency_store_forget(struct db *db, int64_t created_at, struct err *err);
