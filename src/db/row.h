/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* row: what the drivers share: a row in memory, and the check of arguments against a query. */
#include "db/db.h"

struct cell {
    bool is_null;
    int64_t number;
    const char *text;
    struct slice bytes;
};

struct row {
    const struct query *query;
    struct cell cells[]; /* one for each letter of query->cols */
};

/* The letters of struct query: the type alone, and whether it may be NULL. */
static inline char letter_type(char letter)
{
    return (char)(letter | 0x20);
}

static inline bool letter_is_nullable(char letter)
{
    return !(letter & 0x20);
}

/* How many arguments there are. Ends the process when they do not fit q->params. */
size_t db_args_check(const struct query *q, const struct db_arg *args);

/* Rows while they are read; they live in `mem`. */
struct row_list {
    struct arena *mem;
    size_t count, room;
    const struct row **row;
};

/* A row of q with empty cells, at the end of the list. */
struct row *row_list_add(struct row_list *list, const struct query *q);
