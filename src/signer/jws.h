/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* jws: JOSE for P-256 account keys (RFC 7515, 7517, 7638): keys by libjose, signatures from the
 * scalar as it is sealed, since libjose would build a key from JSON each time. */
#include <jansson.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "tls/es256.h"

/* The public JWK: crv, kty, x, y and nothing else. A new reference. */
MUST_CHECK bool jws_public_jwk(EVP_PKEY *key, json_t **out, struct err *err);
/* RFC 7638 with SHA-256, base64url. */
MUST_CHECK bool jws_thumbprint(struct arena *mem, const json_t *jwk, const char **out,
                               struct err *err);

/* The signature (RFC 7518 section 3.4) over two parts that are base64url already. */
MUST_CHECK bool jws_signature(struct arena *mem, const unsigned char scalar[KEY_SCALAR_SIZE],
                              const char *protected, const char *payload,
                              unsigned char out[ES256_SIZE], struct err *err);
/* Flattened JSON serialization (RFC 7515 section 7.2.2) of three parts in base64url. */
const char *jws_serialize(struct arena *mem, const char *protected, const char *payload,
                          const char *signature);

/* Both at once. `header` is the protected header but for alg, which is set: ES256, or HS256 with a
 * shared secret. The header is not kept. */
MUST_CHECK bool jws_sign(struct arena *mem, const unsigned char scalar[KEY_SCALAR_SIZE],
                         json_t *header, struct slice payload, const char **out, struct err *err);
MUST_CHECK bool jws_mac(struct arena *mem, const struct secret *secret, json_t *header,
                        struct slice payload, const char **out, struct err *err);
