/* SPDX-License-Identifier: Apache-2.0 */
#include "store/origin_store.h"

#include "store/record.h"

static void read_record(struct reader *r, struct origin *out)
{
    out->id = next_text(r);
    out->address = next_text(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(origin)
DEFINE_READ_ALL(origin, origin_list)

static const struct query put = {
    .name = "origin.put",
    .sql = "INSERT INTO origin (id, address, created_at) VALUES ($1, $2, $3)"
           " ON CONFLICT (id) DO UPDATE SET address = excluded.address",
    .params = "tti",
    .cols = "",
};

bool origin_store_put(struct db *db, const struct origin *origin, struct err *err)
{
    return db_exec(db, &put, NULL, err, QT(origin->id), QT(origin->address),
                   QI(origin->created_at));
}

static const struct query get = {
    .name = "origin.get",
    .sql = "SELECT id, address, created_at FROM origin WHERE id = $1",
    .params = "t",
    .cols = "tti",
};

bool origin_store_get(struct arena *mem, struct db *db, const char *id, const struct origin **out,
                      struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id)) && read_one(mem, row, out, err);
}

static const struct query list = {
    .name = "origin.list",
    .sql = "SELECT id, address, created_at FROM origin ORDER BY id",
    .params = "",
    .cols = "tti",
};

bool origin_store_list(struct arena *mem, struct db *db, struct origin_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list, &rows, err, QNONE) && read_all(mem, &rows, out, err);
}

static const struct query *const all[] = {&put, &get, &list};
const struct query_list origin_queries = {"origin_store.c", all, ARRAY_LEN(all)};
