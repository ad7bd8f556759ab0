/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* renewal_store: when each live certificate is to be renewed; the rules are model/renewal_time.h.
 */
#include "db/db.h"
#include "model/renewal_time.h"
#include "store/scope.h"

struct renewal {
    const char *certificate_id;
    enum renewal_source source; /* of the window */
    struct renewal_window window;
    const char *explanation_url; /* the CA's, for people; NULL: none */
    int64_t drawn_at;            /* the instant drawn out of the window */
    int64_t renew_at;            /* the same within what is safe: then it is renewed */
    int64_t poll_at;             /* when the CA is asked again; 0: never */
    int64_t poll_failures;       /* in a row */
    const char *poll_error;      /* why it could not be asked last; NULL: it could */
};

extern const struct query_list renewal_queries;

/* *out is NULL when there is none yet, or its certificate is outside of the scope. */
MUST_CHECK bool renewal_store_get(struct arena *mem, struct db *db, const struct scope *scope,
                                  const char *certificate_id, const struct renewal **out,
                                  struct err *err);
/* Adds it, or takes the place of what there is. */
MUST_CHECK bool renewal_store_put(struct db *db, const struct renewal *renewal, struct err *err);
/* The CA may be asked about each of them from `now` on, of which it may be asked at all. */
MUST_CHECK bool renewal_store_ask_all(struct db *db, int64_t now, struct err *err);
