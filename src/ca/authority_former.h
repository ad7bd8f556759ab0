/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* authority_former: intermediates that were replaced. Their keys stay in the CA's folder until they
 * have expired, for the CRLs of what they have issued. ERR_CONFIG. */
#include "base/arena.h"
#include "base/err.h"
#include "tls/handle.h"

/* May be killed in and repeated. */
MUST_CHECK bool ca_former_keep(struct arena *mem, const char *dir, X509 *cert, const EVP_PKEY *key,
                               struct err *err);
/* By its id (the SHA-256 of the certificate, hex). *out = NULL: it is not kept. Released with the
 * arena. */
MUST_CHECK bool ca_former_key(struct arena *mem, const char *dir, const char *id, EVP_PKEY **out,
                              struct err *err);
/* Removes those that have expired at `at`. */
MUST_CHECK bool ca_former_sweep(struct arena *mem, const char *dir, int64_t at, struct err *err);
