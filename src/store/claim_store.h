/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * claim_store: who holds a name. There is one row for each name that a domain covers, and at most
 * one active row of a name on the whole platform (R41).
 */
#include "db/db.h"
#include "store/scope.h"

#define CLAIM_STATES(X)                                                                            \
    X(ACTIVE, "active")                                                                            \
    X(ENDED, "ended")

#define X(id, name) CLAIM_##id,
enum claim_state { CLAIM_STATES(X) CLAIM_STATE_COUNT };
#undef X

struct claim {
    const char *id;
    const char *name; /* lower-case A-labels; may begin with "*." */
    const char *domain_id;
    const char *partner_id;
    const char *account_id;
    enum claim_state state;
    int64_t created_at;
    int64_t ended_at;  /* 0: not ended */
    int64_t proven_at; /* a look at the name first passed under this claim; 0: none did */
    const char *label; /* what the name is delegated to (R42): never used again; NULL: of a claim
                          from before there were labels */
};

struct claim_list {
    const struct claim *items;
    size_t count;
};

extern const struct query_list claim_queries;

/* claim->state is CLAIM_ACTIVE. ERR_CONFLICT, field "name", text "NAME is claimed already", when
 * anybody holds it: neither the text nor anything else tells who. */
MUST_CHECK bool claim_store_add(struct db *db, const struct claim *claim, struct err *err);
/* The active claim of a name whoever holds it, for the worker and for conflicts: no scope, so never
 * to be shown to a tenant. *out is NULL when nobody holds it. */
MUST_CHECK bool claim_store_holder(struct arena *mem, struct db *db, const char *name,
                                   const struct claim **out, struct err *err);
/* A look at the name passed at `at`. Of a claim that is older than the look; *is_first is false
 * when there is none, or it was proven before: then it stays as it is. */
MUST_CHECK bool claim_store_prove(struct db *db, const char *domain_id, const char *name,
                                  int64_t at, bool *is_first, struct err *err);
/* The active claims of names that end in `suffix` (".shop.example") and were never proven, whoever
 * holds them: no scope. */
MUST_CHECK bool claim_store_list_unproven_below(struct arena *mem, struct db *db,
                                                const char *suffix, struct claim_list *out,
                                                struct err *err);
/* The claims of a domain, ended ones included. */
MUST_CHECK bool claim_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                 const char *domain_id, struct claim_list *out, struct err *err);
/* Ends the active claims of a domain; *ended (may be NULL) is how many. */
MUST_CHECK bool claim_store_end(struct db *db, const struct scope *scope, const char *domain_id,
                                int64_t now, int64_t *ended, struct err *err);

/* Ends the active claim of one name. ERR_LOST_RACE: the domain does not hold it. */
MUST_CHECK bool claim_store_end_name(struct db *db, const char *domain_id, const char *name,
                                     int64_t now, struct err *err);

/* Of a claim that has none; one that has keeps it. */
MUST_CHECK bool claim_store_set_label(struct db *db, const char *id, const char *label,
                                      struct err *err);

const char *claim_state_name(enum claim_state state);
MUST_CHECK bool claim_state_parse(const char *name, enum claim_state *out);
