/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * manage: what an operator asks of a CA and does to it, beside the running one or without it, in
 * its database. Whoever may open the folder (0700) may do so, nobody else (R45): there is no such
 * request over the network. What is done shows in the journal. All: ERR_NOT_FOUND when there is no
 * CA in `dir`, ERR_STORE.
 */
#include "ca/journal_store.h"

/* The journal; see journal_store.h. */
MUST_CHECK bool ca_read_journal(struct arena *mem, const char *dir,
                                const struct ca_journal_filter *filter, struct ca_journal *out,
                                struct err *err);
/* The window of this certificate (serial in hex, any case), or with NULL of all that have not
 * expired, is moved into the past; *count is of how many. ERR_NOT_FOUND: no such certificate. */
MUST_CHECK bool ca_renew_now(struct arena *mem, const char *dir, const char *serial, int64_t *count,
                             struct err *err);
/* Forgets every account: a request that names one gets accountDoesNotExist, and its key makes
 * another. Certificates stay, and belong to no account that could be named. */
MUST_CHECK bool ca_lose_accounts(struct arena *mem, const char *dir, int64_t *count,
                                 struct err *err);
/* Names of this account, or with 0 of every account, may be ordered again; *count is how many were
 * paused. What has failed is still counted: the next failure may pause a name again. ERR_NOT_FOUND:
 * no such account. */
MUST_CHECK bool ca_unpause(struct arena *mem, const char *dir, int64_t account_id, int64_t *count,
                           struct err *err);
/* The same in the database of a running CA. */
MUST_CHECK bool ca_unpause_in(struct arena *mem, struct db *db, int64_t account_id, int64_t *count,
                              struct err *err);
