/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* event_store: the timeline that people read. Events are listed in the order in which they were
 * stored, so that whoever follows it misses none. */
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"
#include "store/text_list.h"

struct event {
    const char *id;
    const char *partner_id; /* NULL: the platform's own, as account_id */
    const char *account_id;
    const char *domain_id;  /* NULL: about no domain */
    const char *subject_id; /* the order, issuance, edge, ... that it is about */
    int64_t at;
    const char *kind; /* "issuance.live" */
    const char *text; /* one sentence in the reader's words */
    const char *data; /* JSON object; NULL: none */
};

struct event_filter {
    struct page page;      /* `after` is an id; one that is not known begins at the beginning */
    const char *domain_id; /* NULL: any, as below */
    const char *subject_id;
};

struct event_list {
    const struct event *items;
    size_t count;
    bool has_more;
};

extern const struct query_list event_queries;

MUST_CHECK bool event_store_add(struct db *db, const struct event *event, struct err *err);
/* The last events of filter->domain_id, as many as its page has, oldest first; has_more: there are
 * older ones. */
MUST_CHECK bool event_store_latest(struct arena *mem, struct db *db, const struct scope *scope,
                                   const struct event_filter *filter, struct event_list *out,
                                   struct err *err);

/* The seq of the event stored last; 0 without any. */
MUST_CHECK bool event_store_head(struct db *db, int64_t *out, struct err *err);

/* Which domains have events behind `*seq`, each once; moves *seq to the last of those looked at,
 * which are EVENTS_LOOKED_AT at most: when it has moved by as much there may be more. */
#define EVENTS_LOOKED_AT 500
MUST_CHECK bool event_store_moved_domains(struct arena *mem, struct db *db, int64_t *seq,
                                          struct text_list *out, struct err *err);

MUST_CHECK bool event_store_list(struct arena *mem, struct db *db, const struct scope *scope,
                                 const struct event_filter *filter, struct event_list *out,
                                 struct err *err);
