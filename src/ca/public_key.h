/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * public_key: which public keys the CA accepts, of accounts and of certificates alike: P-256 and
 * P-384 with a point on the curve; RSA of 2048..4096 bits in steps of 8, public exponent 65537.
 */
#include "base/arena.h"
#include "tls/handle.h"

#define CA_RSA_BITS_MIN 2048
#define CA_RSA_BITS_MAX 4096

/* "": accepted; else why not, in Boulder's words. */
const char *ca_key_refusal(struct arena *mem, EVP_PKEY *key);

/* Hex SHA-256 of the SubjectPublicKeyInfo, by which keys are compared; NULL: there is none. */
const char *ca_key_hash(struct arena *mem, const EVP_PKEY *key);
