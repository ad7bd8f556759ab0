/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The PostgreSQL that with-postgres runs beside a test. */
#include <libpq-fe.h>

#include "fixture.h"

DEFINE_FREEP(PGconn, PQfinish)
DEFINE_FREEP(PGresult, PQclear)

/* Fails the test when there is none, or it is older than 15. Migrates it as db_migrate() would: the
 * migrations' own table, and each file in a transaction. The caller frees it. */
PGconn *postgres_open_migrated(struct fixture *f);
/* Fails the test with the reason; `what` names the statement. */
void postgres_run(PGconn *pg, const char *what, const char *sql);
