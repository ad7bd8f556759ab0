/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * nonce: anti-replay nonces (RFC 8555 section 6.5). A nonce is a counter and its MAC under a key
 * that the process makes at start, so that giving one out stores nothing; one bit each for the last
 * CA_NONCE_WINDOW says whether it was used. An older one, one used before and one of another
 * process are refused alike, and the client takes the next from that answer. Any thread.
 */
#include "base/arena.h"

#define CA_NONCE_WINDOW (1u << 20)
#define CA_NONCE_LEN    32 /* base64url of 8 octets of counter and 16 of MAC */

struct ca_nonces;

struct ca_nonces *ca_nonces_new(void);
void ca_nonces_free(struct ca_nonces *nonces);

const char *ca_nonce_new(struct arena *mem, struct ca_nonces *nonces);
/* True once for each nonce that was given out and is within the window. */
bool ca_nonce_use(struct ca_nonces *nonces, const char *text);
