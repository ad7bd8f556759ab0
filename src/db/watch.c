/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/pool.h"
#include "db/turn.h"

struct db_watch {
    struct pool *pool;
    struct sqlite_conn *conn; /* its own: it never writes, so it sees every other one's commits */
    int fd;                   /* commits of this process, and the end */
    int turn;                 /* commits of any process; -1: they are only looked for */
    atomic_bool is_ended;
    int64_t version; /* -1: not asked yet */
    struct db_watch *next;
};

/* Changes whenever another connection, of any process, has committed. */
static const struct query data_version = {
    .name = "watch.data_version",
    .sql = "PRAGMA data_version",
    .params = "",
    .cols = "i",
};

void watches_notify(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    for (struct db_watch *w = pool->watches; w; w = w->next)
        eventfd_write(w->fd, 1);
    pthread_mutex_unlock(&pool->mutex);
}

bool db_watch_new(struct db *db, struct db_watch **out, struct err *err)
{
    struct db_watch *watch = calloc(1, sizeof(*watch));

    assert(!db->is_tx);
    if (!watch)
        return err_set(err, ERR_STORE, "could not watch the database: out of memory");
    watch->version = -1;
    watch->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (watch->fd < 0) {
        err_errno(err, ERR_STORE, errno, "could not watch the database");
        free(watch);
        return false;
    }
    if (!sqlite_conn_open(db->pool->path, SQLITE_USE_READ, &watch->conn, err)) {
        close(watch->fd);
        free(watch);
        return false;
    }
    watch->turn = turn_watch(db->pool->path);
    watch->pool = db->pool;
    pthread_mutex_lock(&db->pool->mutex);
    watch->next = db->pool->watches;
    db->pool->watches = watch;
    pthread_mutex_unlock(&db->pool->mutex);
    *out = watch;
    return true;
}

void db_watch_free(struct db_watch *watch)
{
    struct db_watch **at = &watch->pool->watches;

    pthread_mutex_lock(&watch->pool->mutex);
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    pthread_mutex_unlock(&watch->pool->mutex);
    sqlite_conn_close(watch->conn);
    close(watch->fd);
    if (watch->turn >= 0)
        close(watch->turn);
    free(watch);
}

void db_watch_end(struct db_watch *watch)
{
    atomic_store(&watch->is_ended, true);
    eventfd_write(watch->fd, 1);
}

int db_watch_fd(const struct db_watch *watch)
{
    return watch->fd;
}

bool db_watch_changed(struct db_watch *watch, bool *changed, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct row_list rows = {.mem = mem};
    eventfd_t commits;
    int64_t version;

    /* first, so that a commit in between is told again */
    (void)eventfd_read(watch->fd, &commits);
    turn_watch_clear(watch->turn);
    if (!sqlite_conn_run(watch->conn, &data_version, DB_ARGS(QNONE), &rows, NULL, err))
        return false;
    version = row_i64(rows.row[0], 0);
    *changed = version != watch->version;
    watch->version = version;
    return true;
}

/* Of a commit since the engine was asked last, or the end. */
static void wait_for_word(const struct db_watch *watch, int64_t wait_ms)
{
    struct pollfd commits[] = {{.fd = watch->fd, .events = POLLIN},
                               {.fd = watch->turn, .events = POLLIN}};

    (void)poll(commits, ARRAY_LEN(commits), (int)wait_ms);
}

bool db_watch_wait(struct db_watch *watch, int64_t wait_ms, bool *changed, struct err *err)
{
    int64_t end = clock_boot_ms() + wait_ms;
    bool is_over;

    do {
        int64_t left = end - clock_boot_ms();

        is_over = watch->version < 0 || left <= 0 || atomic_load(&watch->is_ended);
        if (!is_over)
            wait_for_word(watch, left < DB_WATCH_MS ? left : DB_WATCH_MS);
        if (!db_watch_changed(watch, changed, err))
            return false;
    } while (!*changed && !is_over && !atomic_load(&watch->is_ended));
    return true;
}
