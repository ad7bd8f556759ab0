/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* web: the reseller admin interface: pages for people over the same app functions as the API, on a
 * Unix socket of their own (web.pages_socket) behind nginx. */
#include "app/app.h"

struct web;

struct web_options {
    const struct app *app;
    struct resolver *resolver;
};

MUST_CHECK bool web_start(const struct web_options *options, struct web **out, struct err *err);
void web_stop(struct web *web); /* NULL is fine */
