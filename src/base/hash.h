/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * hash: SHA-256, HMAC with SHA-256 and SHA-512 (RFC 2104), base64url (RFC 4648 section 5, no
 * padding) and hex, and FNV-1a. Token hashing: bearer tokens are 256 random bits, so a plain
 * SHA-256 is what the store keeps.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"

#define SHA256_SIZE 32
#define SHA512_SIZE 64

void hash_sha256(struct slice in, unsigned char out[SHA256_SIZE]);
void hash_hmac_sha256(struct slice key, struct slice in, unsigned char out[SHA256_SIZE]);
void hash_hmac_sha512(struct slice key, struct slice in, unsigned char out[SHA512_SIZE]);
/* FNV-1a, for places in tables: whoever chooses the texts can make them meet. */
uint64_t hash_text(const char *text);
bool hash_equal(const void *a, const void *b, size_t len); /* in constant time */

int hex_digit(unsigned char c);                             /* 0..15 in either case; -1: none */
const char *hex_encode(struct arena *mem, struct slice in); /* lower case */
MUST_CHECK bool hex_decode(struct arena *mem, const char *in, struct slice *out, struct err *err);
const char *base64url_encode(struct arena *mem, struct slice in);
MUST_CHECK bool base64url_decode(struct arena *mem, const char *in, struct slice *out,
                                 struct err *err);
