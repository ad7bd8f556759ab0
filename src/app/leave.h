/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * leave: ending what there is of certificates, when an order is cancelled or a domain is given back
 * (R42). All that the store holds ends in the caller's transaction: states, claims, keys. What is
 * outside of it (records of the edges, authorizations and certificates at the CA) is written down
 * there and cleared away by the job `release`, however often it is killed and however long a CA is
 * down.
 */
#include "app/app.h"
#include "store/domain_store.h"
#include "store/issuance_store.h"

/* Ends an issuance that is not in a final state: it fails, its key is destroyed, a certificate that
 * it has made is cancelled. A worker in the middle of a step loses the race for the row. `tx` is a
 * transaction, as below. */
MUST_CHECK bool app_issuance_cancel(struct arena *mem, struct db *tx,
                                    const struct issuance *issuance, struct err *err);

/* What one name of a domain, which was given back, leaves behind. */
MUST_CHECK bool app_name_leave(struct arena *mem, struct db *tx, const struct domain *domain,
                               const char *name, struct err *err);

struct domain_removal {
    const char *domain_id;
    bool is_cancelling; /* a running subscription, with it; else it is refused while one runs */
};

/*
 * Gives a domain back: its claims end, so that anybody may claim the names at once; a placed order
 * is cancelled uncharged, with its issuance; every key is destroyed. Once is enough: a domain that
 * is removed already is answered as it is. ERR_NOT_FOUND; ERR_CONFLICT: it has a running
 * subscription.
 */
MUST_CHECK bool app_domain_remove(const struct app *app, const struct caller *caller,
                                  struct arena *mem, const struct domain_removal *in,
                                  const struct domain **out, struct err *err);
