/* SPDX-License-Identifier: Apache-2.0 */
#include "ca/limit_store.h"

#define MS_US INT64_C(1000)

static const struct query get = {
    .name = "ca_bucket.get",
    .sql = "SELECT tat_us FROM rate_bucket WHERE name = $1 AND subject = $2",
    .params = "tt",
    .cols = "i",
};

bool ca_bucket_get(struct arena *mem, struct db *db, const char *name, const char *subject,
                   int64_t *tat_us, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &get, &row, err, QT(name), QT(subject)))
        return false;
    *tat_us = row ? row_i64(row, 0) : 0;
    return true;
}

static const struct query set = {
    .name = "ca_bucket.set",
    .sql = "INSERT INTO rate_bucket (name, subject, tat_us) VALUES ($1, $2, $3)"
           " ON CONFLICT (name, subject) DO UPDATE SET tat_us = excluded.tat_us",
    .params = "tti",
    .cols = "",
};

bool ca_bucket_set(struct db *db, const char *name, const char *subject, int64_t tat_us,
                   struct err *err)
{
    return db_exec(db, &set, NULL, err, QT(name), QT(subject), QI(tat_us));
}

static const struct query forget = {
    .name = "ca_bucket.forget",
    .sql = "DELETE FROM rate_bucket WHERE name = $1 AND subject = $2",
    .params = "tt",
    .cols = "",
};

bool ca_bucket_forget(struct db *db, const char *name, const char *subject, struct err *err)
{
    return db_exec(db, &forget, NULL, err, QT(name), QT(subject));
}

static const struct query tidy = {
    .name = "ca_bucket.tidy",
    .sql = "DELETE FROM rate_bucket WHERE (name, subject) IN"
           " (SELECT name, subject FROM rate_bucket WHERE tat_us < $1 ORDER BY tat_us LIMIT $2)",
    .params = "ii",
    .cols = "",
};

bool ca_bucket_tidy(struct db *tx, int64_t before, int64_t limit, int64_t *count, struct err *err)
{
    return db_exec(tx, &tidy, count, err, QI(before * MS_US), QI(limit));
}

static const struct query pause = {
    .name = "ca_pause.add",
    .sql = "INSERT INTO paused_name (account_id, name, paused_at) VALUES ($1, $2, $3)"
           " ON CONFLICT (account_id, name) DO NOTHING",
    .params = "iti",
    .cols = "",
};

bool ca_pause_add(struct db *db, int64_t account_id, const char *name, int64_t at, struct err *err)
{
    return db_exec(db, &pause, NULL, err, QI(account_id), QT(name), QI(at));
}

static const struct query is_paused = {
    .name = "ca_pause.has",
    .sql = "SELECT paused_at FROM paused_name WHERE account_id = $1 AND name = $2",
    .params = "it",
    .cols = "i",
};

bool ca_pause_has(struct arena *mem, struct db *db, int64_t account_id, const char *name, bool *out,
                  struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &is_paused, &row, err, QI(account_id), QT(name)))
        return false;
    *out = row != NULL;
    return true;
}

static const struct query list = {
    .name = "ca_pause.list",
    .sql = "SELECT name FROM paused_name WHERE account_id = $1 ORDER BY name LIMIT $2",
    .params = "ii",
    .cols = "t",
};

bool ca_pause_list(struct arena *mem, struct db *db, int64_t account_id, struct ca_names *out,
                   struct err *err)
{
    const char **items;
    struct rows rows;

    if (!db_each(mem, db, &list, &rows, err, QI(account_id), QI(CA_PAUSES_MAX)))
        return false;
    items = arena_array_of(mem, rows.count + 1, const char *);
    for (size_t i = 0; i < rows.count; i++)
        items[i] = row_text(rows.row[i], 0);
    *out = (struct ca_names){.items = items, .count = rows.count};
    return true;
}

static const struct query unpause = {
    .name = "ca_pause.end",
    .sql = "DELETE FROM paused_name WHERE account_id = $1 OR $1 = 0",
    .params = "i",
    .cols = "",
};

bool ca_pause_end(struct db *db, int64_t account_id, int64_t *count, struct err *err)
{
    return db_exec(db, &unpause, count, err, QI(account_id));
}

static const struct query add_page = {
    .name = "ca_unpause.add",
    .sql = "INSERT INTO unpause_page (account_id, token) VALUES ($1, $2)"
           " ON CONFLICT (account_id) DO UPDATE SET token = unpause_page.token RETURNING token",
    .params = "it",
    .cols = "t",
};

bool ca_unpause_page(struct arena *mem, struct db *db, int64_t account_id, const char *token,
                     const char **out, struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &add_page, &row, err, QI(account_id), QT(token)))
        return false;
    *out = row_text(row, 0);
    return true;
}

static const struct query find_page = {
    .name = "ca_unpause.find",
    .sql = "SELECT account_id FROM unpause_page WHERE token = $1",
    .params = "t",
    .cols = "i",
};

bool ca_unpause_find(struct arena *mem, struct db *db, const char *token, int64_t *account_id,
                     struct err *err)
{
    const struct row *row;

    if (!db_one(mem, db, &find_page, &row, err, QT(token)))
        return false;
    *account_id = row ? row_i64(row, 0) : 0;
    return true;
}

static const struct query *const all[] = {&get,       &set,  &forget,  &tidy,     &pause,
                                          &is_paused, &list, &unpause, &add_page, &find_page};
const struct query_list ca_limit_queries = {"limit_store.c", all, ARRAY_LEN(all)};
