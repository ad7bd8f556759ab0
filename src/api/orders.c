/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "app/order.h"
#include "base/id.h"
#include "store/issuance_name_store.h"

json_t *api_order_json(const struct cert_order *order)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s, s:s, s:s?, s:s?, s:s?, s:b}", "id", order->id,
                  "partner_id", order->partner_id, "account_id", order->account_id, "domain_id",
                  order->domain_id, "subscription_id", order->subscription_id, "state",
                  order_state_name(order->state), "ca", order->ca, "country", order->country,
                  "state_or_province", order->state_or_province, "city", order->city, "auto_renew",
                  order->is_auto_renew);

    json_object_set_new(json, "created_at", api_time(order->created_at));
    json_object_set_new(json, "placed_at", api_time(order->placed_at));
    json_object_set_new(json, "fulfilled_at", api_time(order->fulfilled_at));
    json_object_set_new(json, "cancelled_at", api_time(order->cancelled_at));
    return json;
}

bool api_list_orders(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    struct api_state_query in;
    struct order_filter filter;
    struct order_list list;
    enum order_state state;
    json_t *items;

    if (!api_read_state_list(req, &in, err))
        return false;
    if (in.state && !order_state_parse(in.state, &state))
        return api_unknown_state("order", in.state, err);
    filter = (struct order_filter){
        .page = in.page, .domain_id = in.domain_id, .state = in.state ? &state : NULL};
    if (!order_store_list(req->mem, call->app.db, &call->caller.scope, &filter, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, api_order_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}

enum { DOMAIN, CA, COUNTRY, STATE, CITY, AUTO_RENEW, DRY_RUN, PLACE_COUNT };
static const struct http_field place_fields[PLACE_COUNT] = {
    [DOMAIN] =
        {.name = "domain_id", .type = FIELD_TEXT, .is_required = true, .min = 1, .max = ID_SIZE},
    [CA] = {.name = "ca", .type = FIELD_TEXT, .min = 1, .max = 63},
    [COUNTRY] = {.name = "country", .type = FIELD_TEXT, .max = 1000, .is_nullable = true},
    [STATE] = {.name = "state", .type = FIELD_TEXT, .max = 1000, .is_nullable = true},
    [CITY] = {.name = "city", .type = FIELD_TEXT, .max = 1000, .is_nullable = true},
    [AUTO_RENEW] = {.name = "auto_renew", .type = FIELD_BOOL},
    [DRY_RUN] = {.name = "dry_run", .type = FIELD_BOOL},
};

bool api_place_order(struct http_req *req, struct http_res *res, struct err *err)
{
    struct http_value in[PLACE_COUNT];
    struct api_call *call = api_call_of(req);
    struct order_placed placed;
    struct order_input input;
    json_t *body;

    if (!http_body_fields(req, place_fields, PLACE_COUNT, in, err))
        return false;
    input = (struct order_input){
        .domain_id = in[DOMAIN].text,
        .ca = in[CA].text,
        .country = in[COUNTRY].text,
        .state = in[STATE].text,
        .city = in[CITY].text,
        .is_auto_renew = !in[AUTO_RENEW].is_given || in[AUTO_RENEW].is_true,
        .is_dry_run = in[DRY_RUN].is_true,
    };
    if (!app_order_place(&call->app, &call->caller, req->mem, &input, &placed, err))
        return false;
    body = api_order_json(placed.order);
    json_object_set_new(body, "dry_run", json_boolean(input.is_dry_run));
    if (input.is_dry_run) {
        json_object_set_new(body, "id", json_null());
        return http_reply_json(res, 200, body);
    }
    http_res_header(res, "Location", arena_printf(req->mem, "/v1/orders/%s", placed.order->id));
    return http_reply_json(res, 202, body);
}

/* The issuance of an order, if the newest one of its domain is for it. */
static bool find_issuance(const struct api_call *call, struct arena *mem,
                          const struct cert_order *order, json_t **out, struct err *err)
{
    const struct scope *scope = &call->caller.scope;
    const struct issuance *issuance;
    struct issuance_name_list names;

    if (!issuance_store_latest(mem, call->app.db, scope, order->domain_id, &issuance, err))
        return false;
    if (!issuance || !issuance->order_id || strcmp(issuance->order_id, order->id) != 0) {
        *out = json_null();
        return true;
    }
    if (!issuance_name_store_list(mem, call->app.db, scope, issuance->id, &names, err))
        return false;
    *out = api_issuance_json(issuance, &names);
    return true;
}

bool api_get_order(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const char *id = http_param(req, "id");
    const struct cert_order *order;
    json_t *issuance, *body;

    if (!order_store_get(req->mem, call->app.db, &call->caller.scope, id, &order, err))
        return false;
    if (!order)
        return err_set(err, ERR_NOT_FOUND, "there is no order %.40s", id);
    if (!find_issuance(call, req->mem, order, &issuance, err))
        return false;
    body = api_order_json(order);
    json_object_set_new(body, "issuance", issuance);
    return http_reply_json(res, 200, body);
}

bool api_cancel_order(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const struct cert_order *order;

    return app_order_cancel(&call->app, &call->caller, req->mem, http_param(req, "id"), &order,
                            err) &&
           http_reply_json(res, 200, api_order_json(order));
}

bool api_check_order(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);

    return app_order_check_again(&call->app, &call->caller, req->mem, http_param(req, "id"), err) &&
           http_reply_empty(res, 202);
}
