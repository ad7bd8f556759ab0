/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * cert: certificates and requests for them parsed without OpenSSL's decoders of public keys, where
 * that is possible. OpenSSL 3.0 looks for them anew at each certificate, which takes ten times as
 * long as all the rest of it (docs/decisions/0286).
 */
#include "base/slice.h"
#include "tls/handle.h"

/* What d2i_X509() makes of the DER: with a P-256 point as its public key that key is on the curve
 * and is there; with any other key OpenSSL's decoders have read it. NULL when it cannot be read, or
 * when something follows it. The caller's. */
X509 *cert_parse(struct slice der);

/* A certification request (RFC 2986) from the front of *in, and its public key; *key is NULL when
 * that cannot be read. NULL when it is no request. Both are the caller's. The key is not to be
 * asked of the request itself, which may not have it. */
X509_REQ *cert_request_take(struct slice *in, EVP_PKEY **key);
