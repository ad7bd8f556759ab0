/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* notice_store: what the operator is to know for as long as it lasts, so that it is told once. A
 * notice is known by its kind and its subject. */
#include "db/db.h"

/* The names are those of the events that tell of them. */
#define NOTICES(X)                                                                                 \
    X(CA_PROFILE, "ca.profile")  /* a CA does not offer the profile that is configured */          \
    X(CA_CHAIN, "ca.chain")      /* it offers no chain to the root that is configured */           \
    X(CA_GONE, "ca.gone")        /* it is not configured any more, and certificates are of it */   \
    X(ZONE, "dns.update_failed") /* a zone of dns.update could not be changed */

#define X(id, name) NOTICE_##id,
enum notice_kind { NOTICES(X) NOTICE_COUNT };
#undef X

struct notice {
    enum notice_kind kind;
    const char *subject; /* the id of the CA, the name of the zone */
    const char *text;    /* for people: a clause, no full stop */
    int64_t told_at;
};

struct notice_list {
    const struct notice *items;
    size_t count;
};

/* Why a zone cannot be changed may hold an instant or a number of its own: another reason is told
 * after so long. What is told of a CA is told once, whatever its text becomes. */
#define NOTICE_ZONE_AGAIN_MS INT64_C(600000)

extern const struct query_list notice_queries;

/* *is_new: it is to be told. Else it was told already: of a CA the text is the new one then, of a
 * zone it stays what was told. */
MUST_CHECK bool notice_store_put(struct db *db, const struct notice *notice, bool *is_new,
                                 struct err *err);
/* *was_there tells whether there was one. */
MUST_CHECK bool notice_store_end(struct db *db, enum notice_kind kind, const char *subject,
                                 bool *was_there, struct err *err);
/* *out is NULL when there is none. */
MUST_CHECK bool notice_store_get(struct arena *mem, struct db *db, enum notice_kind kind,
                                 const char *subject, const struct notice **out, struct err *err);
/* By kind and subject, at most so many. */
#define NOTICES_MAX 500
MUST_CHECK bool notice_store_list(struct arena *mem, struct db *db, struct notice_list *out,
                                  struct err *err);

const char *notice_kind_name(enum notice_kind kind);
