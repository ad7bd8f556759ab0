/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/database.h"

#include "ca/account_store.h"
#include "ca/authorization_store.h"
#include "ca/blocked_key_store.h"
#include "ca/certificate_store.h"
#include "ca/challenge_store.h"
#include "ca/crl_store.h"
#include "ca/eab_store.h"
#include "ca/journal_store.h"
#include "ca/limit_store.h"
#include "ca/state_dir.h"
#include "ca/terms_store.h"
#include "db/migrate.h"

#define DATABASE_FILE "ca.db"
#define READERS       16 /* as many as handlers: each has a cache of its own, up to 2 MiB */

extern const struct embedded_file ca_migrations[];
extern const size_t ca_migrations_count;

static const struct query_list *const lists[] = {
    &ca_client_queries, &ca_authorization_queries, &ca_blocked_key_queries, &ca_challenge_queries,
    &ca_crl_queries,    &ca_eab_queries,           &ca_issued_queries,      &ca_journal_queries,
    &ca_limit_queries,  &ca_order_queries,         &ca_terms_queries,
};

const struct query_list *const *ca_database_queries(size_t *count)
{
    *count = ARRAY_LEN(lists);
    return lists;
}

bool ca_database_open(struct arena *mem, const char *dir, struct db **out, struct err *err)
{
    AUTO(db_closep) struct db *db = NULL;

    if (!db_open_sqlite(ca_state_path(mem, dir, DATABASE_FILE), READERS, &db, err) ||
        !db_migrate(db, ca_migrations, ca_migrations_count, NULL, err))
        return false;
    *out = db;
    db = NULL;
    return true;
}

bool ca_database_look(struct arena *mem, const char *dir, struct db **out, struct err *err)
{
    const char *path = ca_state_path(mem, dir, DATABASE_FILE);
    AUTO(db_closep) struct db *db = NULL;

    if (!ca_state_exists(path))
        return err_set(err, ERR_NOT_FOUND, "there is no sandbox CA in %s", dir);
    if (!db_open_sqlite(path, 1, &db, err) ||
        !db_migrate_check(db, ca_migrations, ca_migrations_count, err))
        return false;
    *out = db;
    db = NULL;
    return true;
}
