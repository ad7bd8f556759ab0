/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* schema: the product's own migrations (db/migrations), embedded. See db/migrate.h. */
#include "base/embedded.h"
#include "db/db.h"

extern const struct embedded_file store_migrations[];
extern const size_t store_migrations_count;

MUST_CHECK bool store_migrate(struct db *pool, size_t *applied, struct err *err);
MUST_CHECK bool store_migrate_check(struct db *pool, struct err *err);

/* The queries of every store file, for the test that prepares them all. */
const struct query_list *const *store_queries(size_t *count);
