/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * db: one statement API over SQLite (and later PostgreSQL).
 *
 * `struct db` is a pool or one transaction of it; statements take either. On the pool a SELECT runs
 * on a connection of its own, and any other statement is a transaction of its own, durable when the
 * call returns true. Any thread may use a pool; a transaction belongs to the thread that began it,
 * which has at most one of the pool open and does no I/O before it ends.
 *
 * SQLite: WAL, synchronous=FULL, foreign_keys=ON. One write connection per process is used in
 * turns; transactions that queue up share one COMMIT (group commit). A lock file beside the
 * database ("<path>-turn") passes the right to write from process to process fairly.
 *
 * Errors of every call:
 *   ERR_CONFLICT  a unique constraint is violated; err->field is "<table>.<column>", its first
 *                 column. A broken reference is ERR_CONFLICT with the field "foreign_key".
 *   ERR_BUSY      no turn within DB_TURN_WAIT_MS, or the group's COMMIT failed; nothing of the
 *                 transaction is stored, and nothing is retried here.
 *   ERR_STORE     anything else: a full disk, a read-only file, a damaged database; the text says.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#define DB_PARAMS_MAX   40
#define DB_TURN_WAIT_MS 10000

/*
 * One statement; `static const`, because prepared statements are kept by its address. Parameters
 * are $1, $2, ...; `params` has a letter for each: t text, i 64-bit integer, b octets; upper case
 * may be NULL. `cols` says the same of the columns of the result ("" when it has none). `pg` is the
 * text for PostgreSQL where it must differ, else NULL. The driver declares the parameters with
 * these types, so that `$1 IS NULL` needs no cast.
 */
struct query {
    const char *name; /* "account.get" */
    const char *sql;
    const char *pg;
    const char *params;
    const char *cols;
};

/* What a store file exports: all its queries, for the test that prepares every one. */
struct query_list {
    const char *file;
    const struct query *const *queries;
    size_t count;
};

struct db;
struct row;

/* One argument of a statement. */
struct db_arg {
    enum { DB_END, DB_NULL, DB_TEXT, DB_INT, DB_BYTES } kind;
    const char *text;
    int64_t number;
    struct slice bytes;
};

#define QT(v) ((struct db_arg){.kind = DB_TEXT, .text = (v)})   /* const char *; NULL is NULL */
#define QI(v) ((struct db_arg){.kind = DB_INT, .number = (v)})  /* int64_t */
#define QB(v) ((struct db_arg){.kind = DB_BYTES, .bytes = (v)}) /* slice; NULL data is NULL */
#define QNULL ((struct db_arg){.kind = DB_NULL})
#define QNONE ((struct db_arg){.kind = DB_END}) /* the only argument of a query without any */
/* An instant or number that is stored as NULL when it is 0. */
#define QI0(v) ((struct db_arg){.kind = (v) ? DB_INT : DB_NULL, .number = (v)})

#define DB_ARGS(...) ((const struct db_arg[]){__VA_ARGS__, QNONE})

/* Rows in memory; text and octets live in the arena of the call. */
struct rows {
    size_t count;
    const struct row *const *row;
};

/*
 * The arguments after `err` are checked against q->params (count, type, NULL): a mismatch is a
 * programming error and ends the process.
 *
 * db_one: the first row, or *row = NULL when there is none; more than one row is an ERR_STORE.
 * db_each: every row; the statement has a LIMIT, or its rows are few by nature.
 * db_exec: a statement without result; *changed (may be NULL) is the number of rows it changed.
 * db_exec_one: changes exactly one row; when it changes none: ERR_LOST_RACE.
 */
#define db_one(mem, db, q, row, err, ...) db_one_args(mem, db, q, row, DB_ARGS(__VA_ARGS__), err)
#define db_each(mem, db, q, rows, err, ...)                                                        \
    db_each_args(mem, db, q, rows, DB_ARGS(__VA_ARGS__), err)
#define db_exec(db, q, changed, err, ...) db_exec_args(db, q, DB_ARGS(__VA_ARGS__), changed, err)
#define db_exec_one(db, q, err, ...)      db_exec_one_args(db, q, DB_ARGS(__VA_ARGS__), err)

MUST_CHECK bool db_one_args(struct arena *mem, struct db *db, const struct query *q,
                            const struct row **row, const struct db_arg *args, struct err *err);
MUST_CHECK bool db_each_args(struct arena *mem, struct db *db, const struct query *q,
                             struct rows *rows, const struct db_arg *args, struct err *err);
MUST_CHECK bool db_exec_args(struct db *db, const struct query *q, const struct db_arg *args,
                             int64_t *changed, struct err *err);
MUST_CHECK bool db_exec_one_args(struct db *db, const struct query *q, const struct db_arg *args,
                                 struct err *err);

/* Column i from 0; its letter in `cols` must fit, else the process ends. NULL: text NULL, number 0,
 * octets {NULL, 0}. Octets of length 0 have data that is not NULL. */
const char *row_text(const struct row *row, size_t i);
int64_t row_i64(const struct row *row, size_t i);
bool row_bool(const struct row *row, size_t i);
struct slice row_bytes(const struct row *row, size_t i);
bool row_is_null(const struct row *row, size_t i);

/*
 * Opens, or creates, the SQLite database at `path`; not migrated (db/migrate.h). `readers` is the
 * most SELECTs at a time (1..DB_READERS_MAX); more of them wait.
 */
#define DB_READERS_MAX 64
MUST_CHECK bool db_open_sqlite(const char *path, unsigned readers, struct db **out,
                               struct err *err);
void db_close(struct db *db); /* no transaction, watch or call may be left */
static inline void db_closep(struct db **pool)
{
    if (*pool)
        db_close(*pool);
}

/* The lowest number, from 1, that no other process has taken at this database; it is this process's
 * until it closes the database or dies, however. Asked for once. ERR_CONFIG: DB_PLACES_MAX have
 * one. */
#define DB_PLACES_MAX 64
MUST_CHECK bool db_take_place(struct db *pool, unsigned *place, struct err *err);

/*
 * Transactions. db_tx_commit() returns true only when all is durable; it ends the transaction
 * either way and sets *tx to NULL. AUTO(db_tx_endp) rolls back what was not committed. A statement
 * that failed has changed nothing; the transaction may go on, unless the error was ERR_STORE.
 *
 * Begun on a transaction it is an inner one: it can be rolled back alone, and is durable only with
 * the outer one, which is not used before the inner one has ended.
 */
MUST_CHECK bool db_tx_begin(struct db *db, struct db **tx, struct err *err);
MUST_CHECK bool db_tx_commit(struct db **tx, struct err *err);
void db_tx_endp(struct db **tx);
bool db_is_tx(const struct db *db);

/*
 * A view: SELECTs that see the store as it is at the first of them, and cost less than each by
 * itself. It has one of the readers, so its thread takes no other one meanwhile, and soon ends it.
 */
MUST_CHECK bool db_view_begin(struct db *pool, struct db **view, struct err *err);
void db_view_endp(struct db **view);

/* Several statements without parameters or results, for migrations; `db` is a transaction. */
MUST_CHECK bool db_script(struct db *db, const char *sql, struct err *err);

enum db_dialect { DB_SQLITE, DB_POSTGRES };
enum db_dialect db_dialect(const struct db *db);

/*
 * A watch tells that something was committed, by this process or another. One thread uses it.
 * db_watch_changed: whether anything was committed since the last call (the first says true); some
 * microseconds. db_watch_fd becomes readable at each commit of this process, until db_watch_changed
 * is called. db_watch_wait: returns at the first change (*changed = true) or after wait_ms; other
 * processes' commits wake it too, and are found after DB_WATCH_MS where the word got lost (a
 * process killed just after its commit). db_watch_end, from any thread: this wait and all later
 * ones return at once.
 */
#define DB_WATCH_MS 20
struct db_watch;
MUST_CHECK bool db_watch_new(struct db *pool, struct db_watch **out, struct err *err);
void db_watch_free(struct db_watch *watch);
static inline void db_watch_freep(struct db_watch **watch)
{
    if (*watch)
        db_watch_free(*watch);
}
void db_watch_end(struct db_watch *watch);
int db_watch_fd(const struct db_watch *watch);
MUST_CHECK bool db_watch_changed(struct db_watch *watch, bool *changed, struct err *err);
MUST_CHECK bool db_watch_wait(struct db_watch *watch, int64_t wait_ms, bool *changed,
                              struct err *err);
