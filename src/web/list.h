/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* list: what pages with a list have in common: ?search=&sort=&after=, a page at a time, in the
 * order of a column, which is chosen by a link. Internal. */
#include <jansson.h>

#include "http/request.h"
#include "store/page.h"

#define WEB_LIST_LIMIT 50
#define WEB_SEARCH_MAX 200

struct web_column {
    const char *title; /* key of the catalogue */
    const char *name;  /* in ?sort=, "-name" for descending; NULL: it has no order */
    unsigned sort;     /* as the list's store calls it */
};

struct web_list_kind {
    const struct web_column *columns;
    size_t count;
    unsigned first;     /* the column that it is sorted by when nothing is said */
    const char *filter; /* the name of one more parameter; NULL: none */
};

struct web_list {
    const struct web_list_kind *kind;
    struct sort_page page;
    const struct web_column *column; /* that it is sorted by */
    const char *search, *filter;     /* NULL: none */
};

/* ERR_BAD_INPUT for an unknown or overlong parameter, and for an unknown order. */
MUST_CHECK bool web_read_list(const struct http_req *req, const struct web_list_kind *kind,
                              struct web_list *out, struct err *err);
/* {rows, columns, search, filter, sort, is_empty, is_searched, next_page, first_page}: the data of
 * a page; `rows` is stolen. `last_id` is of the last row when there are more, else NULL. */
json_t *web_list_json(const struct http_req *req, const struct web_list *list, json_t *rows,
                      const char *last_id);
