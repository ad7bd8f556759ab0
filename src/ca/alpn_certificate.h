/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * alpn_certificate: whether a certificate is the one that shows control of a name (RFC 8737 section
 * 3), as Boulder reads it: self-signed, with the name as its only subject alternative name, and
 * with a critical acmeIdentifier extension of the digest of the key authorization. Other extensions
 * may be there. Pure.
 */
#include <openssl/x509.h>

#include "base/arena.h"
#include "base/hash.h"

/* Whether it can be read as Go reads certificates: its names, and no extension twice. */
bool ca_alpn_certificate_is_readable(X509 *certificate);

/* NULL: it is; else Boulder's sentence. `name` in lower case. Only for one that is readable. */
const char *ca_alpn_certificate_refusal(struct arena *mem, X509 *certificate, const char *name,
                                        const unsigned char digest[SHA256_SIZE]);
