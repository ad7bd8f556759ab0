/* SPDX-License-Identifier: Apache-2.0 */
#include "api/list.h"

#include "base/hash.h"
#include "base/id.h"

#define API_STATE_MAX 20

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

bool api_read_state_list(const struct http_req *req, struct api_state_query *out, struct err *err)
{
    enum { Q_DOMAIN = Q_FIRST, Q_STATE, COUNT };
    static const struct http_field fields[COUNT] = {
        API_PAGE_FIELDS, [Q_DOMAIN] = API_FILTER("domain_id", ID_SIZE),
        [Q_STATE] = API_FILTER("state", API_STATE_MAX)};
    struct http_value in[COUNT];
    struct page page;

    if (!api_read_list(req, fields, COUNT, in, &page, err))
        return false;
    *out = (struct api_state_query){
        .page = page, .domain_id = in[Q_DOMAIN].text, .state = in[Q_STATE].text};
    return true;
}

bool api_unknown_state(const char *what, const char *state, struct err *err)
{
    return err_field(err, "state", "there is no %s state \"%.40s\"", what, state);
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
