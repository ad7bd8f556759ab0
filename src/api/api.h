/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * api: the REST API of `web`, under /v1, and the feed of the edges. docs/openapi.yaml is the
 * contract: it is embedded and served, and a test compares it with the routes (api/routes.h).
 *
 * Who asks is a bearer token; what it may see is its scope; a thing outside of it is 404. Errors
 * are RFC 9457 problems with the codes of base/err.h. Lists are paged by an opaque cursor.
 */
#include "app/app.h"
#include "dns/resolver.h"

struct api;

struct api_options {
    const struct app *app;
    struct resolver *resolver; /* for checks that are asked for; any thread may use it */
};

/* Listens on config.web.socket. Both of `options` outlive the API. */
MUST_CHECK bool api_start(const struct api_options *options, struct api **out, struct err *err);
/* Waiting requests are answered, and acknowledgements stored. NULL is fine. */
void api_stop(struct api *api);
