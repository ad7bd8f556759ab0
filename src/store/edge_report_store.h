/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* edge_report_store: what edges say of themselves beside how far they are. One row an edge, the
 * last that it said. */
#include "db/db.h"
#include "store/text_list.h"

/* A host for which an edge has a later certificate than the store (feed/kept.h). */
struct edge_kept {
    const char *host;
    const char *certificate_id;
    int64_t issued_at;
    const char *renewal_id; /* RFC 9773 section 4.1; NULL: it has none */
};

struct edge_kept_list {
    const struct edge_kept *items;
    size_t count;
};

struct edge_report {
    const char *edge_id;
    int64_t at;                     /* when this was first said */
    const char *trouble;            /* why it cannot take more; NULL: it can */
    int64_t unknown_count;          /* hosts that it serves and the feed does not name */
    struct text_list unknown_hosts; /* some of them */
    int64_t kept_count;             /* hosts with a later certificate than the store has */
    struct text_list kept_hosts;    /* some of them */
};

struct edge_report_list {
    const struct edge_report *items;
    size_t count;
};

extern const struct query_list edge_report_queries;

/* In place of the one before. */
MUST_CHECK bool edge_report_store_put(struct db *db, const struct edge_report *report,
                                      struct err *err);
/* *out is NULL when the edge has never said anything. */
MUST_CHECK bool edge_report_store_get(struct arena *mem, struct db *db, const char *edge_id,
                                      const struct edge_report **out, struct err *err);
/* In order of the edge's id. `group` NULL: all. */
MUST_CHECK bool edge_report_store_list(struct arena *mem, struct db *db, const char *group,
                                       struct edge_report_list *out, struct err *err);
