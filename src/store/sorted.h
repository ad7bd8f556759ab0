/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * sorted: lists in the order of a column, a page at a time, by keyset: the next page begins behind
 * the keys of the last row of this one, so that it costs what the first did. For store files;
 * their callers know struct sort_page only (store/page.h).
 *
 * A statement for each order, direction and scope, each of which walks an index (decision 0031).
 * The parameters of each begin with $1 partner, $2 account, $3 limit, $4 and $5 the bounds of the
 * names that are searched for, $6 and $7 the keys behind which the page begins (a number, a text),
 * $8 the id, which SORT_ARGS fills; filters follow from $9.
 */
#include "store/record.h"

#define SORT_PARAMS "TTittitt"
#define SORT_ARGS(scope, page, range, bound)                                                       \
    SCOPE_ARGS(scope), QI(sort_limit(page) + 1), QT((range).from), QT((range).to),                 \
        QI((bound).number), QT((bound).text), QT((bound).id)
#define SORT_BY_SCOPES LIST_BY_PARENT /* all, of a partner, of an account */

enum sort_direction { SORT_UP, SORT_DOWN, SORT_DIRECTIONS };

/* `keys` are the columns that it is sorted by, the id last; `behind` their parameters. */
#define SORT_TAIL_UP(keys, behind) " AND (" keys ") > (" behind ") ORDER BY " keys " LIMIT $3"
/* `down` is `keys` with DESC at each. */
#define SORT_TAIL_DOWN(keys, behind, down)                                                         \
    " AND (" keys ") < (" behind ") ORDER BY " down " LIMIT $3"

/* A search for names, $4 <= column < $5. In a list that is in another order than of names its index
 * is not to be walked, which the text is hidden from. */
#define SORT_NAMES(column)       " AND " column " >= $4 AND " column " < $5"
#define SORT_OTHER_NAMES(column) SORT_NAMES("(" column " || '')")

/* One order of a list in one scope: both directions. `where` is the scope with the filters. */
#define SORTED(of, select, where, keys, behind, down, more, columns)                               \
    {                                                                                              \
        [SORT_UP] = {.name = of ".up",                                                             \
                     .sql = select " WHERE " where SORT_TAIL_UP(keys, behind),                     \
                     .params = SORT_PARAMS more,                                                   \
                     .cols = columns},                                                             \
        [SORT_DOWN] = {                                                                            \
            .name = of ".down",                                                                    \
            .sql = select " WHERE " where SORT_TAIL_DOWN(keys, behind, down),                      \
            .params = SORT_PARAMS more,                                                            \
            .cols = columns                                                                        \
        }                                                                                          \
    }

/* The same in each scope of a tenant's table. */
#define SORTED_BY_TENANT(of, select, filters, keys, behind, down, more, columns)                   \
    {                                                                                              \
        [LIST_ALL] =                                                                               \
            SORTED(of ".all", select, "1 = 1" filters, keys, behind, down, more, columns),         \
        [LIST_BY_PARTNER] = SORTED(of ".of_partner", select, "partner_id = $1" filters, keys,      \
                                   behind, down, more, columns),                                   \
        [LIST_BY_ACCOUNT] = SORTED(of ".of_account", select, LIST_IN_ACCOUNT filters, keys,        \
                                   behind, down, more, columns)                                    \
    }

/* For the file's list of queries. */
#define SORTED_BOTH(pair) &(pair)[SORT_UP], &(pair)[SORT_DOWN]
#define SORTED_OF_TENANT(by_scope)                                                                 \
    SORTED_BOTH((by_scope)[LIST_ALL]), SORTED_BOTH((by_scope)[LIST_BY_PARTNER]),                   \
        SORTED_BOTH((by_scope)[LIST_BY_ACCOUNT])

/* Where a page begins: behind these keys. */
struct sort_bound {
    int64_t number;
    const char *text, *id;
};

/* In front of everything, in the page's direction. */
struct sort_bound sort_beginning(const struct sort_page *page);
enum sort_direction sort_direction(const struct sort_page *page);
int64_t
sort_limit(const struct sort_page *page); /* ends the process outside of 1..PAGE_LIMIT_MAX */
/* What a list says when page->after is no row of it. ERR_BAD_INPUT, field "after". */
bool sort_refuse_after(const struct sort_page *page, struct err *err);

/* DEFINE_PAGE_OF for a struct sort_page. */
#define DEFINE_SORTED_PAGE_OF(type, list)                                                          \
    static bool read_sorted(struct arena *mem, const struct rows *rows,                            \
                            const struct sort_page *page, struct list *out, struct err *err)       \
    {                                                                                              \
        const struct page as = {.limit = page->limit};                                             \
                                                                                                   \
        return read_page(mem, rows, &as, out, err);                                                \
    }
