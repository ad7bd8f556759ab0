/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * look_again: how often people may have what waits looked at at once ("Check again"), by the page
 * and the API together: each time asks other people's servers. Counted in the store, so that
 * neither another process nor a restart begins anew.
 *
 * What waits for its names: LOOK_AGAIN_PER_MIN a minute of an order, and of all orders of a partner
 * as many as it may make checks (partner.checks_per_min), which the platform's own people do not
 * take from. What is parked costs a newOrder at the CA: once in LOOK_AGAIN_PARKED_MS.
 */
#include "app/app.h"
#include "store/issuance_store.h"

#define LOOK_AGAIN_PER_MIN   6
#define LOOK_AGAIN_PARKED_MS INT64_C(60000)

/* In the caller's transaction; the caller has found the issuance in their scope. ERR_RATE_LIMITED
 * with the cap in its text and retry_at; else it is counted. */
MUST_CHECK bool app_look_again_take(const struct app *app, const struct caller *caller,
                                    struct arena *mem, struct db *tx,
                                    const struct issuance *issuance, struct err *err);
