/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* certificate_end_store: certificates that are not used any more: cancelled, to be revoked,
 * revoked, and their keys destroyed. What expires is certificate_store's. */
#include "db/db.h"
#include "store/scope.h"

extern const struct query_list certificate_end_queries;

/* Ends a certificate, or all of a domain: what was issued or live is cancelled, and the sealed keys
 * are destroyed. */
MUST_CHECK bool certificate_end_store_cancel(struct db *db, const char *id, struct err *err);
MUST_CHECK bool certificate_end_store_cancel_all(struct db *db, const char *domain_id,
                                                 struct err *err);
/* That it shall be revoked. ERR_LOST_RACE: it is revoked already, or outside of the scope. */
MUST_CHECK bool certificate_end_store_ask_revoked(struct db *db, const struct scope *scope,
                                                  const char *id, const char *reason,
                                                  struct err *err);
/* It is not used any more, before its CA has revoked it. ERR_LOST_RACE: it was not live. */
MUST_CHECK bool certificate_end_store_set_ended(struct db *db, const char *id, int64_t now,
                                                struct err *err);
/* Since when the domain is left without a certificate because somebody wished it: its newest one
 * ended so; 0: it did not. */
MUST_CHECK bool certificate_end_store_taken_off_at(struct db *db, const char *domain_id,
                                                   int64_t *out, struct err *err);
/* Its CA has revoked it; that may be said again. ERR_LOST_RACE: there is no such certificate. */
MUST_CHECK bool certificate_end_store_set_revoked(struct db *db, const char *id, int64_t now,
                                                  struct err *err);
/* Destroys the key of a certificate and of its issuance. `tx` is a transaction. */
MUST_CHECK bool certificate_end_store_destroy_key(struct db *tx, const char *id, struct err *err);
