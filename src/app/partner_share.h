/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* partner_share: the operator gives a partner another share of the line for new orders than the
 * others, and caps (R47). */
#include "app/app.h"
#include "store/partner_share_store.h"

struct partner_share_input {
    const char *partner_id;
    const int64_t *weight, *waiting_max, *orders_per_hour; /* NULL: as it is; a cap of 0: none */
    const int64_t *checks_per_min, *requests_per_min;      /* the same, or PARTNER_CAP_CONFIGURED */
};

/* What is in force for a partner: its own caps, else those of the configuration. Not asked: who may
 * know. */
MUST_CHECK bool app_partner_share_of(const struct app *app, struct arena *mem,
                                     const char *partner_id, struct partner_share *out,
                                     struct err *err);
/* The same, for whoever may see the partner. ERR_NOT_FOUND. */
MUST_CHECK bool app_partner_share_get(const struct app *app, const struct caller *caller,
                                      struct arena *mem, const char *partner_id,
                                      struct partner_share *out, struct err *err);
/* Operator only. The numbers are in their bounds. Holds for what comes into the line from now on.
 */
MUST_CHECK bool app_partner_share_set(const struct app *app, const struct caller *caller,
                                      struct arena *mem, const struct partner_share_input *in,
                                      struct partner_share *out, struct err *err);

#define PARTNER_SHARE_AGAIN_MS INT64_C(60000) /* at the cap of orders that wait */

/* For the transaction that places an order: ERR_RATE_LIMITED, which says which cap, and with
 * retry_at when to try again; else the order is counted. */
MUST_CHECK bool app_partner_share_take(struct arena *mem, struct db *tx, const char *partner_id,
                                       int64_t now, struct err *err);
