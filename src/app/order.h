/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* order: placing and cancelling an order. */
#include "app/app.h"
#include "store/domain_store.h"
#include "store/issuance_store.h"
#include "store/order_store.h"

struct order_input {
    const char *domain_id;
    const char *ca;                     /* id of a configured CA; NULL: the default one */
    const char *country, *state, *city; /* NULL: from the account; and without it, left out (R19) */
    bool is_auto_renew;
    bool is_dry_run; /* all the checks, nothing stored */
};

struct order_placed {
    const struct cert_order *order; /* state placed; with dry run its id is not stored */
    const struct issuance *issuance;
};

/*
 * Refuses with the precise missing condition (R7, R8), else stores order, issuance, its names and
 * its job in one transaction. ERR_NOT_FOUND: no such domain in the scope. ERR_CONFLICT: the domain
 * is removed, not attached, its claim has ended, it has a placed order or a running subscription.
 * ERR_BAD_INPUT with the field: CA, country, state, city; a wildcard.
 */
MUST_CHECK bool app_order_place(const struct app *app, const struct caller *caller,
                                struct arena *mem, const struct order_input *in,
                                struct order_placed *out, struct err *err);

/* Cancels a placed order and ends its issuance (app/leave.h): the domain can be ordered again at
 * once. ERR_CONFLICT when the order is fulfilled or cancelled already. */
MUST_CHECK bool app_order_cancel(const struct app *app, const struct caller *caller,
                                 struct arena *mem, const char *order_id,
                                 const struct cert_order **out, struct err *err);

/* The same with what the caller has looked up in its transaction. */
MUST_CHECK bool app_order_end(const struct caller *caller, struct arena *mem, struct db *tx,
                              const struct domain *domain, const struct cert_order *order,
                              struct err *err);

/* "Check again": the issuance of the order runs now; one that is parked begins again, which costs a
 * newOrder at the CA. Not oftener than app/look_again.h allows. ERR_CONFLICT when it is in a final
 * state. */
MUST_CHECK bool app_order_check_again(const struct app *app, const struct caller *caller,
                                      struct arena *mem, const char *order_id, struct err *err);
