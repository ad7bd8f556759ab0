/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* list: what pages with a list have in common: ?search=&after=, a page at a time. Internal. */
#include <jansson.h>

#include "http/request.h"
#include "store/page.h"

#define WEB_LIST_LIMIT 50
#define WEB_SEARCH_MAX 200

struct web_list {
    struct page page;
    const char *search; /* NULL: none */
};

/* ERR_BAD_INPUT for an unknown or overlong parameter. */
MUST_CHECK bool web_read_list(const struct http_req *req, struct web_list *out, struct err *err);
/* {rows, search, is_empty, is_searched, next, first}: the data of a page; `rows` is stolen.
 * `last_id` is of the last row when there are more, else NULL. */
json_t *web_list_json(const struct http_req *req, const struct web_list *list, json_t *rows,
                      const char *last_id);
