/* SPDX-License-Identifier: Apache-2.0 */
#include "edge/record_digest.h"
#include "feed/doubts.h"
#include "feed/feed_page.h"
#include "feed/kept.h"
#include "feed/own_record.h"

static bool is_named(const struct feed_page *page, struct slice db_key, size_t *from)
{
    struct edge_db_key key;

    while (*from < page->count) {
        const struct edge_record *record = &page->records[*from];
        int order = -1;

        if (edge_db_key(record->kind, record->key, &key))
            order = slice_order(edge_db_key_view(&key), db_key);
        if (order >= 0)
            return order == 0;
        (*from)++;
    }
    return false;
}

static bool read_live(struct slice value, struct edge_record *out)
{
    return edge_record_read(value, out) == EDGE_FAULT_NONE && !out->is_tombstone;
}

struct doubting {
    const struct feed_page *page;
    struct doubts *doubts;
    size_t from; /* records of the page before it are passed */
};

static bool doubt_one(void *arg, struct slice db_key, struct slice value, struct err *err)
{
    struct doubting *doubting = arg;
    struct edge_record record;

    (void)err;
    if (read_live(value, &record) && db_key.data[0] != EDGE_END &&
        !is_named(doubting->page, db_key, &doubting->from))
        doubts_add(doubting->doubts, db_key);
    return true;
}

bool feed_page_doubt(struct edge_tx *tx, const struct feed_page *page,
                     const struct feed_page_range *range, struct doubts *doubts, struct err *err)
{
    struct doubting doubting = {.page = page, .doubts = doubts};

    doubts_cut(doubts, range->after); /* a transaction that is run again */
    return edge_tx_walk(tx, range->after, range->last, doubt_one, &doubting, err);
}

struct counting {
    const struct doubts *doubts;
    uint64_t count;
    unsigned char digest[EDGE_HASH_SIZE];
};

static bool count_one(void *arg, struct slice db_key, struct slice value, struct err *err)
{
    struct counting *counting = arg;
    struct edge_record record;

    if (!read_live(value, &record) || db_key.data[0] == EDGE_END ||
        doubts_have(counting->doubts, db_key))
        return true;
    counting->count++;
    return edge_digest_add(counting->digest, db_key, record.epoch, record.rev) ||
           err_set(err, ERR_CRYPTO, "cannot compute the digest of the records");
}

/* In the place of what is gone: the same key, no older than the end record that said so, so that
 * nobody can bring the old record back. */
static bool bury(struct edge_tx *tx, struct slice db_key, const struct edge_record *end,
                 struct err *err)
{
    const struct edge_record tombstone = {.kind = (enum edge_kind)db_key.data[0],
                                          .is_tombstone = true,
                                          .epoch = end->epoch,
                                          .rev = end->rev,
                                          .key = slice_of(db_key.data + 1, db_key.len - 1)};

    if (tombstone.kind == EDGE_SETTINGS)
        return true; /* there is no deletion of them */
    return own_record_put(tx, &tombstone, err);
}

/* What is newer than the end record, or what a kept host has. */
static bool is_spared(struct edge_tx *tx, const struct kept_keys *kept, struct slice db_key,
                      const struct edge_record *end, bool *out, struct err *err)
{
    struct edge_record record;
    struct slice value;

    if (!edge_tx_get(tx, db_key, &value, err))
        return false;
    *out = kept_has(kept, db_key) || (edge_record_read(value, &record) == EDGE_FAULT_NONE &&
                                      edge_record_is_newer(&record, end));
    return true;
}

static bool bury_all(struct edge_tx *tx, struct doubts *doubts, const struct edge_record *end,
                     struct feed_page_result *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct kept_keys kept_keys = {0};
    size_t kept = 0;

    if (doubts->count > 0 && !kept_list(mem, tx, &kept_keys, err))
        return false;
    for (size_t i = 0; i < doubts->count; i++) {
        bool spared;

        if (!is_spared(tx, &kept_keys, doubts->keys[i], end, &spared, err))
            return false;
        if (spared) {
            doubts->keys[kept++] = doubts->keys[i];
            continue;
        }
        if (!bury(tx, doubts->keys[i], end, err))
            return false;
        out->dropped++;
    }
    doubts->count = kept;
    return true;
}

/* The end record that is stored; false in *is_there when there is none. */
static bool find_end(struct edge_tx *tx, unsigned char *room, struct edge_record *record,
                     struct edge_end *end, bool *is_there, struct err *err)
{
    struct edge_db_key key;
    struct slice value;

    *is_there = false;
    if (!edge_db_key(EDGE_END, SLICE_LIT(EDGE_END_KEY), &key) ||
        !edge_tx_get(tx, edge_db_key_view(&key), &value, err))
        return false;
    if (!value.data || value.len > EDGE_RECORD_MAX)
        return true;
    memcpy(room, value.data, value.len); /* the writes below move what LMDB shows */
    *is_there = edge_live_record(slice_of(room, value.len), EDGE_END, record) &&
                edge_end_read(record->body, end) == EDGE_FAULT_NONE;
    return true;
}

bool feed_page_settle(struct edge_tx *tx, const struct feed_page *page, struct doubts *doubts,
                      struct feed_page_result *out, struct err *err)
{
    unsigned char room[EDGE_RECORD_MAX];
    struct counting counting = {.doubts = doubts};
    struct edge_record record;
    struct edge_end end;
    bool is_there;

    out->is_settled = doubts_are_none(doubts);
    out->is_missing = false;
    if (doubts->is_overflowed)
        return true;
    if (!find_end(tx, room, &record, &end, &is_there, err))
        return false;
    if (!is_there || record.epoch < page->epoch)
        return true;
    if (!edge_tx_walk(tx, slice_of(NULL, 0), slice_of(NULL, 0), count_one, &counting, err))
        return false;
    if (counting.count != end.count ||
        !slice_eq(end.digest, slice_of(counting.digest, sizeof(counting.digest)))) {
        out->is_missing = true;
        return true;
    }
    if (!bury_all(tx, doubts, &record, out, err))
        return false;
    out->is_settled = doubts_are_none(doubts);
    return true;
}
