/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * account: an account at the CA, from newAccount to its end (RFC 8555 section 7.3).
 *
 * When the CA has lost it, every signed request is refused with the reaction ACME_REGISTER: then
 * newAccount with the same key, store the new URL, start over with newOrder. When the CA's terms
 * have changed so that it does not go on (userActionRequired), the reaction is ACME_STOP,
 * problem.terms are the new terms and problem.page is where a person agrees.
 */
#include "acme/client.h"

#define ACME_CONTACTS_MAX      16
#define ACME_ORDERS_A_PAGE_MAX 1000

enum acme_account_status { ACME_ACCOUNT_VALID, ACME_ACCOUNT_DEACTIVATED, ACME_ACCOUNT_REVOKED };

struct acme_account_request {
    const char *const *contacts; /* "mailto:..." */
    size_t contact_count;
    bool is_terms_agreed;
    const struct acme_binding *binding; /* where the directory says is_external_account_required */
};

struct acme_account_info {
    const char *url; /* to be stored: it is acme_account.url from now on */
    enum acme_account_status status;
    const char *const *contacts; /* as the CA has them; many keep none */
    size_t contact_count;
    const char *orders; /* URL of the list of its orders; NULL where the CA has none */
};

/* newAccount, signed with account->jwk. Idempotent: for a key that the CA knows already it returns
 * the account of that key, so a caller that lost the answer asks again. */
MUST_CHECK bool acme_account_new(struct arena *mem, const struct acme_call *call,
                                 const struct acme_account_request *want,
                                 struct acme_account_info **out, struct err *err);
/* newAccount with onlyReturnExisting: *out is NULL when the CA knows no account of this key. */
MUST_CHECK bool acme_account_find(struct arena *mem, const struct acme_call *call,
                                  struct acme_account_info **out, struct err *err);

/* The following are signed with account->url. */

MUST_CHECK bool acme_account_get(struct arena *mem, const struct acme_call *call,
                                 struct acme_account_info **out, struct err *err);
/* Other contacts than before; none at all with a count of 0. */
MUST_CHECK bool acme_account_set_contacts(struct arena *mem, const struct acme_call *call,
                                          const char *const *contacts, size_t count,
                                          struct acme_account_info **out, struct err *err);
/* Tells that the terms of service as they are now are agreed to (section 7.3.3). Many CAs do not
 * want to be told, and pass it over or refuse it as malformed. */
MUST_CHECK bool acme_account_agree(struct arena *mem, const struct acme_call *call,
                                   struct acme_account_info **out, struct err *err);
/* keyChange: the account, with its orders, has the key of `next` (key, alg, jwk) from now on, which
 * is seen by asking for it; call->account is the old one with url and jwk. When the answer was
 * lost, acme_account_find() with the new key tells: found, or repeat. A key that another account
 * has is refused with the reaction ACME_NEW_KEY. */
MUST_CHECK bool acme_account_change_key(struct arena *mem, const struct acme_call *call,
                                        const struct acme_account *next, struct err *err);
/* For good (section 7.3.6): the CA takes nothing signed by it any more, and its pending orders end.
 * When the answer was lost and it is repeated, the refusal is ACME_PROBLEM_UNAUTHORIZED. */
MUST_CHECK bool acme_account_deactivate(struct arena *mem, const struct acme_call *call,
                                        struct err *err);

struct acme_order_list {
    const char *const *urls;
    size_t count;
    const char *next; /* of the page that follows, or NULL */
};

/* A page of the account's orders (section 7.1.2.1): begin with acme_account_info.orders. */
MUST_CHECK bool acme_account_orders(struct arena *mem, const struct acme_call *call,
                                    const char *url, struct acme_order_list **out, struct err *err);
