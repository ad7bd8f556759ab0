/* SPDX-License-Identifier: Apache-2.0 */
#include "store/domain_name_store.h"

#include "store/overview_store.h"
#include "store/record.h"

#define SAVED                                                                                      \
    "dns_state, finding, passed_at, checked_at, next_look_at, held_until, is_told, failing_at,"    \
    " risk_at"
#define COLUMNS "domain_id, name, is_alias, created_at, " SAVED
#define SAVED_ARGS(n)                                                                              \
    QT((n)->dns_state), QT((n)->finding), QI0((n)->passed_at), QI0((n)->checked_at),               \
        QI0((n)->next_look_at), QI0((n)->held_until), QI((n)->is_told), QI0((n)->failing_at),      \
        QI0((n)->risk_at)

static void read_record(struct reader *r, struct domain_name *out)
{
    out->domain_id = next_text(r);
    out->name = next_text(r);
    out->is_alias = next_bool(r);
    out->created_at = next_i64(r);
    out->dns_state = next_text(r);
    out->finding = next_text(r);
    out->passed_at = next_i64(r);
    out->checked_at = next_i64(r);
    out->next_look_at = next_i64(r);
    out->held_until = next_i64(r);
    out->is_told = next_bool(r);
    out->failing_at = next_i64(r);
    out->risk_at = next_i64(r);
}

DEFINE_READ_ALL(domain_name, domain_name_list)

static const struct query add = {
    .name = "domain_name.add",
    .sql = "INSERT INTO domain_name (" COLUMNS ")"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    .params = "ttiitTIIIIiII",
    .cols = "",
};

bool domain_name_store_add(struct db *db, const struct domain_name *name, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(name->domain_id), QT(name->name), QI(name->is_alias),
                   QI(name->created_at), SAVED_ARGS(name)) &&
           overview_store_touch(db, name->domain_id, err);
}

static const struct query list = {
    .name = "domain_name.list",
    .sql = "SELECT " COLUMNS " FROM domain_name WHERE domain_id = $1"
           " AND EXISTS (SELECT 1 FROM domain WHERE id = $1 AND " SQL_SCOPE(2, 3) ")"
                                                                                  " ORDER BY name",
    .params = "tTT",
    .cols = "ttiitTIIIIiII",
};

bool domain_name_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                            const char *domain_id, struct domain_name_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QT(domain_id), SCOPE_ARGS(scope)) &&
           read_all(mem, &rows, out, err);
}

static const struct query save = {
    .name = "domain_name.save",
    .sql = "UPDATE domain_name SET (" SAVED ") = ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
           " WHERE domain_id = $10 AND name = $11",
    .params = "tTIIIIiIItt",
    .cols = "",
};

bool domain_name_store_save(struct db *db, const struct domain_name *name, struct err *err)
{
    return db_exec(db, &save, NULL, err, SAVED_ARGS(name), QT(name->domain_id), QT(name->name)) &&
           overview_store_touch(db, name->domain_id, err);
}

static const struct query remove_one = {
    .name = "domain_name.remove",
    .sql = "DELETE FROM domain_name WHERE domain_id = $1 AND name = $2",
    .params = "tt",
    .cols = "",
};

bool domain_name_store_remove(struct db *db, const char *domain_id, const char *name,
                              struct err *err)
{
    return db_exec_one(db, &remove_one, err, QT(domain_id), QT(name)) &&
           overview_store_touch(db, domain_id, err);
}

static const struct query *const all[] = {&add, &list, &save, &remove_one};
const struct query_list domain_name_queries = {"domain_name_store.c", all, ARRAY_LEN(all)};
