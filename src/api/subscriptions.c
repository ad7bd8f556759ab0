/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "app/certificate.h"
#include "app/subscription.h"
#include "base/id.h"
#include "store/issuance_name_store.h"

json_t *api_subscription_json(const struct subscription *subscription)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:o}", "id", subscription->id,
                     "partner_id", subscription->partner_id, "account_id", subscription->account_id,
                     "domain_id", subscription->domain_id, "order_id", subscription->order_id,
                     "state", subscription_state_name(subscription->state), "term_start_at",
                     api_time(subscription->term_start_at), "term_end_at",
                     api_time(subscription->term_end_at), "auto_renew", subscription->is_auto_renew,
                     "created_at", api_time(subscription->created_at));
}

bool api_list_subscriptions(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    struct api_state_query in;
    struct subscription_filter filter;
    struct subscription_list list;
    enum subscription_state state;
    json_t *items;

    if (!api_read_state_list(req, &in, err))
        return false;
    if (in.state && !subscription_state_parse(in.state, &state))
        return api_unknown_state("subscription", in.state, err);
    filter = (struct subscription_filter){
        .page = in.page, .domain_id = in.domain_id, .state = in.state ? &state : NULL};
    if (!subscription_store_list(req->mem, call->app.db, &call->caller.scope, &filter, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, api_subscription_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}

bool api_get_subscription(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const char *id = http_param(req, "id");
    const struct subscription *subscription;

    if (!subscription_store_get(req->mem, call->app.db, &call->caller.scope, id, &subscription,
                                err))
        return false;
    if (!subscription)
        return err_set(err, ERR_NOT_FOUND, "there is no subscription %.40s", id);
    return http_reply_json(res, 200, api_subscription_json(subscription));
}

bool api_change_subscription(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field field = {
        .name = "auto_renew", .type = FIELD_BOOL, .is_required = true};
    struct http_value in;
    struct api_call *call = api_call_of(req);
    const struct subscription *subscription;

    return http_body_fields(req, &field, 1, &in, err) &&
           app_subscription_set_auto_renew(
               &call->app, &call->caller, req->mem,
               &(struct auto_renew_input){http_param(req, "id"), in.is_true}, &subscription, err) &&
           http_reply_json(res, 200, api_subscription_json(subscription));
}

bool api_reissue_certificate(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const struct scope *scope = &call->caller.scope;
    const struct issuance *issuance;
    struct issuance_name_list names;

    if (!app_subscription_reissue(&call->app, &call->caller, req->mem, http_param(req, "id"),
                                  &issuance, err) ||
        !issuance_name_store_list(req->mem, call->app.db, scope, issuance->id, &names, err))
        return false;
    http_res_header(res, "Location",
                    arena_printf(req->mem, "/v1/domains/%s/status", issuance->domain_id));
    return http_reply_json(res, 202, api_issuance_json(issuance, &names));
}
