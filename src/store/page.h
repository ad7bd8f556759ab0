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
