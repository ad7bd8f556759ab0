/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * doubts: the keys that an edge holds and a snapshot did not name, while it is not known whether
 * that is because they were deleted or because they were held back.
 */
#include "base/arena.h"
#include "base/slice.h"

#define DOUBTS_MAX 200000

struct doubts {
    struct arena *mem;
    size_t count, room;
    struct slice *keys; /* of LMDB, ascending */
    bool is_overflowed; /* more than DOUBTS_MAX came: nothing can be said */
};

struct doubts doubts_new(struct arena *mem);
bool doubts_are_none(const struct doubts *doubts);
bool doubts_have(const struct doubts *doubts, struct slice key);
/* `key` is greater than every one that is there. It is copied. */
void doubts_add(struct doubts *doubts, struct slice key);
void doubts_remove(struct doubts *doubts, struct slice key);
/* Forgets the keys greater than `key`. */
void doubts_cut(struct doubts *doubts, struct slice key);

/* The order of LMDB's keys: < 0, 0, > 0. */
int slice_order(struct slice a, struct slice b);
