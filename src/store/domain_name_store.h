/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * domain_name_store: the names of a domain - those that it covers by itself and its aliases - each
 * with what the last look at it said. Who holds a name is claim_store.
 */
#include "db/db.h"
#include "store/scope.h"

struct domain_name {
    const char *domain_id;
    const char *name; /* lower-case A-labels */
    bool is_alias;    /* added by the tenant; else covered with the domain */
    int64_t created_at;

    /* Written by domain_name_store_save(). */
    const char *dns_state; /* model/dns_verdict.h, by name */
    const char *finding;   /* JSON; NULL: none */
    int64_t passed_at;     /* it has passed since then; 0: it does not */
    int64_t checked_at;    /* 0: never */
    int64_t next_look_at;  /* 0: it is looked at with the next certificate */
    int64_t held_until;    /* the CA could not validate it: it passes no sooner; 0: no */
    bool is_told;          /* the timeline says that certificates are issued without it */
    int64_t failing_at;    /* model/name_risk.h, of a name that a live certificate has */
    int64_t risk_at;
};

struct domain_name_list {
    const struct domain_name *items;
    size_t count;
};

extern const struct query_list domain_name_queries;

/* ERR_CONFLICT, field "domain_name.domain_id": it has the name already. */
MUST_CHECK bool domain_name_store_add(struct db *db, const struct domain_name *name,
                                      struct err *err);
/* In order of the name; empty when the domain is outside of the scope. */
MUST_CHECK bool domain_name_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                       const char *domain_id, struct domain_name_list *out,
                                       struct err *err);
/* Of one that is gone by now nothing is stored. */
MUST_CHECK bool domain_name_store_save(struct db *db, const struct domain_name *name,
                                       struct err *err);
/* ERR_LOST_RACE when it is not there. */
MUST_CHECK bool domain_name_store_remove(struct db *db, const char *domain_id, const char *name,
                                         struct err *err);
