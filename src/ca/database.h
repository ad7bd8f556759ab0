/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* database: ca.db in the CA's folder, migrated. */
#include "db/db.h"

/* Makes it when it is not there. ERR_STORE. */
MUST_CHECK bool ca_database_open(struct arena *mem, const char *dir, struct db **out,
                                 struct err *err);
/* To read in it beside the running CA or without it. ERR_NOT_FOUND when it is not there; ERR_STORE
 * also when another version of the program made it. */
MUST_CHECK bool ca_database_look(struct arena *mem, const char *dir, struct db **out,
                                 struct err *err);

/* Every list of queries of the CA, for the test that looks at the plan of each. */
const struct query_list *const *ca_database_queries(size_t *count);
