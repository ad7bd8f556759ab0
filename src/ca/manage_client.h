/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* manage_client: asks a running CA through its management socket (ca/manage_server.h). */
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"

struct ca_manage_request {
    const char *dir; /* of the CA */
    const char *method, *path;
    json_t *body; /* stolen; NULL: none */
};

/* *out lives in `mem`. ERR_NOT_FOUND: no CA runs in `dir`, or it does not know what is asked for;
 * ERR_BAD_INPUT with its reason. */
MUST_CHECK bool ca_manage_ask(struct arena *mem, const struct ca_manage_request *ask, json_t **out,
                              struct err *err);
