/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/database.h"

#include "ca/account_store.h"
#include "ca/authorization_store.h"
#include "ca/certificate_store.h"
#include "ca/challenge_store.h"
#include "ca/eab_store.h"
#include "ca/journal_store.h"
#include "ca/limit_store.h"
#include "ca/state_dir.h"
#include "db/migrate.h"

#define DATABASE_FILE "ca.db"
#define READERS       32

extern const struct embedded_file ca_migrations[];
extern const size_t ca_migrations_count;

static const struct query_list *const lists[] = {
    &ca_client_queries, &ca_authorization_queries, &ca_challenge_queries, &ca_eab_queries,
    &ca_issued_queries, &ca_journal_queries,       &ca_limit_queries,     &ca_order_queries,
};

const struct query_list *const *ca_database_queries(size_t *count)
{
    *count = ARRAY_LEN(lists);
    return lists;
}

static bool open_file(const char *path, struct db **out, struct err *err)
{
    return db_open_sqlite(path, READERS, out, err) &&
           db_migrate(*out, ca_migrations, ca_migrations_count, NULL, err);
}

bool ca_database_open(struct arena *mem, const char *dir, struct db **out, struct err *err)
{
    return open_file(ca_state_path(mem, dir, DATABASE_FILE), out, err);
}

bool ca_database_open_existing(struct arena *mem, const char *dir, struct db **out, struct err *err)
{
    const char *path = ca_state_path(mem, dir, DATABASE_FILE);

    if (!ca_state_exists(path))
        return err_set(err, ERR_NOT_FOUND, "there is no sandbox CA in %s", dir);
    return open_file(path, out, err);
}
