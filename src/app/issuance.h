/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* issuance: beginning an attempt at one certificate, for whatever reason. */
#include "app/app.h"
#include "model/name_set.h"
#include "store/certificate_store.h"
#include "store/domain_store.h"
#include "store/issuance_store.h"
#include "store/subscription_store.h"

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
 * Makes the issuance, its names and its job, due at once, in the caller's transaction; from then on
 * the domain is looked at by itself (app/care.h). Rules of
 * who may have one, and the timeline's entry, are the caller's. ERR_CONFLICT: the domain
 * has an issuance under way. `tx` is a transaction, to be rolled back
 * on any failure.
 */
MUST_CHECK bool app_issuance_start(struct arena *mem, struct db *tx,
                                   const struct issuance_wish *wish, const struct issuance **out,
                                   struct err *err);

/* A new certificate in the place of one that a paid term has, or shall have again. */
struct replacement {
    const struct domain *domain;
    const struct subscription *subscription;
    const struct certificate *old; /* NULL: there is none */
    enum issuance_reason reason;
};

/* app_issuance_start() with a new key, the names that the domain covers, and the CA that the old
 * one came from, else the order's. */
MUST_CHECK bool app_issuance_replace(const struct app *app, struct arena *mem, struct db *tx,
                                     const struct replacement *want, const struct issuance **out,
                                     struct err *err);

/* What app_issuance_start() would store, for dry runs. */
const struct issuance *app_issuance_make(struct arena *mem, const struct issuance_wish *wish);
