/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * terms: the terms of service that are in force (RFC 8555 section 7.3.3). When an operator changes
 * them, accounts must agree to the new ones on their page before they may order or finalize: until
 * then they get userActionRequired.
 */
#include "base/arena.h"
#include "base/err.h"

struct ca;

const char *ca_terms_url(struct arena *mem, const struct ca *ca);

/* Reads the version in force, at start. */
MUST_CHECK bool ca_terms_load(struct ca *ca, struct err *err);
MUST_CHECK bool ca_terms_renew(struct arena *mem, struct ca *ca, int64_t *version, struct err *err);
/* This account, or with 0 every one, agrees to what is in force; *count: that had not before.
 * ERR_NOT_FOUND: no such account. */
MUST_CHECK bool ca_terms_accept(struct arena *mem, const struct ca *ca, int64_t account_id,
                                int64_t *count, struct err *err);
