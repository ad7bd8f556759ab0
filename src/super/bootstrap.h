/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * bootstrap: what must be in the store before the daemons start: the schema, the operator's first
 * token (in operator.token, 0600) and an enrolled edge for each of run.edges (its token in
 * edge/NAME/token, 0600). To be repeated at each start.
 */
#include "super/layout.h"

#define BOOTSTRAP_TOKEN_MAX 256 /* octets of a token file */

MUST_CHECK bool bootstrap(const struct layout *layout, struct err *err);

const char *bootstrap_operator_token(struct arena *mem, const struct layout *layout);
const char *bootstrap_edge_token(struct arena *mem, const struct layout *layout, const char *edge);
