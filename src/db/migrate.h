/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * migrate: brings a database to the schema of this program. Migrations are embedded files
 * "NNNN_what.sql", numbered from 0001 without gaps, forward only, each in one transaction; the
 * SHA-256 of each is stored with it (table schema_migration).
 *
 * One file serves both engines: {int} {text} {bytes} {bool} {identity} {strict} stand for what the
 * dialect wants there. Text is compared octet by octet on both.
 */
#include "base/embedded.h"
#include "db/db.h"

/*
 * Applies what is missing; *applied (may be NULL) is how many. ERR_STORE when the database has a
 * migration that this program does not know (it is newer) or one whose text was altered.
 */
MUST_CHECK bool db_migrate(struct db *pool, const struct embedded_file *files, size_t count,
                           size_t *applied, struct err *err);

/* The same without applying: ERR_STORE also when one is missing. For roles that do not migrate. */
MUST_CHECK bool db_migrate_check(struct db *pool, const struct embedded_file *files, size_t count,
                                 struct err *err);

/* `sql` in words of the dialect. ERR_STORE names an unknown placeholder. */
MUST_CHECK bool db_ddl(struct arena *mem, enum db_dialect dialect, const char *sql,
                       const char **out, struct err *err);

/* What the migrations keep their own books with, for the tests. */
extern const struct query_list migrate_queries;
extern const char migrate_table[];
