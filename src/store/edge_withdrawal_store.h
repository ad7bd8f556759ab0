/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * edge_withdrawal_store: records that the edges must delete because a domain or an issuance has
 * ended, until every edge that counts has. Only the worker asks; no scope.
 */
#include "db/db.h"

struct edge_withdrawal {
    const char *domain_id;
    struct slice key; /* kind octet and key, as in feed_store.h */
    int64_t seq;      /* of the feed, once the deletion is in it; 0: not yet */
};

struct edge_withdrawal_list {
    const struct edge_withdrawal *items;
    size_t count;
};

extern const struct query_list edge_withdrawal_queries;

/* Adds it; one that is there is to be done once more. */
MUST_CHECK bool edge_withdrawal_store_add(struct db *db, const char *domain_id, struct slice key,
                                          struct err *err);
/* Those of a domain, what is not in the feed yet first; at most EDGE_WITHDRAWAL_BATCH. */
#define EDGE_WITHDRAWAL_BATCH 100
MUST_CHECK bool edge_withdrawal_store_list(struct arena *mem, struct db *db, const char *domain_id,
                                           struct edge_withdrawal_list *out, struct err *err);
/* Its deletion is in the feed. */
MUST_CHECK bool edge_withdrawal_store_put_seq(struct db *db, const struct edge_withdrawal *one,
                                              int64_t seq, struct err *err);
/* The edges have deleted all of the domain whose deletion is in the feed. */
MUST_CHECK bool edge_withdrawal_store_done(struct db *db, const char *domain_id, int64_t seq,
                                           struct err *err);
