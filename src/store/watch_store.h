/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * watch_store: which domains are looked at by themselves, and when. One row for each; who has a
 * domain does not matter here, so nothing takes a scope. For the worker, and for who has found the
 * domain in their scope before.
 */
#include "db/db.h"

struct domain_watch {
    const char *domain_id;
    int64_t cared_at;    /* somebody ordered, asked for a look, or opened the page */
    int64_t look_at;     /* the next glance */
    int64_t woken_at;    /* whoever checks the names was woken; 0: not yet */
    int64_t changed_at;  /* a glance saw something new; 0: none has */
    int64_t parent_at;   /* the parent zone was asked last; 0: not yet */
    int64_t changes_tat; /* model/watch_pace.h: of what was woken for since it changed */
    const char *servers; /* JSON of job/glance.h; "": not known yet */
    const char *facts;   /* of job/glance.h */
};

struct domain_watch_list {
    const struct domain_watch *items;
    size_t count;
};

extern const struct query_list watch_queries;

/* Somebody has cared, and woken who checks the names, at the times that `watch` has: the next
 * glance is at its look_at, or earlier. Its other fields are left out. Adds the row when there is
 * none. */
MUST_CHECK bool watch_store_care(struct db *db, const struct domain_watch *watch, struct err *err);
/* *out is NULL when it is not watched. */
MUST_CHECK bool watch_store_get(struct arena *mem, struct db *db, const char *domain_id,
                                const struct domain_watch **out, struct err *err);
/* The `most` that are due longest. */
MUST_CHECK bool watch_store_due(struct arena *mem, struct db *db, int64_t now, int64_t most,
                                struct domain_watch_list *out, struct err *err);
/* Of each partner the `each` that are due longest: `most` in all, those first that are the first of
 * their partner, then the second ones, and so on. */
MUST_CHECK bool watch_store_due_in_turn(struct arena *mem, struct db *db, int64_t now, int64_t each,
                                        int64_t most, struct domain_watch_list *out,
                                        struct err *err);
/* When the next one is due; INT64_MAX: none is watched. */
MUST_CHECK bool watch_store_next(struct db *db, int64_t *out, struct err *err);
/* Stores what came of a glance at `was`. The next one stays where somebody who has cared since has
 * put it, and the servers stay as whoever has found others has put them. */
MUST_CHECK bool watch_store_save(struct db *db, const struct domain_watch *was,
                                 const struct domain_watch *is, struct err *err);
/* Its name servers, as JSON; a glance follows at `look_at`, or earlier. */
MUST_CHECK bool watch_store_set_servers(struct db *db, const char *domain_id, const char *servers,
                                        int64_t look_at, struct err *err);
/* The clock was set back by `step_ms`, to `now`: what lies ahead of it was so much earlier. */
MUST_CHECK bool watch_store_clock_back(struct db *db, int64_t now, int64_t step_ms,
                                       struct err *err);
MUST_CHECK bool watch_store_end(struct db *db, const char *domain_id, struct err *err);
/* Those that should have been looked at before `late` are put off, spread from `now` on,
 * `apart_ms` (over 0) for each of them, but for those somebody has cared for since `late`. */
MUST_CHECK bool watch_store_spread(struct db *db, int64_t late, int64_t now, int64_t apart_ms,
                                   struct err *err);
