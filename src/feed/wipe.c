/* SPDX-License-Identifier: Apache-2.0 */
#include "feed/wipe.h"

#define WIPE_PAGES_MAX   4096 /* at a time: 16 MiB */
#define WIPE_RECORDS_MAX 20000
#define WIPE_SPARE       16 /* beyond those that are free, for the tree of the zeros themselves */
#define PAGE_MAX         65536
#define PAGE_HEADER      16 /* of a page that holds one value */

struct filling {
    size_t pages, page_size;
};

/* No kind of record begins with this octet. */
static struct slice key_of(size_t number, unsigned char *room)
{
    static const char prefix[] = "\0wipe";
    struct buf out = buf_fixed(room, sizeof(prefix) + sizeof(uint32_t));

    buf_add(&out, prefix, sizeof(prefix));
    buf_u32(&out, (uint32_t)number);
    return buf_view(&out);
}

/* What was freed last can be used from the next transaction on. */
static bool pass(struct edge_tx *tx, void *arg, struct err *err)
{
    unsigned char room[16];

    (void)arg;
    return edge_tx_put(tx, key_of(0, room), SLICE_LIT("."), err);
}

static bool fill(struct edge_tx *tx, void *arg, struct err *err)
{
    static const unsigned char zeros[PAGE_MAX];
    const struct filling *filling = arg;
    unsigned char room[16];

    for (size_t i = 0; i < filling->pages; i++)
        if (!edge_tx_put(tx, key_of(i, room), slice_of(zeros, filling->page_size - PAGE_HEADER),
                         err))
            return false;
    return true;
}

static bool clear(struct edge_tx *tx, void *arg, struct err *err)
{
    const struct filling *filling = arg;
    unsigned char room[16];

    for (size_t i = 0; i < filling->pages; i++)
        if (!edge_tx_delete(tx, key_of(i, room), err))
            return false;
    return true;
}

static bool renew(struct edge_tx *tx, void *arg, struct err *err)
{
    (void)arg;
    return edge_tx_rewrite(tx, WIPE_RECORDS_MAX, err);
}

/* Every free page is written once with zeros; so are the buffers that LMDB makes pages in. */
static bool fill_free(struct edge_db *db, struct err *err)
{
    struct filling filling;

    if (!edge_db_write(db, pass, NULL, err) ||
        !edge_db_free_pages(db, &filling.pages, &filling.page_size, err))
        return false;
    filling.pages += WIPE_SPARE;
    if (filling.pages > WIPE_PAGES_MAX)
        filling.pages = WIPE_PAGES_MAX;
    if (filling.page_size > PAGE_MAX)
        filling.page_size = PAGE_MAX;
    return edge_db_write(db, fill, &filling, err) && edge_db_write(db, clear, &filling, err);
}

bool wipe_pages(struct edge_db *db, struct err *err)
{
    if (!edge_db_is_wipe_due(db))
        return true;
    if (!fill_free(db, err) || !edge_db_write(db, renew, NULL, err) || !fill_free(db, err))
        return false;
    edge_db_wiped(db);
    return true;
}
