/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* sign_in_store: how often a sign-in was tried, by the address that was typed and by where it came
 * from. What is counted is kept as a hash only. The rules are model/sign_in.h. */
#include "base/hash.h"
#include "db/db.h"
#include "model/sign_in.h"

extern const struct query_list sign_in_queries;

/* What is counted under `text`: a mail address (ASCII letters in either case), or a network. */
struct slice sign_in_store_key(struct arena *mem, enum sign_in_count what, const char *text);

struct sign_in_tries {
    int64_t count;    /* with this one; 0: it was too early, and is not counted */
    int64_t retry_at; /* then: when the next one is looked at */
};

/* Counts a try, atomically. A count whose last try is SIGN_IN_FORGET_MS old begins anew. */
MUST_CHECK bool sign_in_store_try(struct arena *mem, struct db *tx, struct slice key, int64_t now,
                                  struct sign_in_tries *out, struct err *err);
MUST_CHECK bool sign_in_store_wait(struct db *tx, struct slice key, int64_t retry_at,
                                   struct err *err);
/* One try less, and no wait for it. */
MUST_CHECK bool sign_in_store_give_back(struct db *db, struct slice key, struct err *err);
MUST_CHECK bool sign_in_store_reset(struct db *db, struct slice key, struct err *err);
/* Removes what was counted last before `tried_before`. */
MUST_CHECK bool sign_in_store_forget(struct db *db, int64_t tried_before, struct err *err);
