/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* issuance: beginning an attempt at one certificate, for whatever reason. */
#include "app/app.h"
#include "model/name_set.h"
#include "store/domain_store.h"
#include "store/issuance_store.h"

struct issuance_wish {
    const struct domain *domain;
    const struct name_set *names; /* what the certificate shall cover: at least one */
    enum issuance_reason reason;
    const char *ca;              /* id of a configured CA */
    const char *order_id;        /* NULL: not for an order */
    const char *subscription_id; /* NULL: there is none yet */
    const char *replaces_id;     /* the certificate in whose place it is asked for, or NULL */
};

/*
 * Makes the issuance, its names and its job, due at once, in the caller's transaction. Rules of
 * who may have one, and the timeline's entry, are the caller's. ERR_CONFLICT: the domain
 * has an issuance under way. `tx` is a transaction, to be rolled back
 * on any failure.
 */
MUST_CHECK bool app_issuance_start(struct arena *mem, struct db *tx,
                                   const struct issuance_wish *wish, const struct issuance **out,
                                   struct err *err);

/* The same, without storing anything: what app_issuance_start() would store (dry runs). */
const struct issuance *app_issuance_make(struct arena *mem, const struct issuance_wish *wish);
