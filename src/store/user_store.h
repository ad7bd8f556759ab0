/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* user_store: people who sign in: the platform's operators, partners' and accounts' people. */
#include "db/db.h"
#include "store/scope.h"

struct user {
    const char *id;
    const char *partner_id; /* NULL: an operator */
    const char *account_id; /* NULL: the whole partner's */
    const char *email;
    const char *name;
    const char *password; /* hash as app/password.h makes it; NULL: none chosen yet */
    int64_t created_at;
};

extern const struct query_list user_queries;

/* ERR_CONFLICT, field "platform_user.email_key": somebody has this address already. */
MUST_CHECK bool user_store_add(struct db *db, const struct user *user, struct err *err);
/* *out is NULL when it is not there. Without scope: it is the sign-in itself. */
MUST_CHECK bool user_store_find(struct arena *mem, struct db *db, const char *email,
                                const struct user **out, struct err *err);
/* *out is NULL when it is not there or outside of the scope. */
MUST_CHECK bool user_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                               const char *id, const struct user **out, struct err *err);
MUST_CHECK bool user_store_set_password(struct db *db, const char *id, const char *password,
                                        struct err *err);
