/* SPDX-License-Identifier: Apache-2.0 */
#include "web/list.h"

#include "base/id.h"
#include "http/fields.h"
#include "web/url.h"

bool web_read_list(const struct http_req *req, struct web_list *out, struct err *err)
{
    enum { Q_SEARCH, Q_AFTER, COUNT };
    static const struct http_field fields[COUNT] = {
        [Q_SEARCH] = {.name = "search", .type = FIELD_TEXT, .max = WEB_SEARCH_MAX},
        [Q_AFTER] = {.name = "after", .type = FIELD_TEXT, .min = 1, .max = ID_SIZE},
    };
    struct http_value in[COUNT];

    if (!http_query_fields(req, fields, COUNT, in, err))
        return false;
    *out = (struct web_list){.page = {.after = in[Q_AFTER].text, .limit = WEB_LIST_LIMIT},
                             .search = in[Q_SEARCH].text && *in[Q_SEARCH].text ? in[Q_SEARCH].text
                                                                               : NULL};
    return true;
}

json_t *web_list_json(const struct http_req *req, const struct web_list *list, json_t *rows,
                      const char *last_id)
{
    const char *search = list->search ? web_url_encode(req->mem, list->search) : "";
    json_t *data =
        json_pack("{s:b, s:b, s:s, s:o}", "is_empty", json_array_size(rows) == 0, "is_searched",
                  list->search != NULL, "search", list->search ? list->search : "", "rows", rows);

    if (last_id)
        json_object_set_new(data, "next",
                            json_string(arena_printf(req->mem, "%s?search=%s&after=%s",
                                                     req->uri.path, search, last_id)));
    if (list->page.after)
        json_object_set_new(
            data, "first",
            json_string(arena_printf(req->mem, "%s?search=%s", req->uri.path, search)));
    return data;
}
