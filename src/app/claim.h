/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * claim: which of two claims a name follows when one of them is of a wildcard above the other
 * (R41). A DNS star leads every name below it here for the account that set it, so only a look that
 * passed before the star was proven tells that a name is somebody else's.
 */
#include "store/claim_store.h"

/* Whether a star above the claim's name is another account's, proven before this claim was. Nothing
 * is served, ordered or claimed under one. Whose it is is never to be shown. */
MUST_CHECK bool app_claim_is_under_star(struct arena *mem, struct db *db, const struct claim *claim,
                                        bool *out, struct err *err);

/* How a domain holds a name. */
struct claim_look {
    const struct claim *own; /* NULL: it does not, or not any more */
    bool is_under_star;      /* it does, under such a star */
};
MUST_CHECK bool app_claim_look(struct arena *mem, struct db *db, const char *domain_id,
                               const char *name, struct claim_look *out, struct err *err);

/* A look at the domain's name passed at `at`, in the caller's transaction. What others have
 * published below a star that is proven by it is taken off the edges. */
MUST_CHECK bool app_claim_prove(struct arena *mem, struct db *tx, const char *domain_id,
                                const char *name, int64_t at, struct err *err);

/* After the claim of this name has ended, in the same transaction: what others hold below a star is
 * published again, and looked at again where somebody waits for it. */
MUST_CHECK bool app_claim_follow_end(struct arena *mem, struct db *tx, const char *name,
                                     struct err *err);
