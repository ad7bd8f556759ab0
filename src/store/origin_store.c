/* SPDX-License-Identifier: Apache-2.0 */
#include "store/origin_store.h"

#include "store/record.h"

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

static const struct query *const all[] = {&put};
const struct query_list origin_queries = {"origin_store.c", all, ARRAY_LEN(all)};
