/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * nonce: the anti-replay nonces of one CA (RFC 8555 section 6.5), shared by all threads. Every
 * answer of the CA brings one; they are handed out newest first and dropped after
 * ACME_NONCE_AGE_MS, since CAs forget them.
 */
#include "base/base.h"
#include "base/slice.h"

#define ACME_NONCE_SIZE   256 /* characters and NUL */
#define ACME_NONCE_POOL   64  /* kept at most; the oldest makes room */
#define ACME_NONCE_AGE_MS (5 * 60 * INT64_C(1000))

/* A Replay-Nonce header's value as text; false when it is no base64url or too long. */
MUST_CHECK bool acme_nonce_read(struct slice value, char out[ACME_NONCE_SIZE]);

struct acme_nonces;

struct acme_nonces *acme_nonces_new(void);
void acme_nonces_free(struct acme_nonces *pool);
/* Keeps it; a value that acme_nonce_read() refuses is ignored. `now` is clock_boot_ms(). */
void acme_nonces_put(struct acme_nonces *pool, struct slice nonce, int64_t now);
/* Takes one out; false when there is none that is young enough. */
MUST_CHECK bool acme_nonces_take(struct acme_nonces *pool, int64_t now, char out[ACME_NONCE_SIZE]);
