/* SPDX-License-Identifier: Apache-2.0 */
#include "store/token_store.h"

#include "store/record.h"

#define COLUMNS "id, partner_id, account_id, edge_id, name, hash, scopes, created_at, revoked_at"
#define LETTERS "tTTTtbtiI"
#define SELECT  "SELECT " COLUMNS " FROM api_token"

static void read_record(struct reader *r, struct api_token *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->edge_id = next_text(r);
    out->name = next_text(r);
    out->hash = next_bytes(r);
    out->scopes = next_list(r);
    out->created_at = next_i64(r);
    out->revoked_at = next_i64(r);
}

DEFINE_READ_ONE(api_token)
DEFINE_READ_PAGE(api_token, api_token_list)

static const struct query add = {
    .name = "token.add",
    .sql = "INSERT INTO api_token (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    .params = LETTERS,
    .cols = "",
};

bool token_store_add(struct db *db, const struct api_token *token, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &add, NULL, err, QT(token->id), QT(token->partner_id), QT(token->account_id),
                   QT(token->edge_id), QT(token->name), QB(token->hash),
                   QT(text_list_json(mem, token->scopes)), QI(token->created_at),
                   QI0(token->revoked_at));
}

static const struct query find = {
    .name = "token.find",
    .sql = SELECT " WHERE hash = $1 AND revoked_at IS NULL",
    .params = "b",
    .cols = LETTERS,
};

bool token_store_find(struct arena *mem, struct db *db, struct slice hash,
                      const struct api_token **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find, &row, err, QB(hash)) && read_one(mem, row, out, err);
}

static const struct query list[LIST_BY_PARENT] = {
    LIST_BY_TENANT("token.list", SELECT, LIST_TAIL(""), "", LETTERS)};

bool token_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                      const struct page *page, struct api_token_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &list[list_by(scope, NULL)], &rows, err,
                   LIST_ARGS(scope, NULL, page)) &&
           read_page(mem, &rows, page, out, err);
}

static const struct query revoke = {
    .name = "token.revoke",
    .sql = "UPDATE api_token SET revoked_at = $4"
           " WHERE id = $1 AND " SQL_SCOPE(2, 3) " AND revoked_at IS NULL",
    .params = "tTTi",
    .cols = "",
};

bool token_store_revoke(struct db *db, const struct scope *scope, const char *id, int64_t now,
                        struct err *err)
{
    return db_exec_one(db, &revoke, err, QT(id), SCOPE_ARGS(scope), QI(now));
}

static const struct query revoke_edge = {
    .name = "token.revoke_edge",
    .sql = "UPDATE api_token SET revoked_at = $2 WHERE edge_id = $1 AND revoked_at IS NULL",
    .params = "ti",
    .cols = "",
};

bool token_store_revoke_edge(struct db *db, const char *edge_id, int64_t now, struct err *err)
{
    return db_exec(db, &revoke_edge, NULL, err, QT(edge_id), QI(now));
}

static const struct query *const all[] = {&add, &find, LISTED_BY_TENANT(list), &revoke,
                                          &revoke_edge};
const struct query_list token_queries = {"token_store.c", all, ARRAY_LEN(all)};
