/* SPDX-License-Identifier: Apache-2.0 */
#include "web/list.h"

#include "base/buf.h"
#include "base/id.h"
#include "http/fields.h"
#include "web/call.h"
#include "web/url.h"

#define ADDRESS_MAX 4096

static const struct web_column *find_column(const struct web_list_kind *kind, const char *name)
{
    for (size_t i = 0; i < kind->count; i++)
        if (kind->columns[i].name && strcmp(kind->columns[i].name, name) == 0)
            return &kind->columns[i];
    return NULL;
}

static bool read_sort(const char *sort, struct web_list *out, struct err *err)
{
    if (!sort || !*sort)
        return true;
    out->page.is_descending = sort[0] == '-';
    out->column = find_column(out->kind, sort + out->page.is_descending);
    return out->column || err_field(err, "sort", "this list has no order \"%.40s\"", sort);
}

static const char *given(const struct http_value *value)
{
    return value->text && *value->text ? value->text : NULL;
}

bool web_read_list(const struct http_req *req, const struct web_list_kind *kind,
                   struct web_list *out, struct err *err)
{
    enum { Q_SEARCH, Q_SORT, Q_AFTER, Q_FILTER, COUNT };
    const struct http_field fields[COUNT] = {
        [Q_SEARCH] = {.name = "search", .type = FIELD_TEXT, .max = WEB_SEARCH_MAX},
        [Q_SORT] = {.name = "sort", .type = FIELD_TEXT, .max = 40},
        [Q_AFTER] = {.name = "after", .type = FIELD_TEXT, .min = 1, .max = ID_SIZE},
        [Q_FILTER] = {.name = kind->filter, .type = FIELD_TEXT, .max = 40},
    };
    struct http_value in[COUNT] = {0};

    if (!http_query_fields(req, fields, kind->filter ? COUNT : Q_FILTER, in, err))
        return false;
    *out = (struct web_list){.kind = kind,
                             .page = {.after = in[Q_AFTER].text, .limit = WEB_LIST_LIMIT},
                             .column = &kind->columns[kind->first],
                             .search = given(&in[Q_SEARCH]),
                             .filter = given(&in[Q_FILTER])};
    return read_sort(in[Q_SORT].text, out, err);
}

static void add_parameter(struct arena *mem, struct buf *out, const char *name, const char *value)
{
    bool is_first = !memchr(out->data, '?', out->len);

    if (value)
        buf_printf(out, "%s%s=%s", is_first ? "?" : "&", name, web_url_encode(mem, value));
}

/* The address of this list in another order or from another row on. */
static json_t *address(const struct http_req *req, const struct web_list *list, const char *sort,
                       const char *after)
{
    struct buf out = buf_new(req->mem, ADDRESS_MAX);

    buf_str(&out, req->uri.path);
    add_parameter(req->mem, &out, "search", list->search);
    if (list->kind->filter)
        add_parameter(req->mem, &out, list->kind->filter, list->filter);
    add_parameter(req->mem, &out, "sort", sort);
    add_parameter(req->mem, &out, "after", after);
    return json_string(buf_cstr(&out));
}

static const char *sort_text(struct arena *mem, const struct web_column *column, bool is_descending)
{
    return arena_printf(mem, "%s%s", is_descending ? "-" : "", column->name);
}

/* A click on the column that it is sorted by turns the order round. */
static json_t *column_json(const struct http_req *req, const struct web_list *list,
                           const struct web_column *column)
{
    const struct catalogue *texts = web_call_of(req)->web->catalogue;
    bool is_sorted = column == list->column, is_down = is_sorted && list->page.is_descending;
    json_t *json =
        json_pack("{s:s}", "title", catalogue_text(req->mem, texts, column->title, NULL));

    if (!column->name)
        return json;
    json_object_set_new(
        json, "href", address(req, list, sort_text(req->mem, column, is_sorted && !is_down), NULL));
    if (is_sorted)
        json_object_set_new(json, "sorted", json_string(is_down ? "descending" : "ascending"));
    return json;
}

static json_t *columns_json(const struct http_req *req, const struct web_list *list)
{
    json_t *columns = json_array();

    for (size_t i = 0; i < list->kind->count; i++)
        json_array_append_new(columns, column_json(req, list, &list->kind->columns[i]));
    return columns;
}

json_t *web_list_json(const struct http_req *req, const struct web_list *list, json_t *rows,
                      const char *last_id)
{
    const char *sort = sort_text(req->mem, list->column, list->page.is_descending);
    json_t *data =
        json_pack("{s:b, s:b, s:s, s:s, s:s, s:o, s:o}", "is_empty", json_array_size(rows) == 0,
                  "is_searched", list->search || list->filter, "search",
                  list->search ? list->search : "", "filter", list->filter ? list->filter : "",
                  "sort", sort, "columns", columns_json(req, list), "rows", rows);

    if (last_id)
        json_object_set_new(data, "next_page", address(req, list, sort, last_id));
    if (list->page.after)
        json_object_set_new(data, "first_page", address(req, list, sort, NULL));
    return data;
}
