/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* partner: resellers, their customers' accounts, and the tokens of both. */
#include "app/app.h"
#include "store/account_store.h"
#include "store/partner_store.h"
#include "store/token_store.h"

struct partner_input {
    const char *name;
    const char *brand; /* NULL: the platform's (platform.brand) */
};

/* Operator only. */
MUST_CHECK bool app_partner_create(const struct app *app, const struct caller *caller,
                                   struct arena *mem, const struct partner_input *in,
                                   const struct partner **out, struct err *err);

struct account_input {
    const char *partner_id; /* NULL: the caller's own; the operator must say it */
    const char *name, *email;
    const char *country, *state, *city; /* NULL or "": not given; all or none (model/location.h) */
};

/* Operator or partner. ERR_BAD_INPUT names the field. */
MUST_CHECK bool app_account_create(const struct app *app, const struct caller *caller,
                                   struct arena *mem, const struct account_input *in,
                                   const struct account **out, struct err *err);

/* What a token may be limited to. */
#define TOKEN_SCOPES(X)                                                                            \
    X(READ, "read")                                                                                \
    X(WRITE, "write")   /* all changes but the next */                                             \
    X(TOKENS, "tokens") /* make and revoke tokens */

#define X(id, name) TOKEN_SCOPE_##id,
enum token_scope { TOKEN_SCOPES(X) TOKEN_SCOPE_COUNT };
#undef X

MUST_CHECK bool token_scope_parse(const char *name, enum token_scope *out);
/* ERR_FORBIDDEN when the caller's token is limited, and not to this. */
MUST_CHECK bool app_token_allows(const struct caller *caller, enum token_scope scope,
                                 struct err *err);

struct token_input {
    const char *name;
    const char *partner_id; /* NULL with account_id NULL: the operator's own */
    const char *account_id;
    const char *edge_id;     /* an edge's token; then no partner and no account */
    struct text_list scopes; /* names of TOKEN_SCOPES; empty: not limited */
};

struct token_created {
    const struct api_token *token;
    const char *secret; /* shown this once: "lk_" and 43 characters; stored is its SHA-256 */
};

/* A caller makes tokens of its own scope or below it, limited at least as its own token is. */
MUST_CHECK bool app_token_create(const struct app *app, const struct caller *caller,
                                 struct arena *mem, const struct token_input *in,
                                 struct token_created *out, struct err *err);

/* ERR_NOT_FOUND when the caller has no such token, or it is revoked already. */
MUST_CHECK bool app_token_revoke(const struct app *app, const struct caller *caller,
                                 const char *token_id, struct err *err);

/* The token of this text, or NULL when it is unknown or revoked. */
MUST_CHECK bool app_token_find(const struct app *app, struct arena *mem, const char *secret,
                               const struct api_token **out, struct err *err);
/* What a token may see. An edge's token has no caller: it is for the feed only. */
MUST_CHECK bool app_token_caller(const struct api_token *token, struct caller *out,
                                 struct err *err);
