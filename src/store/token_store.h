/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * token_store: bearer tokens of tenants, of operators (no tenant) and of edges. Only the SHA-256 of
 * a token is kept (R50).
 */
#include "base/hash.h"
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"
#include "store/text_list.h"

struct api_token {
    const char *id;
    const char *partner_id; /* NULL: the operator's, or an edge's */
    const char *account_id; /* NULL: the whole partner's */
    const char *edge_id;    /* NULL unless an edge's */
    const char *name;
    struct slice hash; /* SHA256_SIZE octets */
    struct text_list scopes;
    int64_t created_at;
    int64_t revoked_at; /* 0: valid */
};

struct api_token_list {
    const struct api_token *items;
    size_t count;
    bool has_more;
};

extern const struct query_list token_queries;

MUST_CHECK bool token_store_add(struct db *db, const struct api_token *token, struct err *err);
/* By hash, which is the authentication itself, so without scope. *out is NULL when there is none or
 * it is revoked. */
MUST_CHECK bool token_store_find(struct arena *mem, struct db *db, struct slice hash,
                                 const struct api_token **out, struct err *err);
/* Tokens of tenants in the scope; with SCOPE_PLATFORM the operator's and the edges' too. */
MUST_CHECK bool token_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                 const struct page *page, struct api_token_list *out,
                                 struct err *err);
/* ERR_LOST_RACE when it is not there, outside of the scope, or revoked before. */
MUST_CHECK bool token_store_revoke(struct db *db, const struct scope *scope, const char *id,
                                   int64_t now, struct err *err);
/* All tokens of an edge. */
MUST_CHECK bool token_store_revoke_edge(struct db *db, const char *edge_id, int64_t now,
                                        struct err *err);
