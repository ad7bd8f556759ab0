/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* asks: which buckets of our copy of a CA's limits an order asks. For job/admission.c only. */
#include "job/issue.h"
#include "store/admission_store.h"

/* A domain for each name at most, a failure for each, a set, and the new orders. */
#define ASKS_MAX (2 + 2 * ISSUE_NAMES_MAX)

struct ask {
    enum config_limit limit;
    const char *subject; /* of the bucket */
    const char *name;    /* for people; NULL when it is about no name */
};

struct asks {
    struct ask items[ASKS_MAX];
    size_t count;
};

static inline const struct rate *rate_of(const struct issue *is, enum config_limit limit)
{
    return &is->ca->limits.rates[limit];
}

static inline struct rate_key key_of(const struct issue *is, enum config_limit limit,
                                     const char *subject)
{
    return (struct rate_key){is->ca->config->id, config_limit_name(limit), subject};
}

/* Whether we keep to any limit of this CA. */
bool asks_any(const struct issue *is);
/* Those with a rate, each once; none for what the CA exempts. */
MUST_CHECK bool asks_collect(const struct issue *is, struct db *db, struct asks *out,
                             struct err *err);
