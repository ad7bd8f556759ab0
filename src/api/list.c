/* SPDX-License-Identifier: Apache-2.0 */
#include "api/list.h"

#include "base/hash.h"

static bool read_cursor(const struct http_req *req, const char *cursor, const char **id,
                        struct err *err)
{
    struct slice text;

    if (!base64url_decode(req->mem, cursor, &text, err) || !slice_is_utf8(text) || text.len == 0)
        return err_field(err, "cursor", "the cursor was not given out by this list");
    *id = arena_strndup(req->mem, (const char *)text.data, text.len);
    return true;
}

bool api_read_list(const struct http_req *req, const struct http_field *fields, size_t count,
                   struct http_value *values, struct page *page, struct err *err)
{
    const char *after = NULL;

    if (!http_query_fields(req, fields, count, values, err) ||
        (values[Q_CURSOR].is_given && !read_cursor(req, values[Q_CURSOR].text, &after, err)))
        return false;
    *page = (struct page){
        .after = after,
        .limit = values[Q_LIMIT].is_given ? values[Q_LIMIT].number : API_LIMIT,
    };
    return true;
}

const char *api_cursor(struct arena *mem, const char *id)
{
    return base64url_encode(mem, slice_str(id));
}

bool api_reply_list(struct http_res *res, json_t *items, const char *last_id)
{
    json_t *next = last_id ? json_string(api_cursor(res->mem, last_id)) : json_null();

    return http_reply_json(res, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", next));
}
