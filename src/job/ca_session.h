/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ca_session: calls to a configured CA in the name of our account there. */
#include "acme/account.h"
#include "acme/problem.h"
#include "job/ca_health.h"
#include "job/worker.h"

/* A context for calls, with the account that signs them; `problem` is of the last that failed. */
struct ca_session {
    struct acme_call call;
    struct acme_account account;
    struct worker_key key;
    struct acme_problem problem;
    const char *account_id;
    const struct worker_ca *ca;
    struct ca_standing standing; /* of the CA as the session was opened */
    bool is_down;                /* it is not to be asked now: there is no session */
    bool is_crowded;             /* nor is there: the threads that it may hold are all taken */
    bool has_seat;               /* ca_session_end() leaves it */
};

/* A session without an account, or none: then `is_down` or `is_crowded` says so, with ERR_CA_BUSY
 * and retry_at. Whatever it sets *out to is ended with ca_session_end(). */
MUST_CHECK bool ca_session_begin(const struct worker *worker, struct arena *mem,
                                 const struct worker_ca *ca, struct ca_session **out,
                                 struct err *err);

/*
 * Opens the account, which is made when there is none. Its key is made and stored before newAccount
 * is asked, which is idempotent for a key: killed in between, the next run asks again. *out is set
 * also when newAccount failed, for its `problem`, and when the CA is down; NULL after a failure
 * before that. What was opened is asked something, and settled at the end.
 */
MUST_CHECK bool ca_session_open(const struct worker *worker, struct arena *mem,
                                const struct worker_ca *ca, struct ca_session **out,
                                struct err *err);

/* The account's thumbprint (RFC 8555 section 8.1), without asking the CA anything. The account must
 * be there. */
MUST_CHECK bool ca_session_thumbprint(const struct worker *worker, struct arena *mem,
                                      const struct worker_ca *ca, const char **out,
                                      struct err *err);

/* What came of it is told to all workers: ca_health_settle(). `session` may be NULL. Returns
 * whether what it was opened for `is_done` and this is told; `err` stays as it is when that is not
 * done. */
MUST_CHECK bool ca_session_end(const struct worker *worker, struct arena *mem,
                               struct ca_session *session, bool is_done, struct err *err);
