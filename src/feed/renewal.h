/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * renewal: a feed whose epoch is new has every record made again for it, deletions too, page by
 * page in order of the key. What is of the epoch already is left alone, so that a renewal may be
 * ended anywhere and begun again.
 */
#include "feed/publisher.h"

struct feed_renewal {
    /* Whether a record shall stay as it is. NULL: none. */
    bool (*is_held)(void *arg, const struct edge_record *record, bool *out, struct err *err);
    void *arg;
    int64_t until_ms;   /* clock_boot_ms(): no page is begun later, but for the first */
    struct slice after; /* the next page begins after this key; {NULL, 0} at the beginning */
    bool is_done;
    size_t renewed, held; /* so far */
};

/* Pages until the end, or until the time is over: is_done is false then, and it goes on from there.
 * `renewal->after` is in `mem`. End records are not renewed: feed_publish_end(). ERR_SIGNER,
 * ERR_STORE; ERR_LOST_RACE: ask for the same page again. */
MUST_CHECK bool feed_renew(struct arena *mem, const struct feed *feed, struct feed_renewal *renewal,
                           struct err *err);

/* The epoch to begin at `now` when edges have told of `head->ahead_epoch`: it is later than every
 * one that they know. */
int64_t feed_next_epoch(const struct feed_head *head, int64_t now);
