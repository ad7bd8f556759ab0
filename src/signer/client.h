/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* client: the transport under signer.h: one request, its reply, a deadline. */
#include <jansson.h>

#include "base/arena.h"
#include "signer/protocol.h"
#include "signer/signer.h"

/* Sends `request` (an object of the fields of the op, taken over) and returns
 * its reply, a new reference, when that says "ok". */
MUST_CHECK bool signer_call(struct signer *signer, enum signer_op op, json_t *request,
                            json_t **reply, struct err *err);
