/* SPDX-License-Identifier: Apache-2.0 */
#include "store/check_store.h"

#include "store/record.h"

#define COLUMNS "id, partner_id, account_id, domain_id, name, at, verdict, findings"
#define LETTERS "tTTTtitt"
#define SELECT  "SELECT " COLUMNS " FROM check_run"

static void read_record(struct reader *r, struct check_run *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->domain_id = next_text(r);
    out->name = next_text(r);
    out->at = next_i64(r);
    out->verdict = next_text(r);
    out->findings = next_text(r);
}

DEFINE_READ_ONE(check_run)

static const struct query add = {
    .name = "check.add",
    .sql = "INSERT INTO check_run (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .params = LETTERS,
    .cols = "",
};

bool check_store_add(struct db *db, const struct check_run *run, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(run->id), QT(run->partner_id), QT(run->account_id),
                   QT(run->domain_id), QT(run->name), QI(run->at), QT(run->verdict),
                   QT(run->findings));
}

static const struct query get = {
    .name = "check.get",
    .sql = SELECT " WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

bool check_store_get(struct arena *mem, struct db *db, const struct scope *scope, const char *id,
                     const struct check_run **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query *const all[] = {&add, &get};
const struct query_list check_queries = {"check_store.c", all, ARRAY_LEN(all)};
