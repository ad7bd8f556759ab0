/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * admission: which limits (ca/limit.h) an account, an order, a certificate and a failed validation
 * meet, as Boulder has it. All buckets are changed in the transaction of what they count: a request
 * that fails gives its tokens back by being rolled back.
 *
 * A new order takes a token of its account. That failures of a name, certificates of a registered
 * domain and of the same set of names are left is only looked at: these are counted when a
 * certificate is issued or a validation has failed, and are never given back. Exempt are
 *   - an order that replaces a certificate inside its window: from all but a pause;
 *   - names that had a certificate together within 120 days: from the account's orders and from the
 *     certificates of the registered domain, and their certificate is not counted there either.
 */
#include "ca/call.h"
#include "ca/certificate_store.h"

#define CA_RENEWAL_SINCE_MS (INT64_C(120) * 86400 * 1000)

/* Takes a token for an account of the client's address, and of its /48 with IPv6. */
MUST_CHECK bool ca_admit_account(const struct ca_call *call, struct db *tx,
                                 struct ca_problem *problem);

/* rateLimited with the bucket that is free last; or without Retry-After when a name is paused. */
MUST_CHECK bool ca_admit_order(const struct ca_call *call, struct db *tx,
                               const struct ca_names *names, bool is_in_window,
                               struct ca_problem *problem);

/* Counts a certificate; to be called before it is in the database. */
MUST_CHECK bool ca_count_issued(struct arena *mem, const struct ca *ca, struct db *tx,
                                const struct ca_issued *issued, struct err *err);

struct ca_validated {
    int64_t account_id;
    const char *name;
    int64_t at;
    bool is_valid;
};

/* Counts a failure, and pauses the name of the account when there were too many in a row. */
MUST_CHECK bool ca_count_validated(struct arena *mem, const struct ca *ca, struct db *tx,
                                   const struct ca_validated *validated, struct err *err);

/* The registered domain, by the public suffix list; of a suffix, and of "*." and one, the suffix.
 */
const char *ca_registered_domain(const struct ca *ca, const char *name);
