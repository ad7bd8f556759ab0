/* SPDX-License-Identifier: Apache-2.0 */
#include "store/setting_store.h"

static const struct query get = {
    .name = "setting.get",
    .sql = "SELECT value FROM setting WHERE name = $1",
    .params = "t",
    .cols = "t",
};

bool setting_store_get(struct arena *mem, struct db *db, const char *name, const char **value,
                       struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &get, &row, err, QT(name)))
        return false;
    *value = row ? row_text(row, 0) : NULL;
    return true;
}

static const struct query put = {
    .name = "setting.put",
    .sql = "INSERT INTO setting (name, value) VALUES ($1, $2)"
           " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    .params = "tt",
    .cols = "",
};

bool setting_store_put(struct db *db, const char *name, const char *value, struct err *err)
{
    return db_exec(db, &put, NULL, err, QT(name), QT(value));
}

static const struct query *const all[] = {&get, &put};
const struct query_list setting_queries = {"setting_store.c", all, ARRAY_LEN(all)};
