/* SPDX-License-Identifier: Apache-2.0 */
#include "db/writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "db/sqlite_conn.h"
#include "db/turn.h"

#define GROUP_TURNS_MAX 64 /* then the group ends, whoever waits: other processes wait too */
#define GROUP_MS        5  /* the most that its first member waits for further turns to begin */

/* What every transaction needs; named as the error texts have them. */
static const struct query begin = {
    .name = "begin", .sql = "BEGIN IMMEDIATE", .params = "", .cols = ""};
static const struct query commit = {.name = "commit", .sql = "COMMIT", .params = "", .cols = ""};
static const struct query begin_member = {
    .name = "begin", .sql = "SAVEPOINT member", .params = "", .cols = ""};
static const struct query commit_member = {
    .name = "commit", .sql = "RELEASE member", .params = "", .cols = ""};

struct group {
    unsigned turns;
    unsigned members; /* turns that were committed */
    unsigned waiting; /* members that have yet to read the outcome */
    int64_t first_ms; /* when the first member ended its turn */
    bool is_lost;     /* the engine rolled it back by itself */
    bool is_done;
    bool is_stored;
    enum err_code code;        /* why it is not stored */
    char reason[ERR_TEXT_MAX]; /* likewise, in words */
    pthread_cond_t done;
};

struct waiter {
    pthread_t thread;
    bool has_turn;
    pthread_cond_t cond;
    struct waiter *next;
};

struct writer {
    pthread_mutex_t mutex; /* of everything that is not the turn holder's alone */
    bool is_taken;
    pthread_t holder;
    struct waiter *first, **end; /* who waits for the turn, in order */
    /* The turn holder's alone: */
    struct sqlite_conn *conn;
    int turn_fd;
    struct group *group; /* the open transaction, or NULL */
    void (*on_commit)(void *);
    void *on_commit_arg;
};

static void init_cond(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

static bool open_conn(struct writer *w, const char *path, struct err *err)
{
    bool is_open;

    if (!turn_open(path, &w->turn_fd, err) || !turn_take(w->turn_fd, err))
        return false;
    is_open = sqlite_conn_open(path, SQLITE_USE_WRITE, &w->conn, err);
    turn_give(w->turn_fd);
    return is_open;
}

bool writer_open(const char *path, void (*on_commit)(void *), void *arg, struct writer **out,
                 struct err *err)
{
    struct writer *w = calloc(1, sizeof(*w));

    if (!w)
        return err_set(err, ERR_STORE, "could not open %s: out of memory", path);
    w->on_commit = on_commit;
    w->on_commit_arg = arg;
    w->end = &w->first;
    w->turn_fd = -1;
    pthread_mutex_init(&w->mutex, NULL);
    if (!open_conn(w, path, err)) {
        writer_close(w);
        return false;
    }
    *out = w;
    return true;
}

void writer_close(struct writer *w)
{
    if (!w)
        return;
    assert(!w->is_taken && !w->group);
    sqlite_conn_close(w->conn);
    if (w->turn_fd >= 0)
        close(w->turn_fd);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

bool writer_take_place(struct writer *w, unsigned *place, struct err *err)
{
    return turn_take_place(w->turn_fd, place, err);
}

static void unlink_waiter(struct writer *w, struct waiter *me)
{
    struct waiter **at = &w->first;

    while (*at != me)
        at = &(*at)->next;
    *at = me->next;
    if (w->end == &me->next)
        w->end = at;
}

/* With the mutex. */
static bool wait_in_queue(struct writer *w)
{
    struct waiter me = {.thread = pthread_self()};
    struct timespec until;
    int code = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DB_TURN_WAIT_MS / 1000;
    init_cond(&me.cond);
    *w->end = &me;
    w->end = &me.next;
    while (!me.has_turn && code != ETIMEDOUT)
        code = pthread_cond_timedwait(&me.cond, &w->mutex, &until);
    if (!me.has_turn)
        unlink_waiter(w, &me);
    pthread_cond_destroy(&me.cond);
    return me.has_turn;
}

static bool take_turn(struct writer *w, struct err *err)
{
    bool has_turn = true;

    pthread_mutex_lock(&w->mutex);
    if (w->is_taken) {
        assert(!pthread_equal(w->holder, pthread_self())); /* one transaction a thread */
        has_turn = wait_in_queue(w);
    } else {
        w->is_taken = true;
        w->holder = pthread_self();
    }
    pthread_mutex_unlock(&w->mutex);
    return has_turn ||
           err_set(err, ERR_BUSY, "could not write: no turn within %d ms", DB_TURN_WAIT_MS);
}

/* With the mutex. */
static void pass_turn(struct writer *w)
{
    struct waiter *next = w->first;

    w->is_taken = next != NULL;
    if (!next)
        return;
    unlink_waiter(w, next);
    w->holder = next->thread;
    next->has_turn = true;
    pthread_cond_signal(&next->cond);
}

static bool run(struct writer *w, const struct query *q, struct err *err)
{
    return sqlite_conn_run(w->conn, q, &QNONE, NULL, NULL, err);
}

static bool open_group(struct writer *w, struct err *err)
{
    struct group *g = calloc(1, sizeof(*g));

    if (!g)
        return err_set(err, ERR_STORE, "could not begin: out of memory");
    if (!turn_take(w->turn_fd, err)) {
        free(g);
        return false;
    }
    if (!run(w, &begin, err)) {
        turn_give(w->turn_fd);
        free(g);
        return false;
    }
    init_cond(&g->done);
    w->group = g;
    return true;
}

/* Whatever it was, it may work another time; but a full disk must be told as what it is. */
static void note_reason(struct group *g, const struct err *err)
{
    g->code = err->code == ERR_FULL ? ERR_FULL : ERR_BUSY;
    snprintf(g->reason, sizeof(g->reason), "%s", err->text);
}

/* After some errors (a full disk, say) the engine rolls back the whole transaction: then every
 * member has lost. */
static bool note_loss(struct writer *w, const struct err *err)
{
    if (!w->group->is_lost && !sqlite_conn_in_tx(w->conn)) {
        w->group->is_lost = true;
        note_reason(w->group, err);
    }
    return false;
}

static void roll_back_all(struct writer *w)
{
    struct err err;
    bool is_done =
        !sqlite_conn_in_tx(w->conn) || sqlite_conn_script(w->conn, "ROLLBACK", "rollback", &err);

    assert(is_done || !sqlite_conn_in_tx(w->conn));
}

static void commit_group(struct writer *w, struct group *g)
{
    struct err err;

    if (g->is_lost)
        return;
    if (g->members && run(w, &commit, &err)) {
        g->is_stored = true;
        return;
    }
    if (g->members)
        note_reason(g, &err);
    roll_back_all(w);
}

static void free_group(struct group *g)
{
    pthread_cond_destroy(&g->done);
    free(g);
}

/* Ends the transaction for all its members, and gives the turn on. */
static void close_group(struct writer *w, struct group *g)
{
    commit_group(w, g);
    turn_give(w->turn_fd);
    if (g->is_stored) {
        turn_tell(w->turn_fd);
        w->on_commit(w->on_commit_arg);
    }
    pthread_mutex_lock(&w->mutex);
    w->group = NULL;
    g->is_done = true;
    pthread_cond_broadcast(&g->done);
    pass_turn(w);
    pthread_mutex_unlock(&w->mutex);
}

static bool stays_open(const struct writer *w, const struct group *g)
{
    return w->first && !g->is_lost && g->turns < GROUP_TURNS_MAX &&
           (!g->members || clock_boot_ms() - g->first_ms < GROUP_MS);
}

/* The end of a turn, of a member of the group or of somebody who rolled back. */
static bool end_turn(struct writer *w, bool is_member, struct err *err)
{
    struct group *g = w->group;
    bool is_stored, is_last;
    bool is_open;

    pthread_mutex_lock(&w->mutex);
    g->turns++;
    if (is_member && !g->members++)
        g->first_ms = clock_boot_ms();
    g->waiting++;
    is_open = stays_open(w, g);
    if (is_open)
        pass_turn(w);
    pthread_mutex_unlock(&w->mutex);
    if (!is_open)
        close_group(w, g);

    pthread_mutex_lock(&w->mutex);
    while (is_member && !g->is_done)
        pthread_cond_wait(&g->done, &w->mutex);
    is_stored = is_member && g->is_stored; /* who rolled back does not wait, and must not look */
    if (is_member && !is_stored)
        err_set(err, g->code, "could not commit, nothing is stored: %s", g->reason);
    is_last = --g->waiting == 0 && g->is_done;
    pthread_mutex_unlock(&w->mutex);
    if (is_last)
        free_group(g);
    return is_stored;
}

bool writer_begin(struct writer *w, struct err *err)
{
    struct err ignored;

    if (!take_turn(w, err))
        return false;
    if (!w->group && !open_group(w, err)) {
        pthread_mutex_lock(&w->mutex);
        pass_turn(w);
        pthread_mutex_unlock(&w->mutex);
        return false;
    }
    if (run(w, &begin_member, err))
        return true;
    note_loss(w, err);
    end_turn(w, false, &ignored);
    return false;
}

bool writer_commit(struct writer *w, struct err *err)
{
    if (!w->group->is_lost && !run(w, &commit_member, err)) {
        roll_back_all(w);
        note_loss(w, err);
    }
    return end_turn(w, true, err);
}

void writer_rollback(struct writer *w)
{
    struct err err;

    if (!w->group->is_lost &&
        !sqlite_conn_script(w->conn, "ROLLBACK TO member; RELEASE member", "rollback", &err)) {
        roll_back_all(w);
        note_loss(w, &err);
    }
    end_turn(w, false, &err);
}

bool writer_run(struct writer *w, const struct query *q, const struct db_arg *args,
                struct row_list *rows, int64_t *changed, struct err *err)
{
    if (w->group->is_lost)
        return err_set(err, w->group->code, "could not run %s: the transaction was rolled back: %s",
                       q->name, w->group->reason);
    return sqlite_conn_run(w->conn, q, args, rows, changed, err) || note_loss(w, err);
}

bool writer_script(struct writer *w, const char *sql, struct err *err)
{
    if (w->group->is_lost)
        return err_set(err, ERR_STORE, "could not run a script: the transaction was rolled back");
    return sqlite_conn_script(w->conn, sql, "a script", err) || note_loss(w, err);
}
