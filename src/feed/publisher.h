/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * publisher: the worker's way to put records on the edges. In two steps, so that the records are
 * stored in the transaction of the change that they belong to: feed_prepare() reads what there is,
 * builds the successors and has the signer authenticate them; feed_put() stores them. What is
 * already as wanted is left out.
 *
 * rev is the time in milliseconds, or one more than the last when that is not less. So a record
 * that is made again after its deletion was forgotten is newer than what an edge remembers of it,
 * and an edge can tell whether a record was made before an end record.
 */
#include "db/db.h"
#include "edge/record.h"
#include "signer/signer.h"
#include "store/feed_store.h"

/* Where records go. */
struct feed {
    struct db *db;
    struct signer *signer;
    const char *group;
};

/* One record as it shall be. */
struct feed_change {
    enum edge_kind kind;
    struct slice key;  /* without the kind */
    struct slice body; /* octets that record_write.h made; length 0: delete it */
};

struct feed_batch;

#define FEED_CHANGES_MAX 256

/* Any order: chain and certificate go before host, host before deletions. ERR_SIGNER, ERR_STORE;
 * ERR_INTERNAL when a body is not what its kind says. The batch lives in `mem`. */
MUST_CHECK bool feed_prepare(struct arena *mem, const struct feed *feed,
                             const struct feed_change *changes, size_t count,
                             struct feed_batch **out, struct err *err);
/* The last statements of the transaction. *head is the feed's head after it: an edge that has
 * acknowledged it has all of the batch. ERR_LOST_RACE: somebody changed one of the records
 * meanwhile, or began an epoch, or published an end record; begin again with feed_prepare(). */
MUST_CHECK bool feed_put(struct db *tx, const struct feed_batch *batch, struct feed_head *head,
                         struct err *err);

/* Both in a transaction of their own, begun again when a race is lost. */
MUST_CHECK bool feed_publish(struct arena *mem, const struct feed *feed,
                             const struct feed_change *changes, size_t count,
                             struct feed_head *head, struct err *err);

/* Publishes the end record for what is live now (edge/record.h, struct edge_end), unless nothing
 * has changed since the last. When others change records during every try, it is left for the next
 * time. */
MUST_CHECK bool feed_publish_end(struct arena *mem, const struct feed *feed, struct err *err);
