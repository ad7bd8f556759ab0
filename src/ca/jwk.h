/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * jwk: public keys of accounts (RFC 7517), of the kinds in ca/public_key.h. Only the members that
 * make the key are looked at and kept, so nothing else in a client's JWK has any effect; a private
 * member is refused. A `struct ca_jwk` lives in the arena that it was read into.
 */
#include "base/slice.h"
#include "ca/alg.h"
#include "ca/problem.h"
#include "ca/public_key.h"
#include "tls/handle.h"

#define CA_THUMBPRINT_LEN 43 /* base64url of SHA-256 */

#define CA_KEY_REFUSED "invalid request signing key"

struct ca_jwk {
    json_t *json;           /* kty and the public members alone */
    EVP_PKEY *key;          /* the same, to verify with */
    enum ca_alg alg;        /* the one algorithm that goes with this key */
    const char *thumbprint; /* RFC 7638, SHA-256 */
    const char *key_hash;   /* ca_key_hash(): the same key in a CSR has it */
};

/* malformed: no key, or one that does not hold together; badPublicKey: of a kind or size that is
 * not accepted. `object` may be NULL. */
MUST_CHECK bool ca_jwk_read(struct arena *mem, const json_t *object, struct ca_jwk *out,
                            struct ca_problem *problem);
/* What the store keeps, and back. ERR_STORE when the text is not what ca_jwk_text() wrote. */
const char *ca_jwk_text(struct arena *mem, const struct ca_jwk *jwk);
MUST_CHECK bool ca_jwk_parse(struct arena *mem, const char *text, struct ca_jwk *out,
                             struct err *err);

/* Compact text, members sorted. */
const char *ca_json_text(struct arena *mem, const json_t *json);
/* A json_t that is released with the arena. */
json_t *ca_json_keep(struct arena *mem, json_t *json);
/* One more hold of the key, that ends with the arena. */
EVP_PKEY *ca_jwk_keep(struct arena *mem, EVP_PKEY *key);
