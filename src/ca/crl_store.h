/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* crl_store: the CRLs that were signed last, a row for each shard of each issuer, and what goes
 * into one. */
#include "ca/crl.h"
#include "db/db.h"

struct ca_crl {
    const char *issuer_id;
    int64_t shard;
    int64_t number;
    int64_t this_update;
    bool is_stale; /* what it says is no longer so, or not all */
    struct slice der;
};

struct ca_crl_entries {
    struct ca_crl_entry *items;
    size_t count;
};

/* *out = NULL: none was signed yet. */
MUST_CHECK bool ca_crl_get(struct arena *mem, struct db *db, const char *issuer_id, int64_t shard,
                           const struct ca_crl **out, struct err *err);
/* In place of the one before; not stale. */
MUST_CHECK bool ca_crl_put(struct db *db, const struct ca_crl *crl, struct err *err);
/* The list about this certificate, or each, is stale. */
MUST_CHECK bool ca_crl_outdate(struct db *db, const char *serial, struct err *err);
MUST_CHECK bool ca_crl_outdate_all(struct db *db, struct err *err);

/* What is revoked of this issuer and shard and expires after `expires_after`. */
MUST_CHECK bool ca_crl_entries(struct arena *mem, struct db *db, const struct ca_crl *crl,
                               int64_t expires_after, struct ca_crl_entries *out, struct err *err);

struct ca_crl_urls {
    const char **items;
    size_t count;
};

/* From now on certificates of this issuer may name `url` (ca/service.h, plain_url); when they did
 * not before, its lists are stale. */
MUST_CHECK bool ca_crl_add_url(struct db *db, const char *issuer_id, const char *url,
                               struct err *err);
/* What they may name, and `now`, in order. */
MUST_CHECK bool ca_crl_list_urls(struct arena *mem, struct db *db, const char *issuer_id,
                                 const char *now, struct ca_crl_urls *out, struct err *err);

extern const struct query_list ca_crl_queries;
