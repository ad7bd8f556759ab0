/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * scope: on whose behalf a query runs. Every query about a tenant's things takes one, and sees only
 * what is inside: a row outside of the scope is a row that does not exist. The worker runs with
 * SCOPE_PLATFORM; a request runs with the scope of its token.
 */
#include "base/base.h"

enum scope_kind { SCOPE_PLATFORM, SCOPE_PARTNER, SCOPE_ACCOUNT };

struct scope {
    enum scope_kind kind;
    const char *partner_id; /* SCOPE_PARTNER; may be NULL with SCOPE_ACCOUNT */
    const char *account_id; /* SCOPE_ACCOUNT */
};

static inline struct scope scope_platform(void)
{
    return (struct scope){.kind = SCOPE_PLATFORM};
}

static inline struct scope scope_partner(const char *partner_id)
{
    return (struct scope){.kind = SCOPE_PARTNER, .partner_id = partner_id};
}

static inline struct scope scope_account(const char *partner_id, const char *account_id)
{
    return (struct scope){
        .kind = SCOPE_ACCOUNT, .partner_id = partner_id, .account_id = account_id};
}

/* What the queries compare with: NULL stands for "any". They end the process when the id that the
 * kind asks for is missing, so that a forgotten id never becomes "any". */
const char *scope_partner_id(const struct scope *scope);
const char *scope_account_id(const struct scope *scope);
