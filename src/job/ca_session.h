/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ca_session: calls to a configured CA in the name of our account there. */
#include "acme/account.h"
#include "acme/problem.h"
#include "job/worker.h"

/* A context for calls, with the account that signs them; `problem` is of the last that failed. */
struct ca_session {
    struct acme_call call;
    struct acme_account account;
    struct worker_key key;
    struct acme_problem problem;
    const char *account_id;
    const char *thumbprint;
};

/*
 * Opens the account, which is made when there is none. Its key is made and stored before newAccount
 * is asked, which is idempotent for a key: killed in between, the next run asks again. *out is set
 * also when newAccount failed, for its `problem`.
 */
MUST_CHECK bool ca_session_open(const struct worker *worker, struct arena *mem,
                                const struct worker_ca *ca, struct ca_session **out,
                                struct err *err);
