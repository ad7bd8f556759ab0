/* SPDX-License-Identifier: Apache-2.0 */
#include "postgres.h"

#include "db/migrate.h"
#include "store/schema.h"

void postgres_run(PGconn *pg, const char *what, const char *sql)
{
    AUTO(PGresult_freep) PGresult *result = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s on PostgreSQL: %s", what, PQerrorMessage(pg));
}

PGconn *postgres_open_migrated(struct fixture *f)
{
    const char *where = getenv("LATCHKEY_TEST_POSTGRES"), *sql;
    PGconn *pg;

    assert_non_null(where);
    pg = PQconnectdb(where);
    if (PQstatus(pg) != CONNECTION_OK)
        fail_msg("%s", PQerrorMessage(pg));
    ok(PQserverVersion(pg) >= 150000, "PostgreSQL 15 or newer: %d", PQserverVersion(pg));
    for (size_t i = 0; i < store_migrations_count; i++) {
        const struct embedded_file *file = &store_migrations[i];

        MUST(f, db_ddl(f->mem, DB_POSTGRES, (const char *)file->data, &sql, &f->err));
        postgres_run(pg, file->name, "BEGIN");
        postgres_run(pg, file->name, sql);
        postgres_run(pg, file->name, "COMMIT");
    }
    MUST(f, db_ddl(f->mem, DB_POSTGRES, migrate_table, &sql, &f->err));
    postgres_run(pg, "schema_migration", sql);
    return pg;
}
