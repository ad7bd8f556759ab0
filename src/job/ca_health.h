/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * ca_health: whether a CA is asked, by what all workers have seen of it lately
 * (model/ca_breaker.h). That it is not asked any more, and that it is again, is an event of the
 * platform and a line of the log, once each.
 */
#include "acme/problem.h"
#include "job/worker.h"
#include "store/ca_standing_store.h"

/* For a run that asks the CA next, and then calls ca_health_settle(). ERR_CA_BUSY with retry_at,
 * and the CA and since when it has not answered as its text: it is not to be asked now. */
MUST_CHECK bool ca_health_enter(const struct worker *worker, struct arena *mem,
                                const struct worker_ca *ca, struct ca_standing *out,
                                struct err *err);
/* The same for what could be begun but would be of no use. */
MUST_CHECK bool ca_health_look(const struct worker *worker, struct arena *mem,
                               const struct worker_ca *ca, struct err *err);
/* What came of the calls: `problem` is of the last that failed, or none. Whoever waits for the CA
 * is woken when it was not asked and answers again. */
MUST_CHECK bool ca_health_settle(const struct worker *worker, struct arena *mem,
                                 const struct worker_ca *ca, const struct ca_standing *entered,
                                 const struct acme_problem *problem, struct err *err);
