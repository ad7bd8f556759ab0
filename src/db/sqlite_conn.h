/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * sqlite_conn: one connection of SQLite with its prepared statements. One thread at a time uses it.
 * It knows nothing of transactions: db_sqlite.c says BEGIN and COMMIT.
 */
#include "db/row.h"

struct sqlite_conn;

enum sqlite_use { SQLITE_USE_WRITE, SQLITE_USE_READ };

MUST_CHECK bool sqlite_conn_open(const char *path, enum sqlite_use use, struct sqlite_conn **out,
                                 struct err *err);
void sqlite_conn_close(struct sqlite_conn *conn);

/* Runs a query to its end. `rows` (NULL: there are none) collects the result; *changed (may be
 * NULL) is the number of rows changed. The arguments have been checked. */
MUST_CHECK bool sqlite_conn_run(struct sqlite_conn *conn, const struct query *q,
                                const struct db_arg *args, struct row_list *rows, int64_t *changed,
                                struct err *err);
/* Statements without parameters or results; `what` is for the text of an error. */
MUST_CHECK bool sqlite_conn_script(struct sqlite_conn *conn, const char *sql, const char *what,
                                   struct err *err);
/* Whether a transaction is open; the engine ends one by itself after some errors. */
bool sqlite_conn_in_tx(const struct sqlite_conn *conn);
