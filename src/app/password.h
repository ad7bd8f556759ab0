/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* password: argon2id (RFC 9106) through libsodium, 19 MiB and two passes: some 20 ms of a core. */
#include "base/arena.h"
#include "base/err.h"

#define PASSWORD_MIN      12  /* characters */
#define PASSWORD_MAX      200 /* octets; far below what would make hashing slow */
#define PASSWORD_DISTINCT 5   /* different octets: "aaaaaaaaaaaa" is the first that is guessed */

/* ERR_BAD_INPUT, field "password", unless UTF-8 within these limits, and not the address that its
 * owner signs in with. */
MUST_CHECK bool password_check(const char *password, const char *email, struct err *err);
/* What is stored. ERR_CRYPTO when there is no memory for it. */
MUST_CHECK bool password_hash(struct arena *mem, const char *password, const char **out,
                              struct err *err);
/* Takes as long for a NULL hash (nobody, or no password chosen yet), which nothing matches. */
bool password_matches(const char *hash, const char *password);
