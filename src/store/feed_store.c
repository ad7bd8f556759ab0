/* SPDX-License-Identifier: Apache-2.0 */
#include "store/feed_store.h"

#include <assert.h>

#include "base/random.h"
#include "store/record.h"

#define LETTERS      "biiIib"
#define HEAD         "epoch, seq, tombstone_floor, ahead_epoch, restored_at"
#define HEAD_LETTERS "iiiii"
#define SELECT       "SELECT key, epoch, rev, seq, is_tombstone, bytes FROM edge_record"

static void read_record(struct reader *r, struct feed_record *out)
{
    out->key = next_bytes(r);
    out->epoch = next_i64(r);
    out->rev = next_i64(r);
    out->seq = next_i64(r);
    out->is_tombstone = next_bool(r);
    out->bytes = next_bytes(r);
}

DEFINE_READ_ONE(feed_record)
DEFINE_READ_ALL(feed_record, feed_record_list)

static const struct query head_of = {
    .name = "feed.head",
    .sql = "SELECT " HEAD " FROM feed_head WHERE grp = $1",
    .params = "t",
    .cols = HEAD_LETTERS,
};

static struct feed_head read_head(const struct row *row)
{
    return (struct feed_head){.epoch = row_i64(row, 0),
                              .seq = row_i64(row, 1),
                              .tombstone_floor = row_i64(row, 2),
                              .ahead_epoch = row_i64(row, 3),
                              .restored_at = row_i64(row, 4)};
}

bool feed_store_head(struct db *db, const char *group, struct feed_head *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &head_of, &row, err, QT(group)))
        return false;
    *out = row ? read_head(row) : (struct feed_head){0};
    return true;
}

static const struct query start_epoch = {
    .name = "feed.start_epoch",
    .sql = "INSERT INTO feed_head (grp, epoch, seq, tombstone_floor) VALUES ($1, $2, 0, 0)"
           " ON CONFLICT (grp) DO UPDATE"
           " SET epoch = excluded.epoch, tombstone_floor = feed_head.seq"
           " WHERE feed_head.epoch < excluded.epoch",
    .params = "ti",
    .cols = "",
};

bool feed_store_start_epoch(struct db *db, const char *group, int64_t epoch, struct err *err)
{
    return db_exec_one(db, &start_epoch, err, QT(group), QI(epoch));
}

static const struct query note_ahead = {
    .name = "feed.note_ahead",
    .sql = "UPDATE feed_head SET ahead_epoch = $2 WHERE grp = $1 AND ahead_epoch < $2",
    .params = "ti",
    .cols = "",
};

bool feed_store_note_ahead(struct db *db, const char *group, int64_t epoch, struct err *err)
{
    return db_exec_one(db, &note_ahead, err, QT(group), QI(epoch));
}

static const struct query restart = {
    .name = "feed.restart",
    .sql = "UPDATE feed_head SET epoch = $3, tombstone_floor = seq, ahead_epoch = 0,"
           " restored_at = $3 WHERE grp = $1 AND epoch = $2 AND epoch < $3 AND ahead_epoch < $3",
    .params = "tii",
    .cols = "",
};

bool feed_store_restart(struct db *db, const char *group, const struct feed_head *was,
                        int64_t epoch, struct err *err)
{
    return db_exec_one(db, &restart, err, QT(group), QI(was->epoch), QI(epoch));
}

static const struct query skip = {
    .name = "feed.skip",
    .sql = "UPDATE feed_head SET seq = seq + $2 WHERE grp = $1 RETURNING epoch, seq",
    .params = "ti",
    .cols = "ii",
};

static const struct query add_gap = {
    .name = "feed.add_gap",
    .sql = "INSERT INTO feed_gap (grp, epoch, after_seq, to_seq) VALUES ($1, $2, $3, $4)",
    .params = "tiii",
    .cols = "",
};

static const struct query forget_gaps = {
    .name = "feed.forget_gaps",
    .sql = "DELETE FROM feed_gap WHERE grp = $1 AND (epoch <> $2 OR after_seq < $3)",
    .params = "tii",
    .cols = "",
};

bool feed_store_leave_gap(struct db *tx, const char *group, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const int64_t span = FEED_GAP_MIN + random_between(0, FEED_GAP_MIN);
    const struct row *row;

    assert(db_is_tx(tx));
    if (!db_one(mem, tx, &skip, &row, err, QT(group), QI(span)))
        return false;
    return !row || (db_exec(tx, &add_gap, NULL, err, QT(group), QI(row_i64(row, 0)),
                            QI(row_i64(row, 1) - span), QI(row_i64(row, 1))) &&
                    db_exec(tx, &forget_gaps, NULL, err, QT(group), QI(row_i64(row, 0)),
                            QI(row_i64(row, 1) - 2 * FEED_GAPS_KEPT * FEED_GAP_MIN)));
}

static const struct query gap = {
    .name = "feed.gap",
    .sql = "SELECT to_seq FROM feed_gap WHERE grp = $1 AND epoch = $2 AND after_seq < $3"
           " AND to_seq > $3",
    .params = "tii",
    .cols = "i",
};

bool feed_store_is_foreign(struct db *db, const char *group, const struct feed_head *head,
                           int64_t epoch, int64_t seq, bool *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row = NULL;

    *out = feed_is_ahead(head, epoch, seq);
    if (*out || epoch != head->epoch || seq == head->seq)
        return true;
    if (!db_one(mem, db, &gap, &row, err, QT(group), QI(epoch), QI(seq)))
        return false;
    *out = row != NULL;
    return true;
}

static const struct query get = {
    .name = "feed.get",
    .sql = SELECT " WHERE grp = $1 AND key = $2",
    .params = "tb",
    .cols = LETTERS,
};

bool feed_store_get(struct arena *mem, struct db *db, const char *group, struct slice key,
                    const struct feed_record **out, struct err *err)
{
    const struct row *row;

    return db_one(mem, db, &get, &row, err, QT(group), QB(key)) && read_one(mem, row, out, err);
}

static const struct query add = {
    .name = "feed.add",
    .sql = "INSERT INTO edge_record (grp, key, epoch, rev, is_tombstone, bytes)"
           " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (grp, key) DO NOTHING",
    .params = "tbiiib",
    .cols = "",
};

static const struct query replace = {
    .name = "feed.replace",
    .sql = "UPDATE edge_record SET epoch = $3, rev = $4, seq = NULL, is_tombstone = $5, bytes = $6"
           " WHERE grp = $1 AND key = $2 AND rev = $7",
    .params = "tbiiibi",
    .cols = "",
};

bool feed_store_put(struct db *tx, const char *group, const struct feed_record *record,
                    int64_t old_rev, struct err *err)
{
    const struct feed_record *r = record;

    assert(db_is_tx(tx) && r->rev >= 1);
    if (!old_rev)
        return db_exec_one(tx, &add, err, QT(group), QB(r->key), QI(r->epoch), QI(r->rev),
                           QI(r->is_tombstone), QB(r->bytes));
    return db_exec_one(tx, &replace, err, QT(group), QB(r->key), QI(r->epoch), QI(r->rev),
                       QI(r->is_tombstone), QB(r->bytes), QI(old_rev));
}

static const struct query take_range = {
    .name = "feed.take_range",
    .sql = "UPDATE feed_head SET seq = seq + $2 WHERE grp = $1"
           " RETURNING " HEAD,
    .params = "ti",
    .cols = HEAD_LETTERS,
};

static const struct query set_seq = {
    .name = "feed.set_seq",
    .sql = "UPDATE edge_record SET seq = $3 WHERE grp = $1 AND key = $2",
    .params = "tbi",
    .cols = "",
};

bool feed_store_assign(struct db *tx, const char *group, const struct feed_keys *keys,
                       struct feed_head *head, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;
    int64_t count = (int64_t)keys->count, before;

    assert(db_is_tx(tx) && count >= 1 && count <= FEED_ASSIGN_MAX);
    if (!db_one(mem, tx, &take_range, &row, err, QT(group), QI(count)))
        return false;
    if (!row)
        return err_set(err, ERR_LOST_RACE, "the edge group %s has no feed", group);
    before = row_i64(row, 1) - count;
    for (int64_t i = 0; i < count; i++)
        if (!db_exec_one(tx, &set_seq, err, QT(group), QB(keys->keys[i]), QI(before + i + 1)))
            return false;
    if (head)
        *head = read_head(row);
    return true;
}

static const struct query page_after = {
    .name = "feed.page",
    .sql = SELECT " WHERE grp = $1 AND seq > $2 ORDER BY seq LIMIT $3",
    .params = "tii",
    .cols = LETTERS,
};

bool feed_store_page(struct arena *mem, struct db *db, const char *group, int64_t after,
                     struct feed_record_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &page_after, &rows, err, QT(group), QI(after), QI(FEED_PAGE_RECORDS)) &&
           read_all(mem, &rows, out, err);
}

static const struct query snapshot_after = {
    .name = "feed.snapshot",
    .sql = SELECT " WHERE grp = $1 AND key > $2 ORDER BY key LIMIT $3",
    .params = "tbi",
    .cols = LETTERS,
};

bool feed_store_snapshot(struct arena *mem, struct db *db, const char *group, struct slice after,
                         struct feed_record_list *out, struct err *err)
{
    struct rows rows;

    return db_each(mem, db, &snapshot_after, &rows, err, QT(group),
                   QB(after.data ? after : SLICE_LIT("")), QI(FEED_PAGE_RECORDS)) &&
           read_all(mem, &rows, out, err);
}

static const struct query old_tombstones = {
    .name = "feed.old_tombstones",
    .sql = "SELECT COALESCE(MAX(seq), 0) FROM (SELECT r.seq FROM edge_record r"
           " JOIN feed_head h ON h.grp = r.grp WHERE r.grp = $1 AND r.is_tombstone = 1"
           " AND r.rev < $2 AND r.seq > h.tombstone_floor ORDER BY r.seq LIMIT $3) AS old",
    .params = "tii",
    .cols = "i",
};

bool feed_store_old_tombstones(struct db *db, const char *group, int64_t before, int64_t *seq,
                               struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct row *row;

    if (!db_one(mem, db, &old_tombstones, &row, err, QT(group), QI(before), QI(FEED_FORGET_MAX)))
        return false;
    *seq = row_i64(row, 0);
    return true;
}

static const struct query raise_floor = {
    .name = "feed.raise_floor",
    .sql = "UPDATE feed_head SET tombstone_floor = $2"
           " WHERE grp = $1 AND tombstone_floor <= $2 AND seq >= $2",
    .params = "ti",
    .cols = "",
};

static const struct query forget = {
    .name = "feed.forget",
    .sql = "DELETE FROM edge_record WHERE grp = $1 AND is_tombstone = 1 AND seq <= $2",
    .params = "ti",
    .cols = "",
};

bool feed_store_forget(struct db *tx, const char *group, int64_t seq, struct err *err)
{
    assert(db_is_tx(tx));
    return db_exec_one(tx, &raise_floor, err, QT(group), QI(seq)) &&
           db_exec(tx, &forget, NULL, err, QT(group), QI(seq));
}

static const struct query *const all[] = {
    &head_of,     &start_epoch, &note_ahead,
    &restart,     &skip,        &add_gap,
    &forget_gaps, &gap,         &get,
    &add,         &replace,     &take_range,
    &set_seq,     &page_after,  &snapshot_after,
    &raise_floor, &forget,      &old_tombstones,
};
const struct query_list feed_queries = {"feed_store.c", all, ARRAY_LEN(all)};
