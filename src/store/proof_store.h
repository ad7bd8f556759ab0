/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* proof_store: what a handshake with each edge showed for each name of an issuance, newest only. */
#include "db/db.h"
#include "store/scope.h"

struct edge_proof {
    const char *issuance_id;
    const char *edge_id;
    const char *name;
    const char *address; /* with the port, "127.0.0.1:8443" */
    const char *serial;  /* what was served, lower-case hex; NULL: no handshake */
    bool is_ok;
    int64_t at;
    const char *detail; /* NULL when ok */
};

struct edge_proof_list {
    const struct edge_proof *items;
    size_t count;
};

extern const struct query_list proof_queries;

/* In place of the earlier proof of the same issuance, edge, name and address. */
MUST_CHECK bool proof_store_put(struct db *db, const struct edge_proof *proof, struct err *err);
/* Forgets what was seen at an edge before `at`: places and names that are not looked at any more.
 */
MUST_CHECK bool proof_store_forget(struct db *db, const char *issuance_id, const char *edge_id,
                                   int64_t at, struct err *err);
/* In order of edge, name, address; empty when the issuance is outside of the scope. */
MUST_CHECK bool proof_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                 const char *issuance_id, struct edge_proof_list *out,
                                 struct err *err);
