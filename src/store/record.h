/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * record: what the store files share: the SQL of scopes and lists, and reading rows into records
 * column by column.
 */
#include "db/db.h"
#include "store/page.h"
#include "store/scope.h"
#include "store/text_list.h"

/* The columns partner_id and account_id against the parameters $p and $a, which SCOPE_ARGS fills.
 */
#define SQL_SCOPE(p, a)                                                                            \
    "($" #p " IS NULL OR partner_id = $" #p ") AND ($" #a " IS NULL OR account_id = $" #a ")"
#define SCOPE_ARGS(scope) QT(scope_partner_id(scope)), QT(scope_account_id(scope))

/*
 * A list is one statement for each index that it can walk: all of it, of a partner, of an account,
 * of a parent (a domain, a site). The parameters of each begin with $1 partner, $2 account,
 * $3 parent, $4 after, $5 limit, which LIST_ARGS fills; filters follow from $6.
 */
enum list_by { LIST_ALL, LIST_BY_PARTNER, LIST_BY_ACCOUNT, LIST_BY_PARENT, LIST_BY_COUNT };

#define LIST_PARAMS          "TTTti"
#define LIST_TAIL(filters)   " AND id > $4" filters " ORDER BY id LIMIT $5"
#define LIST_IN_ACCOUNT      "account_id = $2 AND ($1 IS NULL OR partner_id = $1)"
#define LIST_IN_PARENT(name) name " = $3 AND " SQL_SCOPE(1, 2)

/* What one record type is listed with; `select` ends before WHERE, `tail` is LIST_TAIL(). */
#define LIST_QUERY(of, select, where, tail, filter_params, columns)                                \
    {                                                                                              \
        .name = of, .sql = select " WHERE " where tail, .params = LIST_PARAMS filter_params,       \
        .cols = columns                                                                            \
    }
#define LIST_BY_TENANT(of, select, tail, params, cols)                                             \
    [LIST_ALL] = LIST_QUERY(of ".all", select, "1 = 1", tail, params, cols),                       \
    [LIST_BY_PARTNER] =                                                                            \
        LIST_QUERY(of ".of_partner", select, "partner_id = $1", tail, params, cols),               \
    [LIST_BY_ACCOUNT] = LIST_QUERY(of ".of_account", select, LIST_IN_ACCOUNT, tail, params, cols)
#define LIST_BY_TENANT_AND(parent, of, select, tail, params, cols)                                 \
    LIST_BY_TENANT(of, select, tail, params, cols), [LIST_BY_PARENT] =                             \
                                                        LIST_QUERY(of ".of_parent", select,        \
                                                                   LIST_IN_PARENT(parent), tail,   \
                                                                   params, cols)

/* For the file's list of queries. */
#define LISTED_BY_TENANT(list)            &list[LIST_ALL], &list[LIST_BY_PARTNER], &list[LIST_BY_ACCOUNT]
#define LISTED_BY_TENANT_AND_PARENT(list) LISTED_BY_TENANT(list), &list[LIST_BY_PARENT]

/* Which of them serves this scope and parent (NULL: any). */
enum list_by list_by(const struct scope *scope, const char *parent_id);
/* One row more than the page holds, to know whether there are more. */
#define LIST_ARGS(scope, parent_id, page)                                                          \
    SCOPE_ARGS(scope), QT(parent_id), QT((page)->after ? (page)->after : ""),                      \
        QI(page_limit(page) + 1)
int64_t page_limit(const struct page *page); /* ends the process outside of 1..PAGE_LIMIT_MAX */

/* The bounds of a search for names that begin with `prefix` (NULL: any): from <= name < to. */
struct prefix_range {
    const char *from, *to;
};
struct prefix_range prefix_range(struct arena *mem, const char *prefix);
/* ASCII letters in lower case, the rest as it is: how names are stored for search. */
const char *fold_name(struct arena *mem, const char *name);

/* Reads the columns of a row one after another; the first failure sticks. */
struct reader {
    struct arena *mem;
    const struct row *row;
    size_t at;
    struct err *err;
    bool is_failed;
};

const char *next_text(struct reader *r);
int64_t next_i64(struct reader *r); /* NULL reads as 0 */
bool next_bool(struct reader *r);
struct slice next_bytes(struct reader *r);
struct text_list next_list(struct reader *r);
/* For a text that is in none of the model's tables. Unknown text is an error, never a default. */
void reader_refuse(struct reader *r, const char *what, const char *text);
/* *out gets the number of the text in `names`. */
#define next_enum(r, parse, what, out)                                                             \
    do {                                                                                           \
        const char *text_ = next_text(r);                                                          \
                                                                                                   \
        if (!parse(text_, out))                                                                    \
            reader_refuse(r, what, text_);                                                         \
    } while (0)

/*
 * For a file with `static void read_record(struct reader *r, struct T *out)`.
 * DEFINE_READ_ONE: read_one(mem, row, &out, err); row NULL gives out NULL.
 * DEFINE_READ_ALL: read_all(mem, &rows, &list, err), for a list of items and count.
 * DEFINE_READ_PAGE: read_page(mem, &rows, limit, &list, err), which knows has_more too.
 */
#define DEFINE_READ_ONE(type)                                                                      \
    static bool read_one(struct arena *mem, const struct row *row, const struct type **out,        \
                         struct err *err)                                                          \
    {                                                                                              \
        struct reader r = {.mem = mem, .row = row, .err = err};                                    \
        struct type *record = row ? arena_new_of(mem, struct type) : NULL;                         \
                                                                                                   \
        if (row)                                                                                   \
            read_record(&r, record);                                                               \
        if (!r.is_failed)                                                                          \
            *out = record;                                                                         \
        return !r.is_failed;                                                                       \
    }

#define DEFINE_READ_SOME(type)                                                                     \
    static bool read_some(struct arena *mem, const struct rows *rows, size_t count,                \
                          const struct type **out, struct err *err)                                \
    {                                                                                              \
        struct reader r = {.mem = mem, .err = err};                                                \
        struct type *items = arena_array_of(mem, count, struct type);                              \
                                                                                                   \
        for (size_t i = 0; i < count && !r.is_failed; i++) {                                       \
            r.row = rows->row[i];                                                                  \
            r.at = 0;                                                                              \
            read_record(&r, &items[i]);                                                            \
        }                                                                                          \
        *out = items;                                                                              \
        return !r.is_failed;                                                                       \
    }

#define DEFINE_READ_ALL(type, list)                                                                \
    DEFINE_READ_SOME(type)                                                                         \
    static bool read_all(struct arena *mem, const struct rows *rows, struct list *out,             \
                         struct err *err)                                                          \
    {                                                                                              \
        const struct type *items;                                                                  \
                                                                                                   \
        if (!read_some(mem, rows, rows->count, &items, err))                                       \
            return false;                                                                          \
        *out = (struct list){.items = items, .count = rows->count};                                \
        return true;                                                                               \
    }

#define DEFINE_READ_PAGE(type, list) DEFINE_READ_SOME(type) DEFINE_PAGE_OF(type, list)
/* After DEFINE_READ_ALL. */
#define DEFINE_PAGE_OF(type, list)                                                                 \
    static bool read_page(struct arena *mem, const struct rows *rows, const struct page *page,     \
                          struct list *out, struct err *err)                                       \
    {                                                                                              \
        size_t limit = (size_t)page->limit;                                                        \
        size_t count = rows->count < limit ? rows->count : limit;                                  \
        const struct type *items;                                                                  \
                                                                                                   \
        if (!read_some(mem, rows, count, &items, err))                                             \
            return false;                                                                          \
        *out = (struct list){.items = items, .count = count, .has_more = rows->count > limit};     \
        return true;                                                                               \
    }
