/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * page: which part of a list. Lists are in order of the id (so of creation), oldest first; the next
 * page begins after the last id of this one.
 */
#include "base/base.h"

#define PAGE_LIMIT_MAX 200

struct page {
    const char *after; /* an id, or NULL for the first page */
    int64_t limit;     /* 1..PAGE_LIMIT_MAX */
};

/* The same of a list in the order of one of its columns: what the list can be sorted by is its own
 * enum. Rows of the same value stand in the order of a second column, then of their ids. */
struct sort_page {
    const char *after; /* the id of the last row of the page before; NULL: the first page */
    int64_t limit;     /* 1..PAGE_LIMIT_MAX */
    bool is_descending;
};
