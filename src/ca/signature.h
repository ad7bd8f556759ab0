/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* signature: JWS signatures (RFC 7515 section 5.2), by OpenSSL. */
#include "base/slice.h"
#include "ca/alg.h"
#include "tls/handle.h"

/* What was signed are the two texts, base64url as they were sent, with a dot between. `signature`
 * is decoded: r and s of equal length for ES256 and ES384 (RFC 7518 section 3.4). The key must be
 * of the kind that goes with `alg`. Any thread, with the same key too. */
bool ca_signature_is_good(EVP_PKEY *key, enum ca_alg alg, const struct slice texts[2],
                          struct slice signature);
