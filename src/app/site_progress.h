/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* site_progress: how far the edges are with what a site wishes of https. */
#include "app/app.h"
#include "store/site_store.h"

struct site_progress {
    bool is_live;   /* a certificate of one of its domains is live */
    size_t counted; /* edges that count (model/edge_wait.h) */
    size_t applied; /* of these: have the newest hosts of its domains, which are as wished */
};

/* `site` is one that the caller's scope has. */
MUST_CHECK bool app_site_progress(const struct app *app, const struct caller *caller,
                                  struct arena *mem, const struct site *site,
                                  struct site_progress *out, struct err *err);
