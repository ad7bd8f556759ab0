/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * kept: hosts that go on with the certificate that is here, because a store that was restored from
 * an older copy has an earlier one for them, or none (docs/decisions/0207). It begins with a record
 * of, or in, a later epoch; all but the certificate is taken from it. What the worker has signed
 * says which certificate is later (edge_host.issued_at), so that nobody on the way can.
 *
 * It ends when a record comes whose certificate is not earlier, or that deletes the host, or when
 * the certificate that is kept has expired or is gone: then the worker's last record of the host,
 * which was put by, stands as it is.
 */
#include "feed/edge_db.h"

/* Stores a host's record that is newer than `old`, the value under its key ({NULL, 0}: none).
 * `epoch` is of the store that it comes from: a restored store may not have signed it anew yet
 * (docs/decisions/0280). */
MUST_CHECK bool kept_put_host(struct edge_tx *tx, const struct edge_record *record, uint64_t epoch,
                              struct slice old, struct err *err);

/* Ends what has no certificate any more. *ended (may be NULL) is how many. */
MUST_CHECK bool kept_review(struct edge_tx *tx, int64_t now, size_t *ended, struct err *err);

/* The LMDB keys of the certificates and chains that kept hosts have. */
struct kept_keys {
    size_t count;
    struct slice *items;
};
MUST_CHECK bool kept_list(struct arena *mem, struct edge_tx *tx, struct kept_keys *out,
                          struct err *err);
bool kept_has(const struct kept_keys *keys, struct slice db_key);

/* One of them. The views live as long as the transaction. */
struct kept_host {
    struct slice name;
    struct edge_host host;               /* as it is served */
    struct edge_certificate certificate; /* that it goes on with; leaf.len 0: it is gone */
    int64_t not_after_at;                /* of that */
};
typedef bool (*kept_each_fn)(void *arg, const struct kept_host *kept, struct err *err);
/* In the order of the names, from the one after `after` on. `each` changes nothing. */
MUST_CHECK bool kept_each(struct edge_tx *tx, struct slice after, kept_each_fn each, void *arg,
                          struct err *err);
