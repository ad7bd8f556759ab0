/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* ca_notice_store: what the operator is to know about a CA for as long as it lasts, so that it is
 * told once. */
#include "db/db.h"

#define CA_NOTICES(X)                                                                              \
    X(PROFILE, "profile") /* it does not offer the profile that is configured */                   \
    X(CHAIN, "chain")     /* it offers no chain to the root that is configured */                  \
    X(GONE, "gone")       /* it is not configured any more, and certificates are of it */

#define X(id, name) CA_NOTICE_##id,
enum ca_notice_kind { CA_NOTICES(X) CA_NOTICE_COUNT };
#undef X

struct ca_notice {
    const char *ca;
    enum ca_notice_kind kind;
    const char *text; /* for people: a clause, no full stop */
    int64_t since_at;
};

struct ca_notice_list {
    const struct ca_notice *items;
    size_t count;
};

extern const struct query_list ca_notice_queries;

/* *is_new is false when one of this kind was there: then its text is the new one. */
MUST_CHECK bool ca_notice_store_put(struct db *db, const struct ca_notice *notice, bool *is_new,
                                    struct err *err);
/* *was_there tells whether there was one. */
MUST_CHECK bool ca_notice_store_end(struct db *db, const char *ca, enum ca_notice_kind kind,
                                    bool *was_there, struct err *err);
/* *out is NULL when there is none. */
MUST_CHECK bool ca_notice_store_get(struct arena *mem, struct db *db, const char *ca,
                                    enum ca_notice_kind kind, const struct ca_notice **out,
                                    struct err *err);
/* Of all CAs, by CA and kind, at most so many. */
#define CA_NOTICES_MAX 500
MUST_CHECK bool ca_notice_store_list(struct arena *mem, struct db *db, struct ca_notice_list *out,
                                     struct err *err);

const char *ca_notice_kind_name(enum ca_notice_kind kind);
