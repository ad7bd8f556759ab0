/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/renewal.h"

#include "base/clock.h"

int64_t feed_next_epoch(const struct feed_head *head, int64_t now)
{
    int64_t last = head->epoch > head->ahead_epoch ? head->epoch : head->ahead_epoch;

    return now > last ? now : last + 1;
}

/* What a page of records comes to. */
struct selection {
    struct feed_change changes[FEED_PAGE_RECORDS];
    size_t count, held;
};

static bool select_record(const struct feed_renewal *renewal, const struct feed_record *stored,
                          struct selection *out, struct err *err)
{
    struct edge_record record;
    enum edge_fault fault = edge_record_read(stored->bytes, &record);
    bool is_held = false;

    if (fault != EDGE_FAULT_NONE)
        return err_set(err, ERR_STORE, "cannot read an edge record of the store: %s",
                       edge_fault_text(fault));
    if (renewal->is_held && !renewal->is_held(renewal->arg, &record, &is_held, err))
        return false;
    if (is_held)
        out->held++;
    else
        out->changes[out->count++] = (struct feed_change){record.kind, record.key, record.body};
    return true;
}

static bool select_records(const struct feed_renewal *renewal, const struct feed_record_list *page,
                           int64_t epoch, struct selection *out, struct err *err)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct feed_record *stored = &page->items[i];

        if (stored->epoch < epoch && stored->key.data[0] != EDGE_END &&
            !select_record(renewal, stored, out, err))
            return false;
    }
    return true;
}

static bool store(struct arena *mem, const struct feed *feed, const struct selection *selection,
                  struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct feed_batch *batch;
    struct feed_head head;

    if (selection->count == 0)
        return true;
    return feed_prepare(mem, feed, selection->changes, selection->count, &batch, err) &&
           db_tx_begin(feed->db, &tx, err) && feed_put(tx, batch, &head, err) &&
           db_tx_commit(&tx, err);
}

static bool renew_page(struct arena *mem, const struct feed *feed, struct feed_renewal *renewal,
                       struct err *err)
{
    AUTO(arena_freep) struct arena *page_mem = arena_new();
    struct selection *selection = arena_new_of(page_mem, struct selection);
    struct feed_record_list page;
    struct feed_head head;

    if (!feed_store_head(feed->db, feed->group, &head, err) ||
        !feed_store_snapshot(page_mem, feed->db, feed->group, renewal->after, &page, err) ||
        !select_records(renewal, &page, head.epoch, selection, err) ||
        !store(page_mem, feed, selection, err))
        return false;
    renewal->renewed += selection->count;
    renewal->held += selection->held;
    renewal->is_done = page.count < FEED_PAGE_RECORDS;
    if (page.count > 0) {
        struct slice last = page.items[page.count - 1].key;

        renewal->after = slice_of(arena_memdup(mem, last.data, last.len), last.len);
    }
    return true;
}

bool feed_renew(struct arena *mem, const struct feed *feed, struct feed_renewal *renewal,
                struct err *err)
{
    do {
        if (!renew_page(mem, feed, renewal, err))
            return false;
    } while (!renewal->is_done && clock_boot_ms() < renewal->until_ms);
    return true;
}
