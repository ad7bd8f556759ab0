/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* terms_store: which terms of service are in force, and what each account has agreed to. */
#include "db/db.h"

/* 1, and one more with each change. */
MUST_CHECK bool ca_terms_current(struct arena *mem, struct db *db, int64_t *version,
                                 struct err *err);
MUST_CHECK bool ca_terms_change(struct db *db, int64_t version, int64_t at, struct err *err);

/* The account, or with 0 every one, has agreed to this version; *count: that had not before. */
MUST_CHECK bool ca_terms_agree(struct db *db, int64_t account_id, int64_t version, int64_t *count,
                               struct err *err);

/* The page on which the account's holder may agree; `token` makes it when there is none. */
MUST_CHECK bool ca_agreement_page(struct arena *mem, struct db *db, int64_t account_id,
                                  const char *token, const char **out, struct err *err);
/* *account_id = 0: there is no such page. */
MUST_CHECK bool ca_agreement_find(struct arena *mem, struct db *db, const char *token,
                                  int64_t *account_id, struct err *err);

extern const struct query_list ca_terms_queries;
