/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* demo: the partner, account, site and domain that `latchkey run` orders its first certificate for.
 * What is there already is taken as it is. */
#include "app/app.h"
#include "store/domain_store.h"
#include "store/order_store.h"
#include "store/user_store.h"

struct demo {
    const struct domain *domain;
    const char *order_id;
};

/* Adds what is missing and places an order unless the domain has one that is placed or fulfilled.
 * Ticks "Enable SSL (https)" of a site that it made. */
MUST_CHECK bool demo_order(const struct app *app, struct arena *mem, const char *name,
                           struct demo *out, struct err *err);

/* The person of the demo partner who signs in to the pages; added when missing. *link lets them
 * choose a password, once; NULL when they have chosen one. */
MUST_CHECK bool demo_person(const struct app *app, struct arena *mem, const struct demo *demo,
                            const struct user **out, const char **link, struct err *err);
