/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * user: people, how they sign in, and their sessions. Secrets of sessions and links are 256 random
 * bits in base64url; the store has their SHA-256 only.
 */
#include "app/app.h"
#include "store/session_store.h"
#include "store/user_store.h"

struct user_input {
    const char *email, *name;
    const char *partner_id; /* NULL: an operator (only the operator may add one) */
    const char *account_id; /* NULL: of the whole partner */
};

/* A caller adds people of its own tenant or below it. ERR_CONFLICT, field "email": it is taken. */
MUST_CHECK bool app_user_add(const struct app *app, const struct caller *caller, struct arena *mem,
                             const struct user_input *in, const struct user **out, struct err *err);

struct login_link_made {
    const char *secret; /* shown this once */
    int64_t expires_at; /* LOGIN_LINK_MS from now (model/sign_in.h) */
};

/* A link that lets the user choose a password, once; older ones end. */
MUST_CHECK bool app_login_link_make(const struct app *app, const struct caller *caller,
                                    struct arena *mem, const char *user_id,
                                    struct login_link_made *out, struct err *err);
/* "https://<public_url>/welcome/<secret>" */
const char *app_login_link_url(const struct app *app, struct arena *mem,
                               const struct login_link_made *link);
/* Whose link it is. ERR_GONE when it was used or its time is over. */
MUST_CHECK bool app_login_link_find(const struct app *app, struct arena *mem, const char *secret,
                                    const struct user **out, struct err *err);

/* Sets the password, ends the link and every session of the user, and begins a session, whose
 * secret is *session. ERR_BAD_INPUT (field "password"), ERR_GONE. */
MUST_CHECK bool app_login_link_use(const struct app *app, struct arena *mem, const char *secret,
                                   const char *password, const char **session, struct err *err);

struct sign_in_input {
    const char *email, *password;
    const char *client; /* the address that it comes from; "": not known, and not counted */
};

/* ERR_UNAUTHENTICATED, ERR_RATE_LIMITED with retry_at after too many wrong passwords for the
 * address or from the client (model/sign_in.h): each the same, and in the same time, whether there
 * is somebody with this address or not. */
MUST_CHECK bool app_sign_in(const struct app *app, struct arena *mem,
                            const struct sign_in_input *in, const char **session, struct err *err);
/* For who has shown who they are. */
MUST_CHECK bool app_session_begin(struct arena *mem, struct db *db, const char *user_id,
                                  const char **secret, struct err *err);

struct signed_in {
    const struct user *user;
    struct caller caller;
    const struct session *session;
};

/* *is_found is false when there is no such session (any more). */
MUST_CHECK bool app_session_find(const struct app *app, struct arena *mem, const char *secret,
                                 struct signed_in *out, bool *is_found, struct err *err);
/* Somebody has done something: the session's idle time begins anew. */
MUST_CHECK bool app_session_see(const struct app *app, const struct signed_in *who,
                                struct err *err);
MUST_CHECK bool app_sign_out(const struct app *app, const char *secret, struct err *err);
