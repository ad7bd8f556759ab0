/* SPDX-License-Identifier: Apache-2.0 */
#include "db/writer.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
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

/* A thread that waits: for the turn, or for what became of its commit. It has a place of its own to
 * sleep, so that nobody else wakes with it, and who wakes it holds no lock that it wants next. */
struct waiter {
    pthread_t thread;
    struct waiter *next;
    sem_t word;
    bool has_turn;
    bool is_stored;
    struct err *err; /* why it is not stored */
};

/* The open transaction; the turn holder's alone. */
struct group {
    bool is_open;
    unsigned turns;
    struct waiter *members;    /* whose turns were committed, and who wait for the COMMIT */
    int64_t first_ms;          /* when the first member ended its turn */
    bool is_lost;              /* the engine rolled it back by itself */
    enum err_code code;        /* why it is not stored */
    char reason[ERR_TEXT_MAX]; /* likewise, in words */
};

struct writer {
    pthread_mutex_t mutex; /* of everything that is not the turn holder's alone */
    bool is_taken;
    pthread_t holder;
    struct waiter *first, **end; /* who waits for the turn, in order */
    /* The turn holder's alone: */
    struct sqlite_conn *conn;
    int turn_fd;
    struct group group;
    int64_t next_group_ms; /* when the next one may begin */
    void (*on_commit)(void *);
    void *on_commit_arg;
};

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
    assert(!w->is_taken && !w->group.is_open);
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

static void begin_waiting(struct waiter *me)
{
    *me = (struct waiter){.thread = pthread_self()};
    sem_init(&me->word, 0, 0);
}

static void wait_for_word(struct waiter *me)
{
    while (sem_wait(&me->word) != 0)
        assert(errno == EINTR);
}

/* False when it was not passed to `me` within DB_TURN_WAIT_MS: then `me` has left the queue. */
static bool wait_for_turn(struct writer *w, struct waiter *me)
{
    struct timespec until;
    bool has_turn;
    int failed;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += DB_TURN_WAIT_MS / 1000;
    do {
        failed = sem_clockwait(&me->word, CLOCK_MONOTONIC, &until);
    } while (failed && errno == EINTR);
    pthread_mutex_lock(&w->mutex);
    has_turn = me->has_turn;
    if (!has_turn)
        unlink_waiter(w, me);
    pthread_mutex_unlock(&w->mutex);
    if (has_turn && failed)
        wait_for_word(me); /* it is on its way */
    return has_turn;
}

static bool take_turn(struct writer *w, struct err *err)
{
    struct waiter me;
    bool is_free, has_turn;

    begin_waiting(&me);
    pthread_mutex_lock(&w->mutex);
    is_free = !w->is_taken;
    if (is_free) {
        w->is_taken = true;
        w->holder = me.thread;
    } else {
        assert(!pthread_equal(w->holder, me.thread)); /* one transaction a thread */
        *w->end = &me;
        w->end = &me.next;
    }
    pthread_mutex_unlock(&w->mutex);
    has_turn = is_free || wait_for_turn(w, &me);
    sem_destroy(&me.word);
    return has_turn ||
           err_set(err, ERR_BUSY, "could not write: no turn within %d ms", DB_TURN_WAIT_MS);
}

static void pass_turn(struct writer *w)
{
    struct waiter *next;

    pthread_mutex_lock(&w->mutex);
    next = w->first;
    w->is_taken = next != NULL;
    if (next) {
        unlink_waiter(w, next);
        w->holder = next->thread;
        next->has_turn = true;
    }
    pthread_mutex_unlock(&w->mutex);
    if (next)
        sem_post(&next->word);
}

static bool run(struct writer *w, const struct query *q, struct err *err)
{
    return sqlite_conn_run(w->conn, q, &QNONE, NULL, NULL, err);
}

static void keep_pace(const struct writer *w)
{
    int64_t left = w->next_group_ms - clock_boot_ms();

    if (left > 0)
        (void)nanosleep(&(struct timespec){.tv_nsec = (long)left * 1000000}, NULL);
}

static bool open_group(struct writer *w, struct err *err)
{
    keep_pace(w);
    if (!turn_take(w->turn_fd, err))
        return false;
    if (!run(w, &begin, err)) {
        turn_give(w->turn_fd);
        return false;
    }
    w->group = (struct group){.is_open = true};
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
    if (!w->group.is_lost && !sqlite_conn_in_tx(w->conn)) {
        w->group.is_lost = true;
        note_reason(&w->group, err);
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

static bool commit_group(struct writer *w, struct group *g)
{
    struct err err;

    if (g->is_lost)
        return false;
    if (g->members && run(w, &commit, &err))
        return true;
    if (g->members)
        note_reason(g, &err);
    roll_back_all(w);
    return false;
}

/* `me` may be among them: it wakes itself, too. */
static void tell_members(const struct group *g, bool is_stored)
{
    for (struct waiter *member = g->members, *next; member; member = next) {
        next = member->next;
        member->is_stored = is_stored;
        if (!is_stored)
            err_set(member->err, g->code, "could not commit, nothing is stored: %s", g->reason);
        sem_post(&member->word);
    }
}

/* Ends the transaction for all its members, and gives the turn on. */
static void close_group(struct writer *w)
{
    bool is_stored = commit_group(w, &w->group);
    struct group closed = w->group;

    w->group.is_open = false;
    w->next_group_ms = closed.turns < WRITER_PACE_TURNS ? 0 : clock_boot_ms() + WRITER_PACE_MS;
    turn_give(w->turn_fd);
    if (is_stored) {
        turn_tell(w->turn_fd);
        w->on_commit(w->on_commit_arg);
    }
    pass_turn(w);
    tell_members(&closed, is_stored);
}

static bool stays_open(struct writer *w)
{
    const struct group *g = &w->group;
    bool is_awaited;

    pthread_mutex_lock(&w->mutex);
    is_awaited = w->first != NULL;
    pthread_mutex_unlock(&w->mutex);
    return is_awaited && !g->is_lost && g->turns < GROUP_TURNS_MAX &&
           (!g->members || clock_boot_ms() - g->first_ms < GROUP_MS);
}

static void end_turn(struct writer *w)
{
    w->group.turns++;
    if (stays_open(w))
        pass_turn(w);
    else
        close_group(w);
}

/* The end of a turn whose member waits for the COMMIT. */
static bool join_group(struct writer *w, struct err *err)
{
    struct group *g = &w->group;
    struct waiter me;

    begin_waiting(&me);
    me.err = err;
    if (!g->members)
        g->first_ms = clock_boot_ms();
    me.next = g->members;
    g->members = &me;
    end_turn(w);
    wait_for_word(&me);
    sem_destroy(&me.word);
    return me.is_stored;
}

bool writer_begin(struct writer *w, struct err *err)
{
    if (!take_turn(w, err))
        return false;
    if (!w->group.is_open && !open_group(w, err)) {
        pass_turn(w);
        return false;
    }
    if (run(w, &begin_member, err))
        return true;
    note_loss(w, err);
    end_turn(w);
    return false;
}

bool writer_commit(struct writer *w, struct err *err)
{
    if (!w->group.is_lost && !run(w, &commit_member, err)) {
        roll_back_all(w);
        note_loss(w, err);
    }
    return join_group(w, err);
}

void writer_rollback(struct writer *w)
{
    struct err err;

    if (!w->group.is_lost &&
        !sqlite_conn_script(w->conn, "ROLLBACK TO member; RELEASE member", "rollback", &err)) {
        roll_back_all(w);
        note_loss(w, &err);
    }
    end_turn(w);
}

bool writer_run(struct writer *w, const struct query *q, const struct db_arg *args,
                struct row_list *rows, int64_t *changed, struct err *err)
{
    if (w->group.is_lost)
        return err_set(err, w->group.code, "could not run %s: the transaction was rolled back: %s",
                       q->name, w->group.reason);
    return sqlite_conn_run(w->conn, q, args, rows, changed, err) || note_loss(w, err);
}

bool writer_script(struct writer *w, const char *sql, struct err *err)
{
    if (w->group.is_lost)
        return err_set(err, ERR_STORE, "could not run a script: the transaction was rolled back");
    return sqlite_conn_script(w->conn, sql, "a script", err) || note_loss(w, err);
}
