/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "base/id.h"

static json_t *to_json(const struct account *account)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:o}", "id", account->id, "partner_id",
                     account->partner_id, "name", account->name, "email", account->email, "country",
                     account->country, "state", account->state, "city", account->city, "created_at",
                     api_time(account->created_at));
}

bool api_list_accounts(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { Q_NAME = Q_FIRST, COUNT };
    static const struct http_field fields[COUNT] = {
        API_PAGE_FIELDS, [Q_NAME] = API_FILTER("name_prefix", APP_TEXT_MAX)};
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    struct account_filter filter = {0};
    struct account_list list;
    json_t *items;

    if (!api_read_list(req, fields, COUNT, in, &filter.page, err))
        return false;
    filter.name_prefix = in[Q_NAME].text;
    if (!account_store_list(req->mem, call->app.db, &call->caller.scope, &filter, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, to_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}

bool api_create_account(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { PARTNER, NAME, EMAIL, COUNTRY, STATE, CITY, COUNT };
    static const struct http_field fields[COUNT] = {
        [PARTNER] = {.name = "partner_id", .type = FIELD_TEXT, .min = 1, .max = ID_SIZE},
        [NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .max = APP_TEXT_MAX},
        [EMAIL] = {.name = "email", .type = FIELD_TEXT, .is_required = true, .max = 1000},
        [COUNTRY] = {.name = "country", .type = FIELD_TEXT, .max = 1000, .is_nullable = true},
        [STATE] = {.name = "state", .type = FIELD_TEXT, .max = 1000, .is_nullable = true},
        [CITY] = {.name = "city", .type = FIELD_TEXT, .max = 1000, .is_nullable = true},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    const struct account *account;
    struct account_input input;

    if (!http_body_fields(req, fields, COUNT, in, err))
        return false;
    input = (struct account_input){.partner_id = in[PARTNER].text,
                                   .name = in[NAME].text,
                                   .email = in[EMAIL].text,
                                   .country = in[COUNTRY].text,
                                   .state = in[STATE].text,
                                   .city = in[CITY].text};
    if (!app_account_create(&call->app, &call->caller, req->mem, &input, &account, err))
        return false;
    http_res_header(res, "Location", arena_printf(req->mem, "/v1/accounts/%s", account->id));
    return http_reply_json(res, 201, to_json(account));
}

bool api_get_account(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const char *id = http_param(req, "id");
    const struct account *account;

    if (!account_store_get(req->mem, call->app.db, &call->caller.scope, id, &account, err))
        return false;
    if (!account)
        return err_set(err, ERR_NOT_FOUND, "there is no account %.40s", id);
    return http_reply_json(res, 200, to_json(account));
}
