/* SPDX-License-Identifier: Apache-2.0 */
#include "db/sqlite_conn.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>

#define BUCKETS       256
#define BUSY_WAIT_MS  5000
#define LENGTH_MAX    (16 * 1024 * 1024) /* octets of a value, a row or a statement */
#define WAL_PAGES_MAX 4000               /* then the database file is brought up to date */

struct cached {
    const struct query *query;
    sqlite3_stmt *stmt;
    struct cached *next;
    int at[DB_PARAMS_MAX]; /* where SQLite has $1, $2, ...; 0: nowhere */
};

struct sqlite_conn {
    sqlite3 *sqlite;
    struct cached *buckets[BUCKETS];
};

/* Each reader's page cache is empty again after every commit of another connection, and the kernel
 * has the pages all the same: large ones are memory that nobody is served by. */
#define READ_CACHE_KIB "256"

/* A destroyed key leaves no octets behind. What a savepoint goes back to is kept in memory: as a
 * file it would be made, filled and removed for each group of transactions, and hold such octets.
 */
static const char *const set_up[] = {
    [SQLITE_USE_WRITE] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                         " PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;",
    [SQLITE_USE_READ] = "PRAGMA foreign_keys=ON; PRAGMA query_only=ON;"
                        " PRAGMA cache_size=-" READ_CACHE_KIB ";",
};

static bool is_busy(int code)
{
    return (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
}

/* Of the database, its WAL, or its shared memory file. */
static bool is_full(const struct sqlite_conn *conn, int code)
{
    return (code & 0xff) == SQLITE_FULL ||
           ((code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(conn->sqlite) == ENOSPC);
}

static bool refuse_full(const struct sqlite_conn *conn, const char *what, struct err *err)
{
    const char *path = sqlite3_db_filename(conn->sqlite, "main");
    const char *slash = path ? strrchr(path, '/') : NULL;

    return err_set(err, ERR_FULL, "could not run %s: the disk that holds %s is full", what,
                   slash ? slash + 1 : "the store");
}

/* "UNIQUE constraint failed: claim.name, claim.x" -> the field "claim.name" */
static bool conflict(const char *what, const char *reason, struct err *err)
{
    const char *at = strrchr(reason, ':');
    const char *column = at ? at + 1 + strspn(at + 1, " ") : "";

    err_set(err, ERR_CONFLICT, "%s: there is one already (%s)", what, column);
    snprintf(err->field, sizeof(err->field), "%.*s", (int)strcspn(column, ","), column);
    return false;
}

static bool refuse(const struct sqlite_conn *conn, const char *what, struct err *err)
{
    int code = sqlite3_extended_errcode(conn->sqlite);
    const char *reason = sqlite3_errmsg(conn->sqlite);

    if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
        return conflict(what, reason, err);
    if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
        err_set(err, ERR_CONFLICT, "%s: it refers to something that is not there", what);
        snprintf(err->field, sizeof(err->field), "foreign_key");
        return false;
    }
    if (is_full(conn, code))
        return refuse_full(conn, what, err);
    return err_set(err, is_busy(code) ? ERR_BUSY : ERR_STORE, "could not run %s: %s", what, reason);
}

/* Nobody asks the engine how much memory it has: to count that, all threads would share a lock. */
static void set_up_engine(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

bool sqlite_conn_open(const char *path, enum sqlite_use use, struct sqlite_conn **out,
                      struct err *err)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sqlite_conn *conn = calloc(1, sizeof(*conn));
    int code;

    if (!conn)
        return err_set(err, ERR_STORE, "could not open %s: out of memory", path);
    pthread_once(&once, set_up_engine);
    code = sqlite3_open_v2(path, &conn->sqlite, flags, NULL);
    if (code != SQLITE_OK) {
        err_set(err, ERR_STORE, "could not open %s: %s", path, sqlite3_errstr(code));
        sqlite_conn_close(conn);
        return false;
    }
    sqlite3_busy_timeout(conn->sqlite, BUSY_WAIT_MS);
    sqlite3_limit(conn->sqlite, SQLITE_LIMIT_LENGTH, LENGTH_MAX);
    sqlite3_wal_autocheckpoint(conn->sqlite, use == SQLITE_USE_WRITE ? WAL_PAGES_MAX : 0);
    if (!sqlite_conn_script(conn, set_up[use], path, err)) {
        sqlite_conn_close(conn);
        return false;
    }
    *out = conn;
    return true;
}

void sqlite_conn_close(struct sqlite_conn *conn)
{
    struct cached *next;

    if (!conn)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct cached *c = conn->buckets[i]; c; c = next) {
            next = c->next;
            sqlite3_finalize(c->stmt);
            free(c);
        }
    }
    sqlite3_close(conn->sqlite);
    free(conn);
}

/* SQLite numbers "$2" by where it first appears: so each is looked up by its name. A parameter that
 * only the text for PostgreSQL uses is not there. */
static void find_params(struct cached *c)
{
    char name[8];

    for (size_t i = 0; c->query->params[i]; i++) {
        snprintf(name, sizeof(name), "$%zu", i + 1);
        c->at[i] = sqlite3_bind_parameter_index(c->stmt, name);
    }
}

/* Queries are static, so their address is what they are known by. */
static struct cached *statement(struct sqlite_conn *conn, const struct query *q)
{
    struct cached **bucket = &conn->buckets[(uintptr_t)q / sizeof(*q) % BUCKETS];
    struct cached *c = *bucket;

    while (c && c->query != q)
        c = c->next;
    if (c)
        return c;
    c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->query = q;
    if (sqlite3_prepare_v3(conn->sqlite, q->sql, -1, SQLITE_PREPARE_PERSISTENT, &c->stmt, NULL) !=
        SQLITE_OK) {
        free(c);
        return NULL;
    }
    assert((size_t)sqlite3_column_count(c->stmt) == strlen(q->cols));
    find_params(c);
    c->next = *bucket;
    *bucket = c;
    return c;
}

static int bind_one(sqlite3_stmt *stmt, int at, const struct db_arg *arg)
{
    if (arg->kind == DB_INT)
        return sqlite3_bind_int64(stmt, at, arg->number);
    if (arg->kind == DB_TEXT)
        return sqlite3_bind_text64(stmt, at, arg->text, arg->text ? strlen(arg->text) : 0,
                                   SQLITE_STATIC, SQLITE_UTF8);
    if (arg->kind == DB_BYTES)
        return sqlite3_bind_blob64(stmt, at, arg->bytes.data, arg->bytes.len, SQLITE_STATIC);
    return sqlite3_bind_null(stmt, at);
}

static bool bind(const struct cached *c, const struct db_arg *args)
{
    for (size_t i = 0; c->query->params[i]; i++)
        if (c->at[i] && bind_one(c->stmt, c->at[i], &args[i]) != SQLITE_OK)
            return false;
    return true;
}

static bool read_cell(struct arena *mem, sqlite3_stmt *stmt, int i, char letter, struct cell *cell)
{
    static const struct {
        char letter;
        int type;
    } types[] = {{'t', SQLITE_TEXT}, {'i', SQLITE_INTEGER}, {'b', SQLITE_BLOB}};
    int type = sqlite3_column_type(stmt, i);
    size_t len;

    cell->is_null = type == SQLITE_NULL;
    if (cell->is_null)
        return letter_is_nullable(letter);
    for (size_t k = 0; k < ARRAY_LEN(types); k++)
        if (types[k].letter == letter_type(letter) && types[k].type != type)
            return false;
    if (type == SQLITE_INTEGER) {
        cell->number = sqlite3_column_int64(stmt, i);
    } else if (type == SQLITE_TEXT) {
        const void *text = sqlite3_column_text(stmt, i);

        cell->text = arena_strndup(mem, text, (size_t)sqlite3_column_bytes(stmt, i));
    } else {
        const void *bytes = sqlite3_column_blob(stmt, i);

        len = (size_t)sqlite3_column_bytes(stmt, i);
        cell->bytes = slice_of(arena_memdup(mem, bytes, len), len);
    }
    return true;
}

static bool read_row(sqlite3_stmt *stmt, const struct query *q, struct row_list *rows,
                     struct err *err)
{
    struct row *row = row_list_add(rows, q);

    for (int i = 0; q->cols[i]; i++)
        if (!read_cell(rows->mem, stmt, i, q->cols[i], &row->cells[i]))
            return err_set(err, ERR_STORE, "could not run %s: column %d has an unexpected type",
                           q->name, i + 1);
    return true;
}

/* To SQLITE_DONE always: a statement with RETURNING that is left half way keeps its locks. */
static bool step_all(struct sqlite_conn *conn, sqlite3_stmt *stmt, const struct query *q,
                     struct row_list *rows, struct err *err)
{
    bool is_read = true;
    int code;

    while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
        assert(rows);
        is_read = is_read && read_row(stmt, q, rows, err);
    }
    if (code != SQLITE_DONE)
        return refuse(conn, q->name, err);
    return is_read;
}

bool sqlite_conn_run(struct sqlite_conn *conn, const struct query *q, const struct db_arg *args,
                     struct row_list *rows, int64_t *changed, struct err *err)
{
    struct cached *c = statement(conn, q);
    bool is_done;

    if (!c || !bind(c, args))
        return refuse(conn, q->name, err);
    is_done = step_all(conn, c->stmt, q, rows, err);
    if (is_done && changed)
        *changed = sqlite3_changes64(conn->sqlite);
    sqlite3_reset(c->stmt);
    sqlite3_clear_bindings(c->stmt);
    return is_done;
}

bool sqlite_conn_script(struct sqlite_conn *conn, const char *sql, const char *what,
                        struct err *err)
{
    return sqlite3_exec(conn->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ||
           refuse(conn, what, err);
}

bool sqlite_conn_in_tx(const struct sqlite_conn *conn)
{
    return !sqlite3_get_autocommit(conn->sqlite);
}
