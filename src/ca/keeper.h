/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * keeper: the authority of a running CA, replaced when half of its life is over on the movable
 * clock, however far that jumps.
 */
#include "ca/authority.h"
#include "db/db.h"

struct ca_keeper;

/* Loads what ca_authority_init() made in `dir`, and enters the issuer in the database. Its
 * certificates name `url` (ca/service.h, plain_url). `dir`, `suffixes`, `url` and `db` must live as
 * long. */
MUST_CHECK bool ca_keeper_new(const char *dir, const struct ca_suffixes *suffixes, const char *url,
                              struct db *db, struct ca_keeper **out, struct err *err);
void ca_keeper_free(struct ca_keeper *keeper);

/* Who signs for an issuer, former ones included: *out = NULL when its key is kept no longer.
 * Released with `mem`. */
MUST_CHECK bool ca_keeper_find_key(struct arena *mem, struct ca_keeper *keeper,
                                   const char *issuer_id, EVP_PKEY **out, struct err *err);

/* The authority to sign with at `at`; it stays good until the keeper is freed. Any thread. */
MUST_CHECK bool ca_keeper_get(struct ca_keeper *keeper, int64_t at, const struct ca_authority **out,
                              struct err *err);
