/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Signed requests as a client would send them, with libjose; for the tests of the CA. */
#include <jansson.h>

#include "base/arena.h"
#include "base/slice.h"

/* A new private key for the algorithm ("ES256", ...), released with the arena. */
json_t *maker_key(struct arena *mem, const char *alg);
json_t *maker_public(struct arena *mem, const json_t *key);
/* The flattened JWS over these octets; `header` is the text of the protected header. */
const char *maker_sign(struct arena *mem, const json_t *key, const char *header,
                       const char *payload);
