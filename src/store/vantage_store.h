/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* vantage_store: the edges that offer to look at names from where they are, and whether they have
 * answered of late. Which of them may be asked is up to app/vantage.h. */
#include "db/db.h"
#include "store/text_list.h"

#define VANTAGE_OFFERS_MAX 200 /* that are read */

struct vantage_offer {
    const char *edge_id;
    const char *edge; /* its name */
    const char *region;
    struct text_list addresses; /* of the edge */
    int64_t offered_at;
    int64_t silent_at; /* when it owed an answer last; 0: never */
    int64_t asked;     /* questions since the time that was asked for */
};

struct vantage_offer_list {
    const struct vantage_offer *items;
    size_t count;
};

extern const struct query_list vantage_queries;

/* Of this edge, again or for the first time. */
MUST_CHECK bool vantage_store_offer(struct db *db, const char *edge_id, const char *region,
                                    int64_t now, struct err *err);
/* Those of the group that offered themselves since then, in any order. */
struct vantage_since {
    int64_t offered, asked;
};
MUST_CHECK bool vantage_store_list(struct arena *mem, struct db *db, const char *group,
                                   struct vantage_since since, struct vantage_offer_list *out,
                                   struct err *err);
/* Of this edge; *out is NULL when it has never offered itself. `asked` is since then. */
MUST_CHECK bool vantage_store_get(struct arena *mem, struct db *db, const char *edge_id,
                                  int64_t asked_since, const struct vantage_offer **out,
                                  struct err *err);
MUST_CHECK bool vantage_store_silent(struct db *db, const char *edge_id, int64_t now,
                                     struct err *err);
