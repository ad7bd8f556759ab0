/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "db/pool.h"

static void notify(void *pool)
{
    watches_notify(pool);
}

/* The file is made here, so that nobody else may read it; SQLite gives its -wal and -shm the same
 * mode. */
static bool create_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_errno(err, ERR_STORE, errno, "could not open %s", path);
    close(fd);
    return true;
}

bool db_open_sqlite(const char *path, unsigned readers, struct db **out, struct err *err)
{
    struct pool *pool;

    assert(readers >= 1 && readers <= DB_READERS_MAX);
    if (!create_file(path, err))
        return false;
    pool = calloc(1, sizeof(*pool) + strlen(path) + 1);
    if (!pool)
        return err_set(err, ERR_STORE, "could not open %s: out of memory", path);
    pool->handle.pool = pool;
    memcpy(pool->path, path, strlen(path));
    pool->readers_max = readers;
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->reader_is_idle, NULL);
    if (!writer_open(path, notify, pool, &pool->writer, err)) {
        db_close(&pool->handle);
        return false;
    }
    *out = &pool->handle;
    return true;
}

bool db_take_place(struct db *db, unsigned *place, struct err *err)
{
    return writer_take_place(db->pool->writer, place, err);
}

void db_close(struct db *db)
{
    struct pool *pool = db->pool;

    assert(!db->is_tx && !pool->watches && pool->idle_count == pool->readers);
    while (pool->idle_count)
        sqlite_conn_close(pool->idle[--pool->idle_count]);
    writer_close(pool->writer);
    pthread_cond_destroy(&pool->reader_is_idle);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

/* *conn stays NULL when a new connection may be opened. */
static void wait_for_reader(struct pool *pool, struct sqlite_conn **conn)
{
    pthread_mutex_lock(&pool->mutex);
    while (!pool->idle_count && pool->readers == pool->readers_max)
        pthread_cond_wait(&pool->reader_is_idle, &pool->mutex);
    if (pool->idle_count)
        *conn = pool->idle[--pool->idle_count];
    else
        pool->readers++;
    pthread_mutex_unlock(&pool->mutex);
}

static void give_reader(struct pool *pool, struct sqlite_conn *conn)
{
    pthread_mutex_lock(&pool->mutex);
    if (conn)
        pool->idle[pool->idle_count++] = conn;
    else
        pool->readers--;
    pthread_cond_signal(&pool->reader_is_idle);
    pthread_mutex_unlock(&pool->mutex);
}

static bool take_reader(struct pool *pool, struct sqlite_conn **out, struct err *err)
{
    struct sqlite_conn *conn = NULL;

    wait_for_reader(pool, &conn);
    if (!conn && !sqlite_conn_open(pool->path, SQLITE_USE_READ, &conn, err)) {
        give_reader(pool, NULL);
        return false;
    }
    *out = conn;
    return true;
}

static bool run_select(struct pool *pool, const struct query *q, const struct db_arg *args,
                       struct row_list *rows, struct err *err)
{
    struct sqlite_conn *conn;
    bool is_done;

    if (!take_reader(pool, &conn, err))
        return false;
    is_done = sqlite_conn_run(conn, q, args, rows, NULL, err);
    give_reader(pool, conn);
    return is_done;
}

static bool run_alone(struct pool *pool, const struct query *q, const struct db_arg *args,
                      struct row_list *rows, int64_t *changed, struct err *err)
{
    if (!writer_begin(pool->writer, err))
        return false;
    if (writer_run(pool->writer, q, args, rows, changed, err))
        return writer_commit(pool->writer, err);
    writer_rollback(pool->writer);
    return false;
}

static bool run(struct db *db, const struct query *q, const struct db_arg *args,
                struct row_list *rows, int64_t *changed, struct err *err)
{
    db_args_check(q, args);
    if (db->is_tx) {
        assert(pthread_equal(db->owner, pthread_self()));
        return writer_run(db->pool->writer, q, args, rows, changed, err);
    }
    if (db->reader)
        return sqlite_conn_run(db->reader, q, args, rows, changed, err);
    if (strncmp(q->sql, "SELECT ", 7) == 0)
        return run_select(db->pool, q, args, rows, err);
    return run_alone(db->pool, q, args, rows, changed, err);
}

bool db_one_args(struct arena *mem, struct db *db, const struct query *q, const struct row **row,
                 const struct db_arg *args, struct err *err)
{
    struct row_list rows = {.mem = mem};

    if (!run(db, q, args, &rows, NULL, err))
        return false;
    if (rows.count > 1)
        return err_set(err, ERR_STORE, "%s: %zu rows where one was expected", q->name, rows.count);
    *row = rows.count ? rows.row[0] : NULL;
    return true;
}

bool db_each_args(struct arena *mem, struct db *db, const struct query *q, struct rows *rows,
                  const struct db_arg *args, struct err *err)
{
    struct row_list list = {.mem = mem};

    if (!run(db, q, args, &list, NULL, err))
        return false;
    *rows = (struct rows){.count = list.count, .row = list.row};
    return true;
}

bool db_exec_args(struct db *db, const struct query *q, const struct db_arg *args, int64_t *changed,
                  struct err *err)
{
    assert(!*q->cols);
    return run(db, q, args, NULL, changed, err);
}

bool db_exec_one_args(struct db *db, const struct query *q, const struct db_arg *args,
                      struct err *err)
{
    int64_t changed;

    if (!db_exec_args(db, q, args, &changed, err))
        return false;
    assert(changed <= 1);
    return changed || err_set(err, ERR_LOST_RACE, "%s: changed or gone meanwhile", q->name);
}

static bool begin(struct db *db, struct err *err)
{
    assert(!db->reader);
    if (!db->is_tx)
        return writer_begin(db->pool->writer, err);
    assert(pthread_equal(db->owner, pthread_self()));
    return writer_script(db->pool->writer, "SAVEPOINT inside", err);
}

bool db_tx_begin(struct db *db, struct db **tx, struct err *err)
{
    struct db *begun = calloc(1, sizeof(*begun));

    if (!begun)
        return err_set(err, ERR_STORE, "could not begin: out of memory");
    if (!begin(db, err)) {
        free(begun);
        return false;
    }
    *begun = (struct db){
        .pool = db->pool, .is_tx = true, .is_inner = db->is_tx, .owner = pthread_self()};
    *tx = begun;
    return true;
}

bool db_tx_commit(struct db **tx, struct err *err)
{
    struct writer *writer = (*tx)->pool->writer;
    bool is_inner = (*tx)->is_inner;

    assert((*tx)->is_tx && pthread_equal((*tx)->owner, pthread_self()));
    free(*tx);
    *tx = NULL;
    return is_inner ? writer_script(writer, "RELEASE inside", err) : writer_commit(writer, err);
}

void db_tx_endp(struct db **tx)
{
    struct err ignored; /* what fails here fails the outer transaction as well */

    if (!*tx)
        return;
    if ((*tx)->is_inner)
        (void)!writer_script((*tx)->pool->writer, "ROLLBACK TO inside; RELEASE inside", &ignored);
    else
        writer_rollback((*tx)->pool->writer);
    free(*tx);
    *tx = NULL;
}

static const struct query begin_view = {.name = "view", .sql = "BEGIN", .params = "", .cols = ""};
static const struct query end_view = {.name = "view", .sql = "COMMIT", .params = "", .cols = ""};

bool db_view_begin(struct db *db, struct db **view, struct err *err)
{
    struct db *begun = calloc(1, sizeof(*begun));

    assert(!db->is_tx && !db->reader);
    if (!begun)
        return err_set(err, ERR_STORE, "could not begin a view: out of memory");
    begun->pool = db->pool;
    *view = begun;
    if (take_reader(db->pool, &begun->reader, err) &&
        sqlite_conn_run(begun->reader, &begin_view, &QNONE, NULL, NULL, err))
        return true;
    db_view_endp(view);
    return false;
}

void db_view_endp(struct db **view)
{
    struct err ignored; /* nothing was written */

    if (!*view)
        return;
    if ((*view)->reader) {
        /* after some errors the engine has ended it by itself */
        if (sqlite_conn_in_tx((*view)->reader))
            (void)!sqlite_conn_run((*view)->reader, &end_view, &QNONE, NULL, NULL, &ignored);
        assert(!sqlite_conn_in_tx((*view)->reader));
        give_reader((*view)->pool, (*view)->reader);
    }
    free(*view);
    *view = NULL;
}

bool db_is_tx(const struct db *db)
{
    return db->is_tx;
}

bool db_script(struct db *tx, const char *sql, struct err *err)
{
    assert(tx->is_tx);
    return writer_script(tx->pool->writer, sql, err);
}

enum db_dialect db_dialect(const struct db *db)
{
    (void)db;
    return DB_SQLITE;
}
