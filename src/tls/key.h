/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * key: P-256 private keys (RFC 5480), which is what the product makes. An EVP_PKEY is a handle of
 * the caller: AUTO(EVP_PKEY_freep). Clear scalars are the caller's to wipe.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "tls/handle.h"

/* How a private key stands inside its seal; the number is in edge records. */
enum key_type {
    KEY_P256 = 1, /* the raw scalar, 32 octets, big-endian */
    KEY_PKCS8 = 2 /* PKCS#8 DER (RFC 5958): any other kind of key, RSA above all */
};

#define KEY_SCALAR_SIZE 32
#define KEY_POINT_SIZE  65 /* 0x04, x, y (SEC 1 section 2.3.3) */

MUST_CHECK bool key_make(EVP_PKEY **out, struct err *err);

/* Refuses a scalar that is not in 1..n-1. The public point is computed. */
MUST_CHECK bool key_from_scalar(const unsigned char scalar[KEY_SCALAR_SIZE], EVP_PKEY **out,
                                struct err *err);
/* A public key of an uncompressed P-256 point; ERR_CRYPTO when it is not on the curve. */
MUST_CHECK bool key_from_point(const unsigned char point[KEY_POINT_SIZE], EVP_PKEY **out,
                               struct err *err);
/* ERR_CRYPTO when the key is not P-256 or has no private part. */
MUST_CHECK bool key_scalar(const EVP_PKEY *key, unsigned char out[KEY_SCALAR_SIZE],
                           struct err *err);

/* P-256, made once: that takes longer than what is done with it. The library's. NULL: out of
 * memory.
 */
const EC_GROUP *key_group(void);

/* The public point, uncompressed. ERR_CRYPTO when the key is not P-256. */
MUST_CHECK bool key_point(const EVP_PKEY *key, unsigned char out[KEY_POINT_SIZE], struct err *err);
/* SubjectPublicKeyInfo in DER (RFC 5280 section 4.1.2.7), of any kind of key. */
MUST_CHECK bool key_spki(struct arena *mem, const EVP_PKEY *key, struct slice *out,
                         struct err *err);

/* Files of unencrypted PKCS#8 PEM, for keys that no signer keeps (the sandbox CA's own). Writing
 * makes a new file of mode 0400, on disk (fsync) when it returns; an existing path is an error.
 * Reading refuses a file that group or others may read, one over 16 KiB, and anything that is not
 * one private key. */
MUST_CHECK bool key_write_file(const char *path, const EVP_PKEY *key, struct err *err);
MUST_CHECK bool key_read_file(const char *path, EVP_PKEY **out, struct err *err);
