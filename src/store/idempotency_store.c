/* SPDX-License-Identifier: Apache-2.0 */
#include "store/idempotency_store.h"

#include "store/record.h"

#define COLUMNS "token_id, key, request_hash, status, body, created_at"
#define LETTERS "ttbiti"

static void read_record(struct reader *r, struct idempotent_answer *out)
{
    out->token_id = next_text(r);
    out->key = next_text(r);
    out->request_hash = next_bytes(r);
    out->status = next_i64(r);
    out->body = next_text(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(idempotent_answer)

static const struct query add = {
    .name = "idempotency.add",
    .sql = "INSERT INTO idempotency (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6)",
    .params = LETTERS,
    .cols = "",
};

bool idempotency_store_add(struct db *db, const struct idempotent_answer *answer, struct err *err)
{
    return db_exec(db, &add, NULL, err, QT(answer->token_id), QT(answer->key),
                   QB(answer->request_hash), QI(answer->status), QT(answer->body),
                   QI(answer->created_at));
}

static const struct query find = {
    .name = "idempotency.find",
    .sql = "SELECT " COLUMNS " FROM idempotency WHERE token_id = $1 AND key = $2",
    .params = "tt",
    .cols = LETTERS,
};

bool idempotency_store_find(struct arena *mem, struct db *db, const char *token_id, const char *key,
                            const struct idempotent_answer **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find, &row, err, QT(token_id), QT(key)) && read_one(mem, row, out, err);
}

static const struct query forget = {
    .name = "idempotency.forget",
    .sql = "DELETE FROM idempotency WHERE created_at < $1",
    .params = "i",
    .cols = "",
};

bool idempotency_store_forget(struct db *db, int64_t created_at, struct err *err)
{
    return db_exec(db, &forget, NULL, err, QI(created_at));
}

static const struct query *const all[] = {&add, &find, &forget};
const struct query_list idempotency_queries = {"idempotency_store.c", all, ARRAY_LEN(all)};
