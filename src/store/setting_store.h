/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* setting_store: platform-wide values that the program itself keeps (never options). */
#include "db/db.h"

extern const struct query_list setting_queries;

/* *value is NULL when it was never put. */
MUST_CHECK bool setting_store_get(struct arena *mem, struct db *db, const char *name,
                                  const char **value, struct err *err);
MUST_CHECK bool setting_store_put(struct db *db, const char *name, const char *value,
                                  struct err *err);
