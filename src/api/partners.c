/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"

static json_t *to_json(const struct partner *partner)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "id", partner->id, "name", partner->name, "brand",
                     partner->brand, "created_at", api_time(partner->created_at));
}

bool api_list_partners(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field fields[] = {API_PAGE_FIELDS};
    struct http_value in[ARRAY_LEN(fields)];
    struct api_call *call = api_call_of(req);
    struct partner_list list;
    struct page page;
    json_t *items;

    if (!api_read_list(req, fields, ARRAY_LEN(fields), in, &page, err) ||
        !partner_store_list(req->mem, call->app.db, &call->caller.scope, &page, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, to_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}

bool api_create_partner(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { NAME, BRAND, COUNT };
    static const struct http_field fields[COUNT] = {
        [NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .max = APP_TEXT_MAX},
        [BRAND] = {.name = "brand", .type = FIELD_TEXT, .max = APP_TEXT_MAX},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    const struct partner *partner;

    if (!http_body_fields(req, fields, COUNT, in, err) ||
        !app_partner_create(&call->app, &call->caller, req->mem,
                            &(struct partner_input){in[NAME].text, in[BRAND].text}, &partner, err))
        return false;
    http_res_header(res, "Location", arena_printf(req->mem, "/v1/partners/%s", partner->id));
    return http_reply_json(res, 201, to_json(partner));
}

bool api_get_partner(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const char *id = http_param(req, "id");
    const struct partner *partner;

    if (!partner_store_get(req->mem, call->app.db, &call->caller.scope, id, &partner, err))
        return false;
    if (!partner)
        return err_set(err, ERR_NOT_FOUND, "there is no partner %.40s", id);
    return http_reply_json(res, 200, to_json(partner));
}
