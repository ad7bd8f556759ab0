/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* name_check: a look at names of a domain (src/check), and what it says at each of them. */
#include "job/worker.h"
#include "store/certificate_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"

struct name_check {
    const struct domain *domain;
    const char *const *names;
    size_t count;               /* 1..CHECK_NAMES_MAX */
    const struct config_ca *ca; /* that they are for; NULL: not known */
    int64_t retry_at;           /* when they are looked at again, for the findings */
    bool is_from_elsewhere;     /* vantage points are asked too, as far as they have time */
};

MUST_CHECK bool name_check_run(const struct worker *worker, struct arena *mem,
                               const struct name_check *want, struct check_report *out,
                               struct err *err);
/* Takes the report's verdict and finding of the name; a name that the report does not have stays
 * as it is. A name that does not pass is looked at again at `retry_at`; one that the CA did not
 * take keeps that as its finding as long as it is held. */
void name_check_take(struct arena *mem, const struct check_report *report, int64_t retry_at,
                     struct domain_name *name);
/* Stores what was taken; a name that passes is proven under its claim from then on (app/claim.h).
 * One that `live` (NULL: there is none) has is At risk when it does not, which is told when it
 * begins and when it is over (model/name_risk.h). */
struct name_check_of {
    const struct domain *domain;
    const struct certificate *live;
};
MUST_CHECK bool name_check_save(struct arena *mem, struct db *tx, const struct name_check_of *of,
                                struct domain_name *name, struct err *err);
/* The JSON as text; the reference is taken. */
const char *name_check_text(struct arena *mem, json_t *json);
