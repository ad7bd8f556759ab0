/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/blocked_key_store.h"

static const struct query add = {
    .name = "ca_blocked_key.add",
    .sql = "INSERT INTO blocked_key (key_hash, blocked_at) VALUES ($1, $2)"
           " ON CONFLICT (key_hash) DO NOTHING",
    .params = "ti",
    .cols = "",
};

bool ca_blocked_key_add(struct db *db, const char *key_hash, int64_t at, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(key_hash), QI(at));
}

static const struct query has = {
    .name = "ca_blocked_key.has",
    .sql = "SELECT blocked_at FROM blocked_key WHERE key_hash = $1",
    .params = "t",
    .cols = "i",
};

bool ca_blocked_key_has(struct arena *mem, struct db *db, const char *key_hash, bool *out,
                        struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &has, &row, err, QT(key_hash)))
        return false;
    *out = row != NULL;
    return true;
}

static const struct query *const all[] = {&add, &has};
const struct query_list ca_blocked_key_queries = {"blocked_key_store.c", all, ARRAY_LEN(all)};
