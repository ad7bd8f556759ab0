/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * feed_store: what the edges of a group must hold, one row a key, newest version only, and in which
 * order changes are told to them. The octets are edge/record.h and are not looked into here.
 *
 * To change records: read them with feed_store_get(), have their successors made, then in one
 * transaction feed_store_put() each and, as its last call before db_tx_commit(),
 * feed_store_assign(). A record without an assigned sequence is in no page of the feed.
 */
#include "db/db.h"

struct feed_head {
    int64_t epoch;           /* when it was created, unix milliseconds; 0: there is no feed yet */
    int64_t seq;             /* of the newest change */
    int64_t tombstone_floor; /* a cursor below it may have missed a deletion: snapshot */
    int64_t ahead_epoch;     /* the latest of cursors that were ahead; 0: none since restored_at */
    int64_t restored_at;     /* when a cursor ahead of the head made an epoch begin; 0: never */
};

/* The place is after all that this feed has told. */
static inline bool feed_is_ahead(const struct feed_head *head, int64_t epoch, int64_t seq)
{
    return epoch > head->epoch || (epoch == head->epoch && seq > head->seq);
}

struct feed_record {
    struct slice key; /* of LMDB: kind octet and key */
    int64_t epoch;
    int64_t rev; /* from 1 */
    int64_t seq; /* set by feed_store_assign() */
    bool is_tombstone;
    struct slice bytes; /* the whole record */
};

struct feed_record_list {
    const struct feed_record *items;
    size_t count;
};

extern const struct query_list feed_queries;

/* out->epoch is 0 when the group has no feed. */
MUST_CHECK bool feed_store_head(struct db *db, const char *group, struct feed_head *out,
                                struct err *err);
/* Creates the feed of a group, or moves it to a new epoch: then every cursor from before needs a
 * snapshot. ERR_LOST_RACE when it has this epoch or a later one. */
MUST_CHECK bool feed_store_start_epoch(struct db *db, const char *group, int64_t epoch,
                                       struct err *err);
/* A cursor of `epoch` was ahead of the feed. ERR_LOST_RACE when that is known already. */
MUST_CHECK bool feed_store_note_ahead(struct db *db, const char *group, int64_t epoch,
                                      struct err *err);
/* feed_store_start_epoch() for a feed of `was` with a cursor ahead, which is forgotten.
 * ERR_LOST_RACE when somebody else did it. */
MUST_CHECK bool feed_store_restart(struct db *db, const char *group, const struct feed_head *was,
                                   int64_t epoch, struct err *err);
/*
 * Leaves out a long stretch of the sequence, never the same one, and remembers it; nothing when the
 * group has no feed. Whoever starts a store that may be an older copy does this before the feed
 * goes on: a copy that soon has told more than it lost would else not be noticed. `tx` is a
 * transaction.
 */
#define FEED_GAP_MIN   (INT64_C(1) << 32)
#define FEED_GAPS_KEPT 256 /* about: of the epoch that is now */
MUST_CHECK bool feed_store_leave_gap(struct db *tx, const char *group, struct err *err);
/* Whether an edge that is at this place has what this feed has not told: the store is an older
 * copy. Such places are ahead of `head`, or where the sequence was left out. */
MUST_CHECK bool feed_store_is_foreign(struct db *db, const char *group,
                                      const struct feed_head *head, int64_t epoch, int64_t seq,
                                      bool *out, struct err *err);
/* *out is NULL when there is no record with this key; a deleted one is a tombstone. */
MUST_CHECK bool feed_store_get(struct arena *mem, struct db *db, const char *group,
                               struct slice key, const struct feed_record **out, struct err *err);
/* Stores `record` in place of the one with `old_rev`; 0: there is none. ERR_LOST_RACE when there is
 * another by now. `tx` is a transaction. */
MUST_CHECK bool feed_store_put(struct db *tx, const char *group, const struct feed_record *record,
                               int64_t old_rev, struct err *err);

#define FEED_ASSIGN_MAX 256

struct feed_keys {
    const struct slice *keys; /* in the order in which edges shall learn of them; each once */
    size_t count;             /* 1..FEED_ASSIGN_MAX */
};

/* Gives the records with these keys, which were put in this transaction, the next sequence numbers;
 * `head` (may be NULL) is the head after it. Nothing may follow it but db_tx_commit(): it holds
 * every other change of the group's feed up. ERR_LOST_RACE when the group has no feed or a key no
 * record. */
MUST_CHECK bool feed_store_assign(struct db *tx, const char *group, const struct feed_keys *keys,
                                  struct feed_head *head, struct err *err);

/* The first FEED_PAGE_RECORDS records with a sequence greater than `after`, in its order. */
#define FEED_PAGE_RECORDS 200
MUST_CHECK bool feed_store_page(struct arena *mem, struct db *db, const char *group, int64_t after,
                                struct feed_record_list *out, struct err *err);
/* The same by key, for a snapshot, tombstones included; `after` {NULL, 0} for the first page. */
MUST_CHECK bool feed_store_snapshot(struct arena *mem, struct db *db, const char *group,
                                    struct slice after, struct feed_record_list *out,
                                    struct err *err);
/* Up to which sequence there are tombstones made before `before` (unix milliseconds of the real
 * clock, as `rev`), FEED_FORGET_MAX of them at most; *seq is 0 when there is none. */
#define FEED_FORGET_MAX 1000
MUST_CHECK bool feed_store_old_tombstones(struct db *db, const char *group, int64_t before,
                                          int64_t *seq, struct err *err);
/* Removes tombstones with a sequence up to `seq`, and makes that the floor. `tx` is a transaction.
 * ERR_LOST_RACE when the head or the floor does not allow it. Edges keep their tombstones: a key
 * that comes back after this must not begin at rev 1 again. */
MUST_CHECK bool feed_store_forget(struct db *tx, const char *group, int64_t seq, struct err *err);
