/* SPDX-License-Identifier: Apache-2.0 */
#include "app/partner_share.h"

#include "api/call.h"
#include "api/handlers.h"
#include "http/fields.h"

static json_t *to_json(const struct partner_share *share)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "weight", (json_int_t)share->weight,
                     "waiting_max", (json_int_t)share->waiting_max, "orders_per_hour",
                     (json_int_t)share->orders_per_hour, "checks_per_min",
                     (json_int_t)share->checks_per_min, "requests_per_min",
                     (json_int_t)share->requests_per_min);
}

bool api_get_partner_share(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct api_call *call = api_call_of(req);
    struct partner_share share;

    return app_partner_share_get(&call->app, &call->caller, req->mem, http_param(req, "id"), &share,
                                 err) &&
           http_reply_json(res, 200, to_json(&share));
}

static const int64_t *number_of(const struct http_value *value)
{
    static const int64_t configured = PARTNER_CAP_CONFIGURED;

    if (value->is_null)
        return &configured;
    return value->is_given ? &value->number : NULL;
}

bool api_change_partner_share(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { WEIGHT, WAITING, HOURLY, CHECKS, REQUESTS, COUNT };
    static const struct http_field fields[COUNT] = {
        [WEIGHT] = {.name = "weight", .type = FIELD_NUMBER, .min = 1, .max = PARTNER_WEIGHT_MAX},
        [WAITING] = {.name = "waiting_max", .type = FIELD_NUMBER, .max = PARTNER_CAP_MAX},
        [HOURLY] = {.name = "orders_per_hour", .type = FIELD_NUMBER, .max = PARTNER_CAP_MAX},
        [CHECKS] = {.name = "checks_per_min",
                    .type = FIELD_NUMBER,
                    .is_nullable = true,
                    .max = PARTNER_CAP_MAX},
        [REQUESTS] = {.name = "requests_per_min",
                      .type = FIELD_NUMBER,
                      .is_nullable = true,
                      .max = PARTNER_CAP_MAX},
    };
    struct api_call *call = api_call_of(req);
    struct http_value in[COUNT];
    struct partner_share share;

    if (!http_body_fields(req, fields, COUNT, in, err) ||
        !app_partner_share_set(
            &call->app, &call->caller, req->mem,
            &(struct partner_share_input){.partner_id = http_param(req, "id"),
                                          .weight = number_of(&in[WEIGHT]),
                                          .waiting_max = number_of(&in[WAITING]),
                                          .orders_per_hour = number_of(&in[HOURLY]),
                                          .checks_per_min = number_of(&in[CHECKS]),
                                          .requests_per_min = number_of(&in[REQUESTS])},
            &share, err))
        return false;
    return http_reply_json(res, 200, to_json(&share));
}
