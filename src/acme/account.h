/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* account: making, finding and giving up an account (RFC 8555 section 7.3). */
#include "acme/client.h"

enum acme_account_status { ACME_ACCOUNT_VALID, ACME_ACCOUNT_DEACTIVATED, ACME_ACCOUNT_REVOKED };

struct acme_account_request {
    const char *const *contacts; /* "mailto:..." */
    size_t contact_count;
    bool is_terms_agreed;
};

struct acme_account_info {
    const char *url; /* to be stored: it is acme_account.url from now on */
    enum acme_account_status status;
};

/* newAccount, signed with account->jwk. Idempotent: for a key that the CA knows already it returns
 * the account of that key, so a caller that lost the answer asks again. */
MUST_CHECK bool acme_account_new(struct arena *mem, const struct acme_call *call,
                                 const struct acme_account_request *want,
                                 struct acme_account_info **out, struct err *err);
/* newAccount with onlyReturnExisting: *out is NULL when the CA knows no account of this key. */
MUST_CHECK bool acme_account_find(struct arena *mem, const struct acme_call *call,
                                  struct acme_account_info **out, struct err *err);
/* For good (RFC 8555 section 7.3.6): the CA takes nothing signed by it any more, and its pending
 * orders end. Signed with account->url. When the answer was lost and it is repeated, the refusal is
 * ACME_PROBLEM_UNAUTHORIZED. */
MUST_CHECK bool acme_account_deactivate(struct arena *mem, const struct acme_call *call,
                                        struct err *err);
