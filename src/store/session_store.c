/* SPDX-License-Identifier: Apache-2.0 */
#include "store/session_store.h"

#include "model/sign_in.h"
#include "store/record.h"

#define COLUMNS "hash, user_id, created_at, seen_at"
#define LETTERS "btii"

static void read_record(struct reader *r, struct session *out)
{
    out->hash = next_bytes(r);
    out->user_id = next_text(r);
    out->created_at = next_i64(r);
    out->seen_at = next_i64(r);
}

DEFINE_READ_ONE(session)

static const struct query add = {
    .name = "session.add",
    .sql = "INSERT INTO session (" COLUMNS ") VALUES ($1, $2, $3, $4)",
    .params = LETTERS,
    .cols = "",
};

bool session_store_add(struct db *db, const struct session *session, struct err *err)
{
    return db_exec(db, &add, NULL, err, QB(session->hash), QT(session->user_id),
                   QI(session->created_at), QI(session->seen_at));
}

static const struct query find = {
    .name = "session.find",
    .sql = "SELECT " COLUMNS " FROM session WHERE hash = $1",
    .params = "b",
    .cols = LETTERS,
};

bool session_store_find(struct arena *mem, struct db *db, struct slice hash,
                        const struct session **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &find, &row, err, QB(hash)) && read_one(mem, row, out, err);
}

static const struct query see = {
    .name = "session.see",
    .sql = "UPDATE session SET seen_at = $2 WHERE hash = $1",
    .params = "bi",
    .cols = "",
};

bool session_store_see(struct db *db, struct slice hash, int64_t now, struct err *err)
{
    return db_exec(db, &see, NULL, err, QB(hash), QI(now));
}

static const struct query end = {
    .name = "session.end",
    .sql = "DELETE FROM session WHERE hash = $1",
    .params = "b",
    .cols = "",
};

bool session_store_end(struct db *db, struct slice hash, struct err *err)
{
    return db_exec(db, &end, NULL, err, QB(hash));
}

static const struct query end_all = {
    .name = "session.end_all",
    .sql = "DELETE FROM session WHERE user_id = $1",
    .params = "t",
    .cols = "",
};

bool session_store_end_all(struct db *db, const char *user_id, struct err *err)
{
    return db_exec(db, &end_all, NULL, err, QT(user_id));
}

static const struct query forget_sessions = {
    .name = "session.forget",
    .sql = "DELETE FROM session WHERE seen_at <= $1 OR created_at <= $2",
    .params = "ii",
    .cols = "",
};
static const struct query forget_links = {
    .name = "login_link.forget",
    .sql = "DELETE FROM login_link WHERE expires_at <= $1",
    .params = "i",
    .cols = "",
};

bool session_store_forget(struct db *db, int64_t now, struct err *err)
{
    return db_exec(db, &forget_sessions, NULL, err, QI(now - SESSION_IDLE_MS),
                   QI(now - SESSION_MAX_MS)) &&
           db_exec(db, &forget_links, NULL, err, QI(now));
}

static const struct query end_links = {
    .name = "login_link.end_all",
    .sql = "DELETE FROM login_link WHERE user_id = $1",
    .params = "t",
    .cols = "",
};
static const struct query add_link = {
    .name = "login_link.add",
    .sql = "INSERT INTO login_link (hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)",
    .params = "btii",
    .cols = "",
};

bool login_link_store_add(struct db *tx, const struct login_link *link, struct err *err)
{
    return db_exec(tx, &end_links, NULL, err, QT(link->user_id)) &&
           db_exec(tx, &add_link, NULL, err, QB(link->hash), QT(link->user_id),
                   QI(link->created_at), QI(link->expires_at));
}

static const struct query find_link = {
    .name = "login_link.find",
    .sql = "SELECT hash, user_id, created_at, expires_at FROM login_link WHERE hash = $1",
    .params = "b",
    .cols = "btii",
};

bool login_link_store_find(struct arena *mem, struct db *db, struct slice hash,
                           const struct login_link **out, struct err *err)
{
    const struct row *row;
    struct login_link *link;

    if (!db_one(mem, db, &find_link, &row, err, QB(hash)))
        return false;
    *out = NULL;
    if (!row)
        return true;
    link = arena_new_of(mem, struct login_link);
    *link =
        (struct login_link){row_bytes(row, 0), row_text(row, 1), row_i64(row, 2), row_i64(row, 3)};
    *out = link;
    return true;
}

static const struct query use_link = {
    .name = "login_link.use",
    .sql = "DELETE FROM login_link WHERE hash = $1",
    .params = "b",
    .cols = "",
};

bool login_link_store_use(struct db *db, struct slice hash, struct err *err)
{
    return db_exec_one(db, &use_link, err, QB(hash));
}

static const struct query *const all[] = {
    &add,          &find,      &see,      &end,       &end_all,  &forget_sessions,
    &forget_links, &end_links, &add_link, &find_link, &use_link,
};
const struct query_list session_queries = {"session_store.c", all, ARRAY_LEN(all)};
