/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * manage: what an operator does to a running CA, in its database. What is done shows in the
 * journal. The way there is manage_server.h. All: ERR_STORE.
 */
#include "db/db.h"

/* The window of this certificate (serial in hex, any case), or with NULL of all that have not
 * expired, is moved into the past; *count is of how many. ERR_NOT_FOUND: no such certificate. */
MUST_CHECK bool ca_renew_now(struct arena *mem, struct db *db, const char *serial, int64_t *count,
                             struct err *err);

struct ca_mass_revocation {
    const char *serial; /* in hex, any case; NULL: of all that have not expired */
    int64_t account_id; /* of this account alone; 0: of any */
    int64_t reason;     /* ca/reason.h */
};

/* *count is of how many that were not revoked before. ERR_NOT_FOUND: no such account or
 * certificate; ERR_CONFLICT: that one is revoked. */
MUST_CHECK bool ca_revoke_now(struct arena *mem, struct db *db,
                              const struct ca_mass_revocation *which, int64_t *count,
                              struct err *err);

/* Forgets every account: a request that names one gets accountDoesNotExist, and its key makes
 * another. Certificates stay, and belong to no account that could be named. */
MUST_CHECK bool ca_lose_accounts(struct arena *mem, struct db *db, int64_t *count, struct err *err);

/* Names of this account, or with 0 of every account, may be ordered again; *count is how many were
 * paused. What has failed is still counted: the next failure may pause a name again. ERR_NOT_FOUND:
 * no such account. */
MUST_CHECK bool ca_unpause(struct arena *mem, struct db *db, int64_t account_id, int64_t *count,
                           struct err *err);

/* Moves the clock (LATCHKEY_CLOCK_FILE) of the CA, and of whoever shares that file. `to`: "real", a
 * time (RFC 3339), or "+90d", "-1h": that much later or earlier than it is. ERR_BAD_INPUT;
 * ERR_CONFLICT: it runs without such a file. */
MUST_CHECK bool ca_move_clock(struct arena *mem, struct db *db, const char *to, struct err *err);
