/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * key_cache: keys of accounts, ready to verify with. Reading one from its text takes longer than
 * verifying a signature with it, and an account asks many times. What is kept is found by the hash
 * of the key itself, so an account that changes its key needs no word here. Any thread.
 */
#include "ca/account_store.h"
#include "ca/jwk.h"

#define CA_KEYS_KEPT 1024 /* some KiB each */

struct ca_key_cache;

struct ca_key_cache *ca_key_cache_new(void);
void ca_key_cache_free(struct ca_key_cache *cache); /* NULL is fine */

/* ca_jwk_parse() of the account's key, with its hash; out->json is NULL. */
MUST_CHECK bool ca_key_cache_get(struct arena *mem, struct ca_key_cache *cache,
                                 const struct ca_account *account, struct ca_jwk *out,
                                 struct err *err);
