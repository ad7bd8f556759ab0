/* SPDX-License-Identifier: Apache-2.0 */
#include "db/migrate.h"

#include <assert.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"

#define NUMBER_DIGITS 4
#define DDL_MAX       1048576

const char migrate_table[] = "CREATE TABLE IF NOT EXISTS schema_migration ("
                             "number {int} PRIMARY KEY, name {text} NOT NULL, "
                             "checksum {text} NOT NULL, applied_at {int} NOT NULL) {strict}";

static const struct query has_table = {
    .name = "migrate.has_table",
    .sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'schema_migration'",
    .pg = "SELECT CAST(to_regclass('schema_migration') AS TEXT)"
          " WHERE to_regclass('schema_migration') IS NOT NULL",
    .params = "",
    .cols = "t",
};

static const struct query list_applied = {
    .name = "migrate.list_applied",
    .sql = "SELECT number, name, checksum FROM schema_migration ORDER BY number",
    .params = "",
    .cols = "itt",
};

static const struct query add_applied = {
    .name = "migrate.add_applied",
    .sql = "INSERT INTO schema_migration (number, name, checksum, applied_at)"
           " VALUES ($1, $2, $3, $4)",
    .params = "itti",
    .cols = "",
};

static const struct query *const all[] = {&has_table, &list_applied, &add_applied};
const struct query_list migrate_queries = {"migrate.c", all, ARRAY_LEN(all)};

static const struct {
    const char *name;
    const char *words[2]; /* by dialect */
} placeholders[] = {
    {"{int}", {"INTEGER", "BIGINT"}},
    {"{text}", {"TEXT", "TEXT COLLATE \"C\""}},
    {"{bytes}", {"BLOB", "BYTEA"}},
    {"{bool}", {"INTEGER", "BIGINT"}},
    {"{identity}",
     {"INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT GENERATED ALWAYS AS IDENTITY"
                                           " PRIMARY KEY"}},
    {"{strict}", {"STRICT", ""}},
};

bool db_ddl(struct arena *mem, enum db_dialect dialect, const char *sql, const char **out,
            struct err *err)
{
    struct buf b = buf_new(mem, DDL_MAX);

    while (*sql) {
        size_t plain = strcspn(sql, "{"), i = 0;

        buf_add(&b, sql, plain);
        sql += plain;
        if (!*sql)
            break;
        while (i < ARRAY_LEN(placeholders) &&
               strncmp(sql, placeholders[i].name, strlen(placeholders[i].name)) != 0)
            i++;
        if (i == ARRAY_LEN(placeholders))
            return err_set(err, ERR_STORE, "unknown placeholder in a migration: %.20s", sql);
        buf_str(&b, placeholders[i].words[dialect]);
        sql += strlen(placeholders[i].name);
    }
    *out = buf_cstr(&b);
    assert(*out);
    return true;
}

static const char *checksum(struct arena *mem, const struct embedded_file *file)
{
    unsigned char hash[SHA256_SIZE];

    hash_sha256(slice_of(file->data, file->len), hash);
    return hex_encode(mem, slice_of(hash, sizeof(hash)));
}

/* That the applied ones are the first of ours, unaltered. */
static bool compare(struct arena *mem, const struct rows *applied,
                    const struct embedded_file *files, size_t count, struct err *err)
{
    for (size_t i = 0; i < applied->count; i++) {
        const struct row *row = applied->row[i];

        if (i >= count)
            return err_set(err, ERR_STORE,
                           "the database is newer than this program: it has migration %s, "
                           "the newest one known here is %s",
                           row_text(row, 1), count ? files[count - 1].name : "none");
        if (row_i64(row, 0) != (int64_t)i + 1 || strcmp(row_text(row, 1), files[i].name) != 0)
            return err_set(err, ERR_STORE,
                           "the database has migration %s where this program has %s",
                           row_text(row, 1), files[i].name);
        if (strcmp(row_text(row, 2), checksum(mem, &files[i])) != 0)
            return err_set(err, ERR_STORE,
                           "migration %s was altered after it was applied: stored checksum %s, "
                           "of this program %s",
                           files[i].name, row_text(row, 2), checksum(mem, &files[i]));
    }
    return true;
}

static bool read_applied(struct arena *mem, struct db *db, struct rows *out, struct err *err)
{
    const struct row *table;

    *out = (struct rows){0};
    if (!db_one(mem, db, &has_table, &table, err, QNONE))
        return false;
    return !table || db_each(mem, db, &list_applied, out, err, QNONE);
}

static bool run_ddl(struct arena *mem, struct db *tx, const char *sql, struct err *err)
{
    const char *ddl;

    return db_ddl(mem, db_dialect(tx), sql, &ddl, err) && db_script(tx, ddl, err);
}

/* One migration, in its own transaction; *is_done when none is left. What is applied is read inside
 * of it, since another process may migrate at the same time. */
static bool apply_next(struct db *pool, const struct embedded_file *files, size_t count,
                       bool *is_done, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct embedded_file *file;
    struct rows applied;

    if (!db_tx_begin(pool, &tx, err) || !run_ddl(mem, tx, migrate_table, err) ||
        !read_applied(mem, tx, &applied, err) || !compare(mem, &applied, files, count, err))
        return false;
    *is_done = applied.count == count;
    if (*is_done)
        return true;
    file = &files[applied.count];
    if (!run_ddl(mem, tx, (const char *)file->data, err) ||
        !db_exec(tx, &add_applied, NULL, err, QI((int64_t)applied.count + 1), QT(file->name),
                 QT(checksum(mem, file)), QI(clock_real_ms())) ||
        !db_tx_commit(&tx, err))
        return err_wrap(err, "migration %s", file->name);
    return true;
}

static void check_numbers(const struct embedded_file *files, size_t count)
{
    char number[NUMBER_DIGITS + 2];

    for (size_t i = 0; i < count; i++) {
        snprintf(number, sizeof(number), "%04zu_", i + 1);
        assert(strncmp(files[i].name, number, NUMBER_DIGITS + 1) == 0);
    }
}

bool db_migrate(struct db *pool, const struct embedded_file *files, size_t count, size_t *applied,
                struct err *err)
{
    bool is_done = false;
    size_t n = 0;

    check_numbers(files, count);
    while (!is_done) {
        if (!apply_next(pool, files, count, &is_done, err))
            return false;
        n += !is_done;
    }
    if (applied)
        *applied = n;
    return true;
}

bool db_migrate_check(struct db *pool, const struct embedded_file *files, size_t count,
                      struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct rows applied;

    if (!read_applied(mem, pool, &applied, err) || !compare(mem, &applied, files, count, err))
        return false;
    if (applied.count < count)
        return err_set(err, ERR_STORE, "the database lacks migration %s: run `latchkey migrate`",
                       files[applied.count].name);
    return true;
}
