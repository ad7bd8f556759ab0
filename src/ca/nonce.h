/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * nonce: anti-replay nonces (RFC 8555 section 6.5). A nonce is a counter, and 64 zero bits,
 * encrypted by AES with a key that the process makes at start: giving one out stores nothing, and
 * one that is made up is found out, but for one in 2^64. One bit each for the last CA_NONCE_WINDOW
 * says whether it was used. An older one, one used before and one of another process are refused
 * alike, and the client takes the next from that answer. Any thread.
 */
#include "base/arena.h"

#define CA_NONCE_WINDOW (1u << 20)
#define CA_NONCE_LEN    22 /* base64url of a block */

struct ca_nonces;

struct ca_nonces *ca_nonces_new(void);
void ca_nonces_free(struct ca_nonces *nonces);

const char *ca_nonce_new(struct arena *mem, struct ca_nonces *nonces);
/* True once for each nonce that was given out and is within the window. */
bool ca_nonce_use(struct arena *mem, struct ca_nonces *nonces, const char *text);
