/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * release: clears away what app/leave.h has written down for a domain: records on the edges, then
 * authorizations and certificates at the CAs. Each thing is read before it is changed, and its row
 * goes after it is so: killed anywhere, the next run goes on. A CA that is down is asked again for
 * as long as it takes; orders of the same names wait meanwhile.
 */
#include "job/runner.h"
#include "job/worker.h"
#include "store/domain_store.h"
#include "store/order_at_ca_store.h"

/* Subject: domain id. */
MUST_CHECK bool job_release(void *worker, struct arena *mem, const struct job *job,
                            struct job_result *out, struct err *err);

/* What is released; for the files job/release*.c. */
struct release {
    const struct worker *worker;
    struct arena *mem;
    const struct job *job;
    const struct domain *domain;
};

/* Gives up the authorizations of single names that have left the domain, and every order of the
 * domain that is ending. *again is when to go on, 0: all are. */
MUST_CHECK bool release_names(const struct release *rel, int64_t *again, struct err *err);
MUST_CHECK bool release_orders(const struct release *rel, int64_t *again, struct err *err);
