/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edge: the platform's edge servers, enrolled by the operator. */
#include "app/app.h"
#include "app/partner.h"

struct edge_input {
    const char *name;             /* [a-z0-9-], 1..63 */
    const char *group;            /* NULL: "default" */
    struct config_list addresses; /* as visitors reach it: IPv4 and IPv6 */
    int64_t http_port, https_port;
};

/* Operator only. Adds the edge, or gives the one of this name other addresses and ports; makes a
 * token for it. */
MUST_CHECK bool app_edge_enrol(const struct app *app, const struct caller *caller,
                               struct arena *mem, const struct edge_input *in,
                               struct token_created *out, struct err *err);
