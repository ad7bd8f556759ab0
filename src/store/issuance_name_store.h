/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* issuance_name_store: the names of an issuance, with their check and their ACME authorization. */
#include "db/db.h"
#include "store/scope.h"

struct issuance_name {
    const char *issuance_id;
    const char *name;      /* lower-case A-labels */
    const char *dns_state; /* model/dns_verdict.h, by name */
    const char *finding;   /* JSON; NULL: none. As below */
    const char *authorization_url;
    const char *challenge_url;
    const char *token;
    const char *challenge_state; /* RFC 8555 section 7.1.6 */
    bool is_chosen;              /* its certificate is asked for; else it waits alone */
    const char *challenge_type;  /* RFC 8555 section 9.7.8; NULL: no challenge is known */
};

struct issuance_name_list {
    const struct issuance_name *items;
    size_t count;
};

extern const struct query_list issuance_name_queries;

/* Its answer stands in a zone of ours, and not on the edges. */
#define ISSUANCE_NAME_DNS_01 "dns-01"
bool issuance_name_is_by_dns(const struct issuance_name *name);

/* Adds the name, or stores all its members. The caller holds the issuance: it saves it in the same
 * transaction, and that is what loses a race. */
MUST_CHECK bool issuance_name_store_put(struct db *db, const struct issuance_name *name,
                                        struct err *err);
/* In order of the name; empty when the issuance is outside of the scope. */
MUST_CHECK bool issuance_name_store_list(struct arena *mem, struct db *db,
                                         const struct scope *scope, const char *issuance_id,
                                         struct issuance_name_list *out, struct err *err);
