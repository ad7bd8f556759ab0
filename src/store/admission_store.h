/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * admission_store: our copy of the rate limits of the CAs (base/rate.h), what each attempt has
 * taken from them, and the line of those that must wait. The rules are job/admission.h.
 */
#include "db/db.h"

extern const struct query_list admission_queries;

/* --- buckets --- */

struct rate_key {
    const char *ca;
    const char *limit;
    const char *subject; /* "" when the limit has but one bucket */
};

/* *tat_us is 0 when nobody has asked it yet. */
MUST_CHECK bool admission_store_tat(struct db *db, const struct rate_key *key, int64_t *tat_us,
                                    struct err *err);
MUST_CHECK bool admission_store_put_tat(struct db *db, const struct rate_key *key, int64_t tat_us,
                                        struct err *err);
/* Removes buckets that have been full since before_us, for a full bucket is as good as none, and
 * places in the line and spent tokens of attempts that have ended. */
MUST_CHECK bool admission_store_tidy(struct db *db, int64_t before_us, struct err *err);

/* --- what an attempt has taken --- */

struct rate_spent {
    const char *limit;
    const char *subject;
};

struct rate_spent_list {
    const struct rate_spent *items;
    size_t count;
};

/* Adding one that is there already changes nothing. */
MUST_CHECK bool admission_store_spend(struct db *db, const char *issuance_id,
                                      const struct rate_spent *spent, struct err *err);
MUST_CHECK bool admission_store_spent(struct arena *mem, struct db *db, const char *issuance_id,
                                      struct rate_spent_list *out, struct err *err);
MUST_CHECK bool admission_store_forget(struct db *db, const char *issuance_id, struct err *err);

/* --- the line --- */

struct line_place {
    const char *issuance_id;
    const char *ca;
    const char *partner_id;
    int64_t class; /* a lower one goes first */
    int64_t tag;   /* within the class, and then by issuance_id */
};

/* *out is NULL when it does not stand in the line. */
MUST_CHECK bool admission_store_place(struct arena *mem, struct db *db, const char *issuance_id,
                                      const struct line_place **out, struct err *err);
MUST_CHECK bool admission_store_join(struct db *db, const struct line_place *place,
                                     struct err *err);
/* Also when it does not stand in it. */
MUST_CHECK bool admission_store_leave(struct db *db, const char *issuance_id, struct err *err);
/* The highest tag of a partner's places; 0 without any. */
MUST_CHECK bool admission_store_last_tag(struct db *db, const char *ca, const char *partner_id,
                                         int64_t *tag, struct err *err);
/* How many stand before a place, whether it is in the line or not; counted up to `most`. */
MUST_CHECK bool admission_store_ahead(struct db *db, const struct line_place *place, int64_t most,
                                      int64_t *out, struct err *err);
/* Who is next at a CA; *out is NULL when nobody waits. */
MUST_CHECK bool admission_store_first(struct arena *mem, struct db *db, const char *ca,
                                      const char **out, struct err *err);
