/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * names: looks again at the names of a domain that its live certificate has not, and begins an
 * issuance when one of them can join (model/name_choice.h).
 */
#include "job/runner.h"

struct certificate;
struct domain;

/* Subject: domain id. Done when nothing waits: whoever adds a name, or makes a certificate live,
 * enqueues it again. */
MUST_CHECK bool job_names(void *worker, struct arena *mem, const struct job *job,
                          struct job_result *out, struct err *err);

/* In the transaction in which `live` becomes the domain's certificate: enqueues that, unless every
 * name is covered by it and passes. */
MUST_CHECK bool names_follow(struct arena *mem, struct db *tx, const struct domain *domain,
                             const struct certificate *live, struct err *err);
