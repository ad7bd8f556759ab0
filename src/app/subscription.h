/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* subscription: what a tenant may change about a paid term. */
#include "app/app.h"
#include "store/subscription_store.h"

struct auto_renew_input {
    const char *subscription_id;
    bool is_auto_renew;
};

/* ERR_NOT_FOUND; ERR_CONFLICT when the subscription has ended. */
MUST_CHECK bool app_subscription_set_auto_renew(const struct app *app, const struct caller *caller,
                                                struct arena *mem,
                                                const struct auto_renew_input *in,
                                                const struct subscription **out, struct err *err);
