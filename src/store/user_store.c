/* SPDX-License-Identifier: Apache-2.0 */
#include "store/user_store.h"

#include "store/record.h"

#define COLUMNS "id, partner_id, account_id, email, name, password, created_at"
#define LETTERS "tTTttTi"
#define SELECT  "SELECT " COLUMNS " FROM platform_user"

static void read_record(struct reader *r, struct user *out)
{
    out->id = next_text(r);
    out->partner_id = next_text(r);
    out->account_id = next_text(r);
    out->email = next_text(r);
    out->name = next_text(r);
    out->password = next_text(r);
    out->created_at = next_i64(r);
}

DEFINE_READ_ONE(user)

static const struct query add = {
    .name = "user.add",
    .sql = "INSERT INTO platform_user (" COLUMNS ", email_key)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    .params = LETTERS "t",
    .cols = "",
};

bool user_store_add(struct db *db, const struct user *user, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();

    return db_exec(db, &add, NULL, err, QT(user->id), QT(user->partner_id), QT(user->account_id),
                   QT(user->email), QT(user->name), QT(user->password), QI(user->created_at),
                   QT(fold_name(mem, user->email)));
}

static const struct query find = {
    .name = "user.find",
    .sql = SELECT " WHERE email_key = $1",
    .params = "t",
    .cols = LETTERS,
};

bool user_store_find(struct arena *mem, struct db *db, const char *email, const struct user **out,
                     struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find, &row, err, QT(fold_name(mem, email))) &&
           read_one(mem, row, out, err);
}

static const struct query get = {
    .name = "user.get",
    .sql = SELECT " WHERE id = $1 AND " SQL_SCOPE(2, 3),
    .params = "tTT",
    .cols = LETTERS,
};

bool user_store_get(struct arena *mem, struct db *db, const struct scope *scope, const char *id,
                    const struct user **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(id), SCOPE_ARGS(scope)) &&
           read_one(mem, row, out, err);
}

static const struct query set_password = {
    .name = "user.set_password",
    .sql = "UPDATE platform_user SET password = $2 WHERE id = $1",
    .params = "tt",
    .cols = "",
};

bool user_store_set_password(struct db *db, const char *id, const char *password, struct err *err)
{
    return db_exec_one(db, &set_password, err, QT(id), QT(password));
}

static const struct query *const all[] = {&add, &find, &get, &set_password};
const struct query_list user_queries = {"user_store.c", all, ARRAY_LEN(all)};
