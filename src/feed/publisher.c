/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/publisher.h"

#include "base/clock.h"
#include "edge/record_digest.h"
#include "edge/record_write.h"

#define PUBLISH_TRIES 10

struct prepared {
    struct slice db_key;
    struct feed_record record;
    int64_t old_rev; /* 0: there was none */
    int64_t rev;
    int rank;
};

struct feed_batch {
    const char *group;
    struct prepared *items;
    size_t count;
    struct feed_head head; /* when it was prepared */
};

/* The order in which edges learn of the records of one change. */
static int rank_of(const struct feed_change *change)
{
    if (change->body.len == 0)
        return 3;
    switch (change->kind) {
    case EDGE_SETTINGS:
    case EDGE_CHAIN:
        return 0;
    case EDGE_CERTIFICATE:
    case EDGE_CHALLENGE:
        return 1;
    case EDGE_HOST:
        return 2;
    case EDGE_END:
        return 4;
    }
    return 4;
}

static struct slice db_key(struct arena *mem, const struct feed_change *change)
{
    unsigned char *key = arena_alloc(mem, change->key.len + 1);

    key[0] = (unsigned char)change->kind;
    memcpy(key + 1, change->key.data, change->key.len);
    return slice_of(key, change->key.len + 1);
}

/* The feed of a group begins with its first record. */
static bool find_head(const struct feed *feed, struct feed_head *out, struct err *err)
{
    if (!feed_store_head(feed->db, feed->group, out, err))
        return false;
    if (out->epoch != 0)
        return true;
    if (!feed_store_start_epoch(feed->db, feed->group, clock_real_ms(), err) &&
        err->code != ERR_LOST_RACE)
        return false;
    return feed_store_head(feed->db, feed->group, out, err);
}

/* Whether the stored record says the same already. */
static bool is_same(const struct feed_record *old, const struct feed_change *change, int64_t epoch)
{
    struct edge_record record;

    if (change->kind == EDGE_END)
        return false; /* its rev says what it is about */
    if (!old)
        return change->body.len == 0;
    if (old->epoch != epoch)
        return false;
    if (old->is_tombstone || change->body.len == 0)
        return old->is_tombstone == (change->body.len == 0);
    return edge_record_read(old->bytes, &record) == EDGE_FAULT_NONE &&
           slice_eq(record.body, change->body);
}

/* After `old_rev`, and after the end record of rev `end_rev`, which speaks of all before it. */
static int64_t next_rev(int64_t old_rev, int64_t end_rev)
{
    int64_t now = clock_real_ms(), last = old_rev > end_rev ? old_rev : end_rev;

    return now > last ? now : last + 1;
}

/* *rev is 0 when the epoch has no end record. */
static bool find_end_rev(struct db *db, const char *group, int64_t epoch, int64_t *rev,
                         struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct feed_record *end;

    if (!feed_store_get(mem, db, group, SLICE_LIT("e" EDGE_END_KEY), &end, err))
        return false;
    *rev = end && end->epoch == epoch ? end->rev : 0;
    return true;
}

static bool build(struct arena *mem, const struct feed_change *change, int64_t epoch,
                  struct prepared *item, struct err *err)
{
    struct buf out = buf_new(mem, EDGE_RECORD_MAX);
    const struct edge_record record = {.kind = change->kind,
                                       .is_tombstone = change->body.len == 0,
                                       .epoch = (uint64_t)epoch,
                                       .rev = (uint64_t)item->rev,
                                       .key = change->key,
                                       .body = change->body};
    enum edge_fault fault = edge_record_write(&out, &record);

    if (fault != EDGE_FAULT_NONE)
        return err_set(err, ERR_INTERNAL, "cannot build an edge record of kind '%c': %s",
                       (char)change->kind, edge_fault_text(fault));
    item->record = (struct feed_record){.key = item->db_key,
                                        .epoch = epoch,
                                        .rev = item->rev,
                                        .is_tombstone = record.is_tombstone,
                                        .bytes = buf_view(&out)};
    return true;
}

/* Appends key id and MAC to every record. */
static bool authenticate(struct arena *mem, const struct feed *feed, struct feed_batch *batch,
                         struct err *err)
{
    struct signer_record *records = arena_array_of(mem, batch->count, struct signer_record);

    for (size_t i = 0; i < batch->count; i++)
        records[i] =
            (struct signer_record){.group = feed->group, .octets = batch->items[i].record.bytes};
    if (batch->count > 0 && !signer_mac(feed->signer, records, batch->count, err))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        struct buf whole = buf_new(mem, EDGE_RECORD_MAX);

        buf_slice(&whole, records[i].octets);
        buf_u8(&whole, records[i].kid);
        buf_add(&whole, records[i].mac, sizeof(records[i].mac));
        batch->items[i].record.bytes = buf_view(&whole);
    }
    return true;
}

static int by_rank(const void *a, const void *b)
{
    const struct prepared *left = a, *right = b;

    return left->rank - right->rank;
}

bool feed_prepare(struct arena *mem, const struct feed *feed, const struct feed_change *changes,
                  size_t count, struct feed_batch **out, struct err *err)
{
    struct feed_batch *batch = arena_new_of(mem, struct feed_batch);
    int64_t end_rev;

    if (count > FEED_CHANGES_MAX)
        return err_set(err, ERR_INTERNAL, "%zu changes in one batch, at most %d fit", count,
                       FEED_CHANGES_MAX);
    *batch = (struct feed_batch){.group = feed->group,
                                 .items = arena_array_of(mem, count, struct prepared)};
    if (!find_head(feed, &batch->head, err) ||
        !find_end_rev(feed->db, feed->group, batch->head.epoch, &end_rev, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct prepared *item = &batch->items[batch->count];
        const struct feed_record *old;

        item->db_key = db_key(mem, &changes[i]);
        if (!feed_store_get(mem, feed->db, feed->group, item->db_key, &old, err))
            return false;
        if (is_same(old, &changes[i], batch->head.epoch))
            continue;
        item->old_rev = old ? old->rev : 0;
        item->rev = next_rev(item->old_rev, end_rev);
        item->rank = rank_of(&changes[i]);
        if (!build(mem, &changes[i], batch->head.epoch, item, err))
            return false;
        batch->count++;
    }
    qsort(batch->items, batch->count, sizeof(*batch->items), by_rank);
    if (!authenticate(mem, feed, batch, err))
        return false;
    *out = batch;
    return true;
}

/* An end record speaks of all records that are older than itself. So one that was prepared before
 * it, and comes after it, must be made again. */
static bool check_end(struct db *tx, const struct feed_batch *batch, struct err *err)
{
    int64_t end_rev;

    if (!find_end_rev(tx, batch->group, batch->head.epoch, &end_rev, err))
        return false;
    for (size_t i = 0; i < batch->count; i++)
        if (batch->items[i].rev <= end_rev)
            return err_set(err, ERR_LOST_RACE, "an end record came between");
    return true;
}

bool feed_put(struct db *tx, const struct feed_batch *batch, struct feed_head *head,
              struct err *err)
{
    struct slice keys[FEED_CHANGES_MAX];

    if (batch->count == 0)
        return feed_store_head(tx, batch->group, head, err);
    if (!check_end(tx, batch, err))
        return false;
    for (size_t i = 0; i < batch->count; i++) {
        keys[i] = batch->items[i].db_key;
        if (!feed_store_put(tx, batch->group, &batch->items[i].record, batch->items[i].old_rev,
                            err))
            return false;
    }
    if (!feed_store_assign(tx, batch->group, &(struct feed_keys){keys, batch->count}, head, err))
        return false;
    return head->epoch == batch->head.epoch ||
           err_set(err, ERR_LOST_RACE, "a new epoch of the feed has begun");
}

static bool publish_once(struct arena *mem, const struct feed *feed,
                         const struct feed_change *changes, size_t count, struct feed_head *head,
                         struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct feed_batch *batch;

    if (!feed_prepare(mem, feed, changes, count, &batch, err))
        return false;
    if (batch->count == 0) {
        *head = batch->head;
        return true;
    }
    return db_tx_begin(feed->db, &tx, err) && feed_put(tx, batch, head, err) &&
           db_tx_commit(&tx, err);
}

bool feed_publish(struct arena *mem, const struct feed *feed, const struct feed_change *changes,
                  size_t count, struct feed_head *head, struct err *err)
{
    for (int i = 0; i < PUBLISH_TRIES; i++) {
        if (publish_once(mem, feed, changes, count, head, err))
            return true;
        if (err->code != ERR_LOST_RACE)
            return false;
    }
    return err_wrap(err, "lost %d races for the same edge records", PUBLISH_TRIES);
}

struct live {
    uint64_t count;
    unsigned char digest[EDGE_HASH_SIZE];
};

/* Adds one page of the group's records; *after is the key to go on from, its data NULL at the end.
 */
static bool add_page(const struct feed *feed, struct arena *mem, struct slice *after,
                     struct live *live, struct err *err)
{
    AUTO(arena_freep) struct arena *page = arena_new();
    struct feed_record_list records;

    if (!feed_store_snapshot(page, feed->db, feed->group, *after, &records, err))
        return false;
    for (size_t i = 0; i < records.count; i++) {
        const struct feed_record *record = &records.items[i];

        if (record->is_tombstone || record->key.data[0] == EDGE_END)
            continue;
        if (!edge_digest_add(live->digest, record->key, (uint64_t)record->epoch,
                             (uint64_t)record->rev))
            return err_set(err, ERR_CRYPTO, "cannot compute the digest of the edge records");
        live->count++;
    }
    if (records.count < FEED_PAGE_RECORDS) {
        *after = slice_of(NULL, 0);
        return true;
    }
    *after = records.items[records.count - 1].key;
    *after = slice_of(arena_memdup(mem, after->data, after->len), after->len);
    return true;
}

static bool count_live(struct arena *mem, const struct feed *feed, struct buf *body,
                       struct err *err)
{
    struct live live = {0};
    struct slice after = {NULL, 0};
    struct edge_end end;
    enum edge_fault fault;

    do {
        if (!add_page(feed, mem, &after, &live, err))
            return false;
    } while (after.data);
    end = (struct edge_end){live.count, slice_of(live.digest, sizeof(live.digest))};
    fault = edge_end_write(body, &end);
    return fault == EDGE_FAULT_NONE ||
           err_set(err, ERR_INTERNAL, "cannot build the end record: %s", edge_fault_text(fault));
}

/* ERR_LOST_RACE when a record came or went while they were counted. */
static bool publish_end_once(struct arena *mem, const struct feed *feed,
                             const struct feed_head *before, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct feed_change change = {.kind = EDGE_END, .key = SLICE_LIT(EDGE_END_KEY)};
    struct buf body = buf_new(mem, EDGE_END_SIZE);
    struct feed_batch *batch;
    struct feed_head head;

    if (!count_live(mem, feed, &body, err))
        return false;
    change.body = buf_view(&body);
    if (!feed_prepare(mem, feed, &change, 1, &batch, err) || !db_tx_begin(feed->db, &tx, err) ||
        !feed_put(tx, batch, &head, err))
        return false;
    if (head.epoch != before->epoch || head.seq != before->seq + 1)
        return err_set(err, ERR_LOST_RACE, "the edge records changed while they were counted");
    return db_tx_commit(&tx, err);
}

bool feed_publish_end(struct arena *mem, const struct feed *feed, struct err *err)
{
    for (int i = 0; i < PUBLISH_TRIES; i++) {
        const struct feed_record *last;
        struct feed_head head;

        if (!find_head(feed, &head, err) ||
            !feed_store_get(mem, feed->db, feed->group, SLICE_LIT("e" EDGE_END_KEY), &last, err))
            return false;
        if (last && last->epoch == head.epoch && last->seq == head.seq)
            return true;
        if (publish_end_once(mem, feed, &head, err))
            return true;
        if (err->code != ERR_LOST_RACE)
            return false;
    }
    return true;
}
