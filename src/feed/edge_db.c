/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/edge_db.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define READERS_MAX   512 /* workers of nginx, the ones before a reload counted too */
#define FULL_BLOCKS   64  /* a disk with fewer free ones is full */
#define STATE_VERSION 1
#define STATE_SIZE    26
#define DIR_MODE      0750
#define DATA_MODE     0640
#define LOCK_MODE     0660

/* No kind of record has this octet. */
static const unsigned char state_octets[] = "\0state";
static const struct slice state_key = {state_octets, sizeof(state_octets) - 1};

struct edge_db {
    MDB_env *env;
    MDB_dbi dbi;
    const char *dir;
    int dir_fd;  /* holds the lock of the agent */
    int lock_fd; /* see reserve_readers() */
    size_t map_size, map_max;
    bool is_wipe_due;
};

struct edge_tx {
    MDB_txn *txn;
    MDB_dbi dbi;
    bool is_map_full;
    bool is_wipe_due; /* octets of a key are on pages that are free when it is committed */
};

static bool mdb_err(struct err *err, int rc, const char *what)
{
    if (rc == MDB_MAP_FULL)
        return err_set(
            err, ERR_FULL,
            "could not %s the records of the edge: they fill what edge.map_max_mb allows", what);
    if (rc == ENOSPC || rc == EDQUOT || rc == EFBIG)
        return err_set(
            err, ERR_FULL,
            "could not %s the records of the edge: the disk is full (%s), make room on it", what,
            strerror(rc));
    return err_set(err, ERR_STORE, "could not %s the records of the edge: %s", what,
                   mdb_strerror(rc));
}

static bool lock_dir(const char *dir, int *out, struct err *err)
{
    bool is_made = mkdir(dir, DIR_MODE) == 0;
    int fd;

    if (!is_made && errno != EEXIST)
        return err_errno(err, ERR_CONFIG, errno, "cannot make the folder %s", dir);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot open the folder %s", dir);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return err_set(err, ERR_CONFIG, "another agent writes to %s", dir);
    }
    if (is_made && fchmod(fd, DIR_MODE) != 0) { /* whatever the umask */
        close(fd);
        return err_errno(err, ERR_CONFIG, errno, "cannot set the mode of %s", dir);
    }
    *out = fd;
    return true;
}

static bool set_modes(int dir_fd, struct err *err)
{
    if (fchmodat(dir_fd, "data.mdb", DATA_MODE, 0) != 0 ||
        fchmodat(dir_fd, "lock.mdb", LOCK_MODE, 0) != 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot set the mode of the edge's files");
    return true;
}

/* The main database exists from the first commit on, so that nginx can open it. */
static bool open_main(struct edge_db *db, struct err *err)
{
    MDB_txn *txn = NULL;
    int rc = mdb_txn_begin(db->env, NULL, 0, &txn);

    if (rc == 0)
        rc = mdb_dbi_open(txn, NULL, 0, &db->dbi);
    if (rc == 0)
        rc = mdb_txn_commit(txn);
    else if (txn)
        mdb_txn_abort(txn);
    return rc == 0 ? true : mdb_err(err, rc, "open");
}

/* A worker of nginx writes to its reader slot through a mapping: on a full disk a page that is not
 * there yet would be a SIGBUS for it. The descriptor stays open as long as the environment: closing
 * any descriptor of lock.mdb would end LMDB's own locks of it (fcntl(2), "Record locks"), and the
 * next process to open it would take the table of readers for nobody's and begin it anew. */
static bool reserve_readers(struct edge_db *db, struct err *err)
{
    struct stat st;
    int rc;

    db->lock_fd = openat(db->dir_fd, "lock.mdb", O_RDWR | O_CLOEXEC);
    if (db->lock_fd < 0)
        return err_errno(err, ERR_CONFIG, errno, "cannot open lock.mdb");
    rc = fstat(db->lock_fd, &st) != 0 ? errno : posix_fallocate(db->lock_fd, 0, st.st_size);
    return rc == 0 || mdb_err(err, rc, "reserve the readers of");
}

static bool open_env(struct edge_db *db, const char *dir, struct err *err)
{
    const size_t first = db->map_max < EDGE_DB_MAP_FIRST ? db->map_max : EDGE_DB_MAP_FIRST;
    MDB_envinfo info;
    int rc = mdb_env_create(&db->env);

    if (rc == 0)
        rc = mdb_env_set_maxreaders(db->env, READERS_MAX);
    if (rc == 0)
        rc = mdb_env_set_mapsize(db->env, first);
    if (rc == 0)
        rc = mdb_env_open(db->env, dir, 0, LOCK_MODE);
    if (rc == 0)
        rc = mdb_env_info(db->env, &info);
    if (rc != 0)
        return mdb_err(err, rc, "open");
    db->map_size = info.me_mapsize;
    db->is_wipe_due = true; /* whoever had it before may have been killed */
    return set_modes(db->dir_fd, err) && reserve_readers(db, err) && open_main(db, err) &&
           edge_db_check_readers(db, NULL, err);
}

bool edge_db_open(const char *dir, size_t map_max, struct edge_db **out, struct err *err)
{
    AUTO(edge_db_freep) struct edge_db *db = calloc(1, sizeof(*db));

    if (!db)
        return err_set(err, ERR_INTERNAL, "out of memory");
    db->dir = dir;
    db->dir_fd = db->lock_fd = -1;
    db->map_max = map_max ? map_max : EDGE_DB_MAP_MAX;
    if (!lock_dir(dir, &db->dir_fd, err) || !open_env(db, dir, err))
        return err_wrap(err, "%s", dir);
    *out = db;
    db = NULL;
    return true;
}

void edge_db_free(struct edge_db *db)
{
    if (db->env)
        mdb_env_close(db->env);
    if (db->lock_fd >= 0)
        close(db->lock_fd);
    if (db->dir_fd >= 0)
        close(db->dir_fd);
    free(db);
}

bool edge_db_check_readers(struct edge_db *db, int *freed, struct err *err)
{
    int dead = 0, rc = mdb_reader_check(db->env, &dead);

    if (rc != 0)
        return mdb_err(err, rc, "check the readers of");
    if (freed)
        *freed = dead;
    return true;
}

/* LMDB's keys and values are not const, though it does not change them. */
static MDB_val val_of(struct slice s)
{
    union {
        const void *in;
        void *out;
    } data = {.in = s.data};

    return (MDB_val){s.len, data.out};
}

static struct slice slice_of_val(const MDB_val *val)
{
    return slice_of(val->mv_data, val->mv_size);
}

bool edge_tx_get(struct edge_tx *tx, struct slice db_key, struct slice *out, struct err *err)
{
    MDB_val key = val_of(db_key), value = {0, NULL};
    int rc = mdb_get(tx->txn, tx->dbi, &key, &value);

    if (rc != 0 && rc != MDB_NOTFOUND)
        return mdb_err(err, rc, "read");
    *out = slice_of_val(&value);
    return true;
}

/* Zeros in the place of a certificate's record, so that the page that is written now has nothing of
 * it: a value of the same length is written over in place. */
static int erase(struct edge_tx *tx, MDB_val *key)
{
    static const unsigned char zeros[EDGE_RECORD_MAX];
    MDB_val old, blank;
    int rc = mdb_get(tx->txn, tx->dbi, key, &old);

    if (rc == MDB_NOTFOUND)
        return 0;
    if (rc != 0 || old.mv_size > sizeof(zeros))
        return rc;
    tx->is_wipe_due = true;
    blank = val_of(slice_of(zeros, old.mv_size));
    return mdb_put(tx->txn, tx->dbi, key, &blank, 0);
}

bool edge_tx_delete(struct edge_tx *tx, struct slice db_key, struct err *err)
{
    MDB_val key = val_of(db_key);
    int rc = mdb_del(tx->txn, tx->dbi, &key, NULL);

    return rc == 0 || rc == MDB_NOTFOUND ? true : mdb_err(err, rc, "delete");
}

bool edge_tx_put(struct edge_tx *tx, struct slice db_key, struct slice value, struct err *err)
{
    MDB_val key = val_of(db_key), data = val_of(value);
    int rc = db_key.data[0] == EDGE_CERTIFICATE ? erase(tx, &key) : 0;

    if (rc == 0)
        rc = mdb_put(tx->txn, tx->dbi, &key, &data, 0);

    tx->is_map_full = rc == MDB_MAP_FULL;
    return rc == 0 ? true : mdb_err(err, rc, "write");
}

bool edge_tx_put_state(struct edge_tx *tx, const struct edge_db_state *state, struct err *err)
{
    unsigned char room[STATE_SIZE];
    struct buf out = buf_fixed(room, sizeof(room));

    buf_u8(&out, STATE_VERSION);
    buf_u64(&out, state->epoch);
    buf_u64(&out, state->seq);
    buf_u64(&out, state->seen_epoch);
    buf_u8(&out, state->is_incomplete);
    return edge_tx_put(tx, state_key, buf_view(&out), err);
}

static bool read_state(struct slice in, struct edge_db_state *out, struct err *err)
{
    struct edge_db_state state;
    uint8_t version, is_incomplete;

    if (in.len != STATE_SIZE || !slice_u8(&in, &version) || version != STATE_VERSION ||
        !slice_u64(&in, &state.epoch) || !slice_u64(&in, &state.seq) ||
        !slice_u64(&in, &state.seen_epoch) || !slice_u8(&in, &is_incomplete) || is_incomplete > 1)
        return err_set(err, ERR_STORE, "cannot read how far the agent is");
    state.is_incomplete = is_incomplete;
    *out = state;
    return true;
}

bool edge_db_read(struct edge_db *db, edge_db_write_fn read, void *arg, struct err *err)
{
    struct edge_tx tx = {.dbi = db->dbi};
    int rc = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &tx.txn);
    bool is_read;

    if (rc != 0)
        return mdb_err(err, rc, "read");
    is_read = read(&tx, arg, err);
    mdb_txn_abort(tx.txn);
    return is_read;
}

static bool get_state(struct edge_tx *tx, void *arg, struct err *err)
{
    struct edge_db_state *out = arg;
    struct slice value;

    if (!edge_tx_get(tx, state_key, &value, err))
        return false;
    if (value.data)
        return read_state(value, out, err);
    *out = (struct edge_db_state){0};
    return true;
}

bool edge_db_state(struct edge_db *db, struct edge_db_state *out, struct err *err)
{
    return edge_db_read(db, get_state, out, err);
}

static bool walk(MDB_cursor *cursor, struct slice after, struct slice last, edge_tx_each_fn each,
                 void *arg, struct err *err)
{
    MDB_val key = val_of(after), value, end = val_of(last);
    MDB_txn *txn = mdb_cursor_txn(cursor);
    MDB_dbi dbi = mdb_cursor_dbi(cursor);
    int rc = mdb_cursor_get(cursor, &key, &value, after.len ? MDB_SET_RANGE : MDB_FIRST);

    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        struct slice db_key = slice_of_val(&key);

        if (last.data && mdb_cmp(txn, dbi, &key, &end) > 0)
            return true;
        if (slice_eq(db_key, after) || slice_eq(db_key, state_key))
            continue;
        if (!each(arg, db_key, slice_of_val(&value), err))
            return false;
    }
    return rc == MDB_NOTFOUND ? true : mdb_err(err, rc, "read");
}

bool edge_tx_walk(struct edge_tx *tx, struct slice after, struct slice last, edge_tx_each_fn each,
                  void *arg, struct err *err)
{
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(tx->txn, tx->dbi, &cursor);
    bool is_done;

    if (rc != 0)
        return mdb_err(err, rc, "read");
    is_done = walk(cursor, after, last, each, arg, err);
    mdb_cursor_close(cursor);
    return is_done;
}

/* LMDB calls a write that found room for a part only an EIO. */
static bool is_disk_full(const struct edge_db *db)
{
    struct statvfs disk;

    return fstatvfs(db->dir_fd, &disk) == 0 && disk.f_bavail < FULL_BLOCKS;
}

/* One try; *is_map_full tells whether a larger map may help. */
static bool write_once(struct edge_db *db, edge_db_write_fn write, void *arg, bool *is_map_full,
                       struct err *err)
{
    struct edge_tx tx = {.dbi = db->dbi};
    int rc = mdb_txn_begin(db->env, NULL, 0, &tx.txn);

    if (rc != 0)
        return mdb_err(err, rc, "write");
    if (!write(&tx, arg, err)) {
        mdb_txn_abort(tx.txn);
        *is_map_full = tx.is_map_full;
        return false;
    }
    rc = mdb_txn_commit(tx.txn);
    db->is_wipe_due = db->is_wipe_due || (rc == 0 && tx.is_wipe_due);
    if (rc == EIO && is_disk_full(db))
        rc = ENOSPC;
    *is_map_full = rc == MDB_MAP_FULL;
    return rc == 0 ? true : mdb_err(err, rc, "write");
}

static bool grow(struct edge_db *db, struct err *err)
{
    size_t size = db->map_size < db->map_max / 2 ? db->map_size * 2 : db->map_max;
    int rc = mdb_env_set_mapsize(db->env, size);

    if (rc != 0)
        return mdb_err(err, rc, "make room for");
    db->map_size = size;
    return true;
}

bool edge_db_write(struct edge_db *db, edge_db_write_fn write, void *arg, struct err *err)
{
    bool is_map_full = false;

    while (!write_once(db, write, arg, &is_map_full, err))
        if (!is_map_full || db->map_size >= db->map_max || !grow(db, err))
            return err_wrap(err, "%s", db->dir);
    return true;
}

bool edge_db_is_wipe_due(const struct edge_db *db)
{
    return db->is_wipe_due;
}

void edge_db_wiped(struct edge_db *db)
{
    db->is_wipe_due = false;
}

/* Key and value are copied: a page that is written to moves what they point at. */
static int rewrite(MDB_cursor *cursor)
{
    static unsigned char room[EDGE_RECORD_MAX]; /* one agent, one thread */
    unsigned char key_room[EDGE_DB_KEY_MAX];
    MDB_val key, value;
    int rc;

    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        if (value.mv_size > sizeof(room) || key.mv_size > sizeof(key_room))
            continue;
        memcpy(key_room, key.mv_data, key.mv_size);
        memcpy(room, value.mv_data, value.mv_size);
        key.mv_data = key_room;
        value.mv_data = room;
        rc = mdb_cursor_put(cursor, &key, &value, MDB_CURRENT);
        if (rc != 0)
            return rc;
    }
    return rc == MDB_NOTFOUND ? 0 : rc;
}

bool edge_tx_rewrite(struct edge_tx *tx, size_t max, struct err *err)
{
    MDB_cursor *cursor;
    MDB_stat stat;
    int rc = mdb_stat(tx->txn, tx->dbi, &stat);

    if (rc == 0 && stat.ms_entries > max)
        return true;
    if (rc == 0)
        rc = mdb_cursor_open(tx->txn, tx->dbi, &cursor);
    if (rc != 0)
        return mdb_err(err, rc, "read");
    rc = rewrite(cursor);
    mdb_cursor_close(cursor);
    tx->is_map_full = rc == MDB_MAP_FULL;
    return rc == 0 ? true : mdb_err(err, rc, "write");
}

bool edge_db_free_pages(struct edge_db *db, size_t *pages, size_t *page_size, struct err *err)
{
    MDB_envinfo info;
    MDB_stat stat;
    int rc = mdb_env_info(db->env, &info);

    if (rc == 0)
        rc = mdb_env_stat(db->env, &stat);
    if (rc != 0)
        return mdb_err(err, rc, "count the free pages of");
    *pages =
        info.me_last_pgno + 1 - stat.ms_branch_pages - stat.ms_leaf_pages - stat.ms_overflow_pages;
    *page_size = stat.ms_psize;
    return true;
}
