/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* handle: OpenSSL's objects for AUTO(), and its reasons as errors of ours. */
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

DEFINE_FREEP(BIO, BIO_free_all)
DEFINE_FREEP(BIGNUM, BN_clear_free)
DEFINE_FREEP(EC_GROUP, EC_GROUP_free)
DEFINE_FREEP(EC_POINT, EC_POINT_free)
DEFINE_FREEP(EVP_PKEY, EVP_PKEY_free)
DEFINE_FREEP(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
DEFINE_FREEP(X509, X509_free)
DEFINE_FREEP(X509_REQ, X509_REQ_free)
DEFINE_FREEP(X509_STORE, X509_STORE_free)
DEFINE_FREEP(X509_STORE_CTX, X509_STORE_CTX_free)

/* As err_set, with ": " and OpenSSL's first queued reason at the end; empties the queue. */
bool tls_err(struct err *err, enum err_code code, const char *fmt, ...) PRINTF(3, 4);

/* DER objects of one kind ("CERTIFICATE") as PEM text (RFC 7468). */
const char *tls_pem(struct arena *mem, const char *label, const struct slice *ders, size_t count);
