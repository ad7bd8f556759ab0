/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* lost_certificate_store: certificates that edges go on with after this store was restored from an
 * older copy (feed/kept.h), the latest that was told of a domain. What there is of one is the word
 * of an edge, and of whoever relays it. */
#include "db/db.h"
#include "store/certificate_store.h"

struct lost_certificate {
    const char *domain_id;
    const char *certificate_id; /* by which edges have it */
    int64_t issued_at;          /* when the lost life had stored it */
    const char *renewal_id;     /* RFC 9773 section 4.1; NULL: it has none */
    int64_t told_at;
    int64_t epoch; /* of the feed, when it was told */
};

#define LOST_AGAIN_MS INT64_C(86400000) /* another one of the same domain is believed no sooner */

extern const struct query_list lost_certificate_queries;

/* In the place of one that was told before LOST_AGAIN_MS, and in an earlier epoch; *is_new is false
 * when there is another, or it is the same. */
MUST_CHECK bool lost_certificate_store_put(struct db *db, const struct lost_certificate *lost,
                                           bool *is_new, struct err *err);
/* Whether lost_certificate_store_put() would store it now: to look before there is a transaction.
 */
MUST_CHECK bool lost_certificate_store_has_room(struct db *db, const struct lost_certificate *lost,
                                                bool *out, struct err *err);
/* The one of the certificate's domain that is later than it; *out is NULL when there is none. For
 * whoever may see that certificate. */
MUST_CHECK bool lost_certificate_store_later(struct arena *mem, struct db *db,
                                             const struct certificate *certificate,
                                             const struct lost_certificate **out, struct err *err);
/* How many domains of the platform have a live certificate, and a later one that is lost. */
MUST_CHECK bool lost_certificate_store_count(struct db *db, int64_t *out, struct err *err);
