/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* issued_store: what has been issued, counted and named by domain and by CA; the certificates
 * themselves are certificate_store's. */
#include "db/db.h"
#include "store/text_list.h"

extern const struct query_list issued_queries;

/* The live ones of each CA, by its id. */
struct certificate_share {
    const char *ca;
    int64_t count;
};
struct certificate_share_list {
    const struct certificate_share *items;
    size_t count;
};
MUST_CHECK bool issued_store_shares(struct arena *mem, struct db *db,
                                    struct certificate_share_list *out, struct err *err);
/* The live ones of a CA, those that end first, `limit` at most, and when each is renewed. */
struct certificate_of_ca {
    const char *id, *domain_id;
    struct text_list names;
    int64_t not_after_at;
    int64_t renew_at; /* 0: it is not known yet */
};
struct certificate_of_ca_list {
    const struct certificate_of_ca *items;
    size_t count;
};
MUST_CHECK bool issued_store_of_ca(struct arena *mem, struct db *db, const char *ca, int64_t limit,
                                   struct certificate_of_ca_list *out, struct err *err);
/* What has been issued for a domain, whatever has become of it. */
struct certificate_history {
    int64_t last_at;   /* 0: nothing */
    int64_t count_new; /* since then */
};
MUST_CHECK bool issued_store_history(struct db *db, const char *domain_id, int64_t since,
                                     struct certificate_history *out, struct err *err);
/* The names of each certificate of a domain that came from this CA after `since`; of the newest
 * ISSUED_NAMES_MAX. */
#define ISSUED_NAMES_MAX 64
struct issued_since {
    const char *domain_id;
    const char *ca;
    int64_t since;
};
struct text_lists {
    const struct text_list *items;
    size_t count;
};
MUST_CHECK bool issued_store_names_since(struct arena *mem, struct db *db,
                                         const struct issued_since *which, struct text_lists *out,
                                         struct err *err);
