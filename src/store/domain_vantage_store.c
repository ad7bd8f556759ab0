/* SPDX-License-Identifier: Apache-2.0 */
#include "store/domain_vantage_store.h"

#include "store/record.h"

#define COLUMNS "domain_id, seen_at, seen"
#define LETTERS "tit"

static void read_record(struct reader *r, struct domain_vantage *out)
{
    out->domain_id = next_text(r);
    out->seen_at = next_i64(r);
    out->seen = next_text(r);
}

DEFINE_READ_ONE(domain_vantage)

static const struct query save = {
    .name = "domain_vantage.save",
    .sql = "INSERT INTO domain_vantage (" COLUMNS ") VALUES ($1, $2, $3)"
           " ON CONFLICT (domain_id) DO UPDATE SET seen_at = excluded.seen_at,"
           " seen = excluded.seen",
    .params = LETTERS,
    .cols = "",
};

bool domain_vantage_store_save(struct db *db, const struct domain_vantage *vantage, struct err *err)
{
    return db_exec(db, &save, NULL, err, QT(vantage->domain_id), QI(vantage->seen_at),
                   QT(vantage->seen));
}

static const struct query get = {
    .name = "domain_vantage.get",
    .sql = "SELECT " COLUMNS " FROM domain_vantage WHERE domain_id = $1",
    .params = "t",
    .cols = LETTERS,
};

bool domain_vantage_store_get(struct arena *mem, struct db *db, const char *domain_id,
                              const struct domain_vantage **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(domain_id)) && read_one(mem, row, out, err);
}

static const struct query drop = {
    .name = "domain_vantage.drop",
    .sql = "DELETE FROM domain_vantage WHERE domain_id = $1",
    .params = "t",
    .cols = "",
};

bool domain_vantage_store_drop(struct db *db, const char *domain_id, struct err *err)
{
    return db_exec(db, &drop, NULL, err, QT(domain_id));
}

static const struct query *const all[] = {&save, &get, &drop};
const struct query_list domain_vantage_queries = {"domain_vantage_store.c", all, ARRAY_LEN(all)};
