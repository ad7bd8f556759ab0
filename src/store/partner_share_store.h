/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* partner_share_store: how much of what all partners share one may have. A partner for whom the
 * operator has set nothing has weight 1 and no caps. */
#include "db/db.h"
#include "store/scope.h"

#define PARTNER_WEIGHT_MAX     100
#define PARTNER_CAP_MAX        1000000
#define PARTNER_CAP_CONFIGURED (-1) /* as the configuration says */

struct partner_share {
    const char *partner_id;
    int64_t weight;          /* 1..PARTNER_WEIGHT_MAX: turns in the line, beside those of others */
    int64_t waiting_max;     /* orders that are placed and not fulfilled; 0: any number */
    int64_t orders_per_hour; /* 0: any number */
    int64_t checks_per_min, requests_per_min; /* 0: any number; or PARTNER_CAP_CONFIGURED */
};

extern const struct query_list partner_share_queries;

/* What is in force for the partner, whether it is there or not. */
MUST_CHECK bool partner_share_store_get(struct arena *mem, struct db *db, const char *partner_id,
                                        struct partner_share *out, struct err *err);
MUST_CHECK bool partner_share_store_put(struct db *db, const struct partner_share *share,
                                        struct err *err);
/* Its orders that are placed and not fulfilled, counted up to `most`. */
MUST_CHECK bool partner_share_store_waiting(struct db *db, const char *partner_id, int64_t most,
                                            int64_t *out, struct err *err);
