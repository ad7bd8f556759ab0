/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* database: ca.db in the CA's folder, migrated. */
#include "db/db.h"

/* Makes it when it is not there. ERR_STORE. */
MUST_CHECK bool ca_database_open(struct arena *mem, const char *dir, struct db **out,
                                 struct err *err);
/* ERR_NOT_FOUND when it is not there. */
MUST_CHECK bool ca_database_open_existing(struct arena *mem, const char *dir, struct db **out,
                                          struct err *err);

/* Every list of queries of the CA, for the test that looks at the plan of each. */
const struct query_list *const *ca_database_queries(size_t *count);
