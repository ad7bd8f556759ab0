/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* session_store: who is signed in, and the links that let one in once. Only the SHA-256 of what the
 * cookie or the link has is kept (R50). */
#include "base/hash.h"
#include "db/db.h"

struct session {
    struct slice hash; /* SHA256_SIZE octets */
    const char *user_id;
    int64_t created_at;
    int64_t seen_at;
};

struct login_link {
    struct slice hash;
    const char *user_id;
    int64_t created_at;
    int64_t expires_at;
};

extern const struct query_list session_queries;

MUST_CHECK bool session_store_add(struct db *db, const struct session *session, struct err *err);
/* By hash, which is the authentication itself. *out is NULL when there is none. */
MUST_CHECK bool session_store_find(struct arena *mem, struct db *db, struct slice hash,
                                   const struct session **out, struct err *err);
MUST_CHECK bool session_store_see(struct db *db, struct slice hash, int64_t now, struct err *err);
MUST_CHECK bool session_store_end(struct db *db, struct slice hash, struct err *err);
MUST_CHECK bool session_store_end_all(struct db *db, const char *user_id, struct err *err);
/* Removes sessions and links that are over (model/sign_in.h). */
MUST_CHECK bool session_store_forget(struct db *db, int64_t now, struct err *err);

/* Ends every other link of the user: only the newest opens. `tx` is a transaction. */
MUST_CHECK bool login_link_store_add(struct db *tx, const struct login_link *link, struct err *err);
/* *out is NULL when it is not there (any more). Whether its time is over the caller sees. */
MUST_CHECK bool login_link_store_find(struct arena *mem, struct db *db, struct slice hash,
                                      const struct login_link **out, struct err *err);
/* ERR_LOST_RACE when it was used meanwhile. */
MUST_CHECK bool login_link_store_use(struct db *db, struct slice hash, struct err *err);
