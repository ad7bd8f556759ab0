/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* routes: every path of the API in one table, and what a caller needs for it. */
#include "http/router.h"

/* http_route.needs: one of the first five, and flags. */
enum api_needs {
    API_PUBLIC = 0, /* no token */
    API_READ,       /* a tenant's or the operator's token with this scope */
    API_WRITE,
    API_TOKENS,
    API_EDGE,              /* an edge's token */
    API_WHO = 0x0f,        /* mask of the above */
    API_REPEATABLE = 0x10, /* takes an Idempotency-Key */
};

extern const struct http_table api_routes;
