/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sign_in_store.h"

#include "store/record.h"

struct slice sign_in_store_key(struct arena *mem, enum sign_in_count what, const char *text)
{
    unsigned char *hash = arena_alloc(mem, SHA256_SIZE);
    const char *counted = arena_printf(mem, "%d %s", (int)what, fold_name(mem, text));

    hash_sha256(slice_str(counted), hash);
    return slice_of(hash, SHA256_SIZE);
}

static const struct query count = {
    .name = "sign_in.count",
    .sql = "INSERT INTO sign_in_try (key, tries, tried_at, retry_at) VALUES ($1, 1, $2, 0)"
           " ON CONFLICT (key) DO UPDATE SET tried_at = $2,"
           " tries = CASE WHEN sign_in_try.tried_at < $3 THEN 1 ELSE sign_in_try.tries + 1 END"
           " WHERE sign_in_try.retry_at <= $2 RETURNING tries",
    .params = "bii",
    .cols = "i",
};
static const struct query get_wait = {
    .name = "sign_in.get_wait",
    .sql = "SELECT retry_at FROM sign_in_try WHERE key = $1",
    .params = "b",
    .cols = "i",
};

bool sign_in_store_try(struct arena *mem, struct db *tx, struct slice key, int64_t now,
                       struct sign_in_tries *out, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, tx, &count, &row, err, QB(key), QI(now), QI(now - SIGN_IN_FORGET_MS)))
        return false;
    *out = (struct sign_in_tries){.count = row ? row_i64(row, 0) : 0};
    if (row)
        return true;
    if (!db_one(mem, tx, &get_wait, &row, err, QB(key)))
        return false;
    out->retry_at = row ? row_i64(row, 0) : now;
    return true;
}

static const struct query set_wait = {
    .name = "sign_in.wait",
    .sql = "UPDATE sign_in_try SET retry_at = $2 WHERE key = $1",
    .params = "bi",
    .cols = "",
};

bool sign_in_store_wait(struct db *tx, struct slice key, int64_t retry_at, struct err *err)
{
    return db_exec_one(tx, &set_wait, err, QB(key), QI(retry_at));
}

static const struct query give_back = {
    .name = "sign_in.give_back",
    .sql = "UPDATE sign_in_try SET tries = tries - 1, retry_at = 0 WHERE key = $1 AND tries > 0",
    .params = "b",
    .cols = "",
};

bool sign_in_store_give_back(struct db *db, struct slice key, struct err *err)
{
    return db_exec(db, &give_back, NULL, err, QB(key));
}

static const struct query reset = {
    .name = "sign_in.reset",
    .sql = "DELETE FROM sign_in_try WHERE key = $1",
    .params = "b",
    .cols = "",
};

bool sign_in_store_reset(struct db *db, struct slice key, struct err *err)
{
    return db_exec(db, &reset, NULL, err, QB(key));
}

static const struct query forget = {
    .name = "sign_in.forget",
    .sql = "DELETE FROM sign_in_try WHERE tried_at < $1",
    .params = "i",
    .cols = "",
};

bool sign_in_store_forget(struct db *db, int64_t tried_before, struct err *err)
{
    return db_exec(db, &forget, NULL, err, QI(tried_before));
}

static const struct query *const all[] = {&count,     &get_wait, &set_wait,
                                          &give_back, &reset,    &forget};
const struct query_list sign_in_queries = {"sign_in_store.c", all, ARRAY_LEN(all)};
