/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* blocked_key_store: keys (by ca_key_hash()) that are refused for accounts and certificates. */
#include "db/db.h"

MUST_CHECK bool ca_blocked_key_add(struct db *db, const char *key_hash, int64_t at,
                                   struct err *err); /* fine when it is there */
MUST_CHECK bool ca_blocked_key_has(struct arena *mem, struct db *db, const char *key_hash,
                                   bool *out, struct err *err);

extern const struct query_list ca_blocked_key_queries;
