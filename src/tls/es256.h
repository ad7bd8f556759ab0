/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* es256: ECDSA with P-256 and SHA-256 (RFC 7518 section 3.4) by a private scalar as it is sealed:
 * no EVP_PKEY, whose public half would have to be computed, is made for it. */
#include "base/err.h"
#include "base/slice.h"
#include "tls/key.h"

#define ES256_SIZE (2 * KEY_SCALAR_SIZE) /* r and s, big-endian */

/* ERR_CRYPTO for a scalar that is not in 1..n-1. Keeps nothing of it. */
MUST_CHECK bool es256_sign(const unsigned char scalar[KEY_SCALAR_SIZE], struct slice text,
                           unsigned char out[ES256_SIZE], struct err *err);
