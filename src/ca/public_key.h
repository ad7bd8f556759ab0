/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * public_key: which public keys the CA accepts, of accounts and of certificates alike, as Let's
 * Encrypt does: P-256 and P-384 with a point on the curve; RSA of 2048, 3072 or 4096 bits, public
 * exponent 65537, no prime factor below 752. Not looked at: factors that are close together, keys
 * of broken hardware.
 */
#include "base/arena.h"
#include "base/slice.h"
#include "tls/handle.h"

#define CA_KEY_HASH_LEN 64 /* hex of SHA-256 */
#define CA_RSA_BITS_MAX 4096

/* "": accepted; else why not, in Boulder's words. */
const char *ca_key_refusal(struct arena *mem, EVP_PKEY *key);

/*
 * By which keys are compared, whatever the encoding that they came in: hex SHA-256 over the size in
 * bits and the two numbers that make the key (x and y, or n and e; big-endian, any leading zeros).
 * Of an accepted key; NULL when OpenSSL does not give the numbers.
 */
const char *ca_key_hash(struct arena *mem, const EVP_PKEY *key);
const char *ca_key_hash_of(struct arena *mem, int bits, struct slice first, struct slice second);
