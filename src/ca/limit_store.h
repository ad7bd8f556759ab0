/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* limit_store: the buckets of the limits (ca/limit.h), and names that an account may not order. */
#include "ca/identifier.h"
#include "db/db.h"

/* 0 when nobody has asked the bucket. */
MUST_CHECK bool ca_bucket_get(struct arena *mem, struct db *db, const char *name,
                              const char *subject, int64_t *tat_us, struct err *err);
MUST_CHECK bool ca_bucket_set(struct db *db, const char *name, const char *subject, int64_t tat_us,
                              struct err *err);
MUST_CHECK bool ca_bucket_forget(struct db *db, const char *name, const char *subject,
                                 struct err *err);

/* Deletes at most `limit` buckets that are full since before `before` (unix milliseconds): without
 * a row they are full as well. */
MUST_CHECK bool ca_bucket_tidy(struct db *tx, int64_t before, int64_t limit, int64_t *count,
                               struct err *err);

/* Fine when it is paused. */
MUST_CHECK bool ca_pause_add(struct db *db, int64_t account_id, const char *name, int64_t at,
                             struct err *err);
MUST_CHECK bool ca_pause_has(struct arena *mem, struct db *db, int64_t account_id, const char *name,
                             bool *out, struct err *err);
/* In the order of the alphabet; the first CA_PAUSES_MAX. */
#define CA_PAUSES_MAX 1000
MUST_CHECK bool ca_pause_list(struct arena *mem, struct db *db, int64_t account_id,
                              struct ca_names *out, struct err *err);
/* All of the account, or with 0 of every account; *count is of how many. */
MUST_CHECK bool ca_pause_end(struct db *db, int64_t account_id, int64_t *count, struct err *err);

/* The token of the account's page, `token` when it has none yet. */
MUST_CHECK bool ca_unpause_page(struct arena *mem, struct db *db, int64_t account_id,
                                const char *token, const char **out, struct err *err);
/* *account_id = 0: there is no such page. */
MUST_CHECK bool ca_unpause_find(struct arena *mem, struct db *db, const char *token,
                                int64_t *account_id, struct err *err);

extern const struct query_list ca_limit_queries;
