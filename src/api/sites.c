/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "app/site.h"
#include "base/id.h"

static json_t *to_json(const struct site *site)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o}", "id", site->id, "partner_id",
                     site->partner_id, "account_id", site->account_id, "name", site->name,
                     "origin_id", site->origin_id, "canonical", site->canonical, "https",
                     site->is_https_on, "created_at", api_time(site->created_at), "updated_at",
                     api_time(site->updated_at));
}

bool api_list_sites(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { Q_NAME = Q_FIRST, COUNT };
    static const struct http_field fields[COUNT] = {
        API_PAGE_FIELDS, [Q_NAME] = API_FILTER("name_prefix", APP_TEXT_MAX)};
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    struct site_filter filter = {0};
    struct site_list list;
    json_t *items;

    if (!api_read_list(req, fields, COUNT, in, &filter.page, err))
        return false;
    filter.name_prefix = in[Q_NAME].text;
    if (!site_store_list(req->mem, call->app.db, &call->caller.scope, &filter, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, to_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}

bool api_create_site(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { ACCOUNT, NAME, ORIGIN, CANONICAL, COUNT };
    static const struct http_field fields[COUNT] = {
        [ACCOUNT] = {.name = "account_id", .type = FIELD_TEXT, .min = 1, .max = ID_SIZE},
        [NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .max = APP_TEXT_MAX},
        [ORIGIN] = {.name = "origin_id", .type = FIELD_TEXT, .min = 1, .max = 63},
        [CANONICAL] = {.name = "canonical", .type = FIELD_TEXT, .min = 1, .max = 10},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    const struct site *site;
    struct site_input input;

    if (!http_body_fields(req, fields, COUNT, in, err))
        return false;
    input = (struct site_input){.account_id = in[ACCOUNT].text,
                                .name = in[NAME].text,
                                .origin_id = in[ORIGIN].text,
                                .canonical = in[CANONICAL].text};
    if (!app_site_create(&call->app, &call->caller, req->mem, &input, &site, err))
        return false;
    http_res_header(res, "Location", arena_printf(req->mem, "/v1/sites/%s", site->id));
    return http_reply_json(res, 201, to_json(site));
}

bool api_get_site(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const char *id = http_param(req, "id");
    const struct site *site;

    if (!site_store_get(req->mem, call->app.db, &call->caller.scope, id, &site, err))
        return false;
    if (!site)
        return err_set(err, ERR_NOT_FOUND, "there is no site %.40s", id);
    return http_reply_json(res, 200, to_json(site));
}

bool api_change_site(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { NAME, CANONICAL, HTTPS, COUNT };
    static const struct http_field fields[COUNT] = {
        [NAME] = {.name = "name", .type = FIELD_TEXT, .min = 1, .max = APP_TEXT_MAX},
        [CANONICAL] = {.name = "canonical", .type = FIELD_TEXT, .min = 1, .max = 10},
        [HTTPS] = {.name = "https", .type = FIELD_BOOL},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    struct site_change change;
    const struct site *site;

    if (!http_body_fields(req, fields, COUNT, in, err))
        return false;
    change = (struct site_change){.site_id = http_param(req, "id"),
                                  .name = in[NAME].text,
                                  .canonical = in[CANONICAL].text,
                                  .is_https_on = in[HTTPS].is_given ? &in[HTTPS].is_true : NULL};
    return app_site_change(&call->app, &call->caller, req->mem, &change, &site, err) &&
           http_reply_json(res, 200, to_json(site));
}
