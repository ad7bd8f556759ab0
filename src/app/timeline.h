/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* timeline: the events that people read. Each is stored with the change that it tells of. */
#include "app/app.h"
#include "store/domain_store.h"

struct timeline_entry {
    const struct domain *domain; /* whose it is */
    const char *subject_id;      /* ord_..., iss_..., dom_..., crt_... */
    const char *kind;            /* "order.placed": stable, for programs */
    const char *text;            /* for people: a clause, no full stop */
    const char *data;            /* JSON object, or NULL */
};

/* Part of the caller's transaction. */
MUST_CHECK bool timeline_add(struct arena *mem, struct db *tx, const struct timeline_entry *entry,
                             struct err *err);
