/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * feed_page: what an edge makes of the octets that a relay hands it. Nothing of the relay is
 * believed but what the feed key of the group vouches for: it can hold records back, not forge,
 * alter, age or delete them (R44).
 *
 * A page is taken whole or not at all: feed_page_read() refuses it for one record that is cut,
 * unknown, malformed or not authentic. Then every record that is newer than the one it stands for
 * is stored. A host with an origin that the settings do not name is left out (R43); one for which a
 * restored store has an earlier certificate keeps the one it has (kept.h).
 */
#include "feed/doubts.h"
#include "feed/edge_db.h"
#include "signer/keyring.h"

#define FEED_PAGE_READ_MAX 4096

struct feed_page {
    size_t count;
    struct edge_record *records; /* views into the octets */
    uint64_t epoch;              /* of the cursor that came with it */
};

/* Who may speak. */
struct feed_page_keys {
    const struct keyring *ring;
    const char *group;
};

/* ERR_FORBIDDEN: not authentic, or under a key that is not here; ERR_BAD_INPUT: not what a record
 * may be. The text says which record. */
MUST_CHECK bool feed_page_read(struct arena *mem, const struct feed_page_keys *keys,
                               struct slice octets, struct feed_page *out, struct err *err);

/* What feed_page_apply() did, for the log. */
struct feed_page_result {
    size_t stored;
    size_t older;             /* refused: older than what is here */
    size_t unknown_origin;    /* refused: an origin that the settings do not name */
    size_t dropped;           /* in doubt, and now known to be gone */
    uint64_t epoch;           /* the latest of its records */
    bool is_settled;          /* nothing is in doubt any more */
    bool is_certificate_gone; /* one was deleted */
    bool is_missing;          /* the last end record speaks of other records than those here */
};

/* Stores what is newer, in the order of the page. A key that comes is not in doubt any more. A new
 * end record that is not older than the one here and counts exactly the live records not in doubt
 * has these replaced by tombstones, but for those that are newer than itself. One of an epoch
 * before the page's says nothing: a restored store may have made it before it knew what it has
 * lost. */
MUST_CHECK bool feed_page_apply(struct edge_tx *tx, const struct feed_page *page,
                                struct doubts *doubts, struct feed_page_result *out,
                                struct err *err);
/* The same for the end record that is stored, once a snapshot is complete with `page`. */
MUST_CHECK bool feed_page_settle(struct edge_tx *tx, const struct feed_page *page,
                                 struct doubts *doubts, struct feed_page_result *out,
                                 struct err *err);

/* The interval of keys that one page of a snapshot stands for. */
struct feed_page_range {
    struct slice after, last; /* after < key <= last; last {NULL, 0}: to the end */
};
/* ERR_BAD_INPUT when a key of the page is outside, or they do not ascend. */
MUST_CHECK bool feed_page_check_range(const struct feed_page *page,
                                      const struct feed_page_range *range, struct err *err);
/* Adds the live records of the range that the page does not name. */
MUST_CHECK bool feed_page_doubt(struct edge_tx *tx, const struct feed_page *page,
                                const struct feed_page_range *range, struct doubts *doubts,
                                struct err *err);
