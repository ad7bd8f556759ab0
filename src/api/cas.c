/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "app/ca.h"
#include "http/fields.h"

static json_t *or_null(const char *text)
{
    return text && *text ? json_string(text) : json_null();
}

static json_t *silence_json(const struct ca_standing *standing)
{
    const struct ca_breaker *breaker = &standing->breaker;

    if (!breaker->open_since_at)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "since", api_time(breaker->failing_since_at), "next_try_at",
                     api_time(breaker->next_try_at), "error", http_json_text(standing->error_text));
}

/* Those of a CA. */
static const char *const notice_codes[NOTICE_COUNT] = {
    [NOTICE_CA_PROFILE] = "profile", [NOTICE_CA_CHAIN] = "chain", [NOTICE_CA_GONE] = "gone"};

static json_t *notices_json(const struct ca_view *view)
{
    json_t *list = json_array();

    for (size_t i = 0; i < NOTICE_COUNT; i++)
        if (view->notices[i] && notice_codes[i])
            json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "code", notice_codes[i],
                                                  "text", view->notices[i]->text, "since",
                                                  api_time(view->notices[i]->told_at)));
    return list;
}

static json_t *named_json(const struct ca_view *view)
{
    json_t *list = json_array();

    for (size_t i = 0; i < view->named.count; i++) {
        const struct certificate_of_ca *one = &view->named.items[i];

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", one->id, "domain_id", one->domain_id,
                            "names", api_texts(one->names), "not_after",
                            api_time(one->not_after_at), "renew_at", api_time(one->renew_at)));
    }
    return list;
}

static json_t *to_json(const struct ca_view *view)
{
    const struct config_ca *config = view->config;
    json_t *json = json_pack("{s:s, s:s, s:b, s:b, s:o, s:o, s:o}", "id", view->id, "name",
                             config ? config->name : view->id, "configured", config != NULL,
                             "default", config && config->is_default, "directory",
                             or_null(config ? config->directory : NULL), "profile",
                             or_null(config ? config->profile : NULL), "preferred_chain",
                             or_null(config ? config->preferred_chain : NULL));

    json_object_set_new(json, "silent", silence_json(&view->standing));
    json_object_set_new(json, "notices", notices_json(view));
    json_object_set_new(json, "live_certificates", json_integer(view->live_count));
    json_object_set_new(json, "certificates", named_json(view));
    return json;
}

/* CAs are few: the list has no pages, but the form of one. */
bool api_list_cas(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct api_call *call = api_call_of(req);
    json_auto_t *items = json_array();
    struct ca_view_list list;

    if (!app_need_operator(&call->caller, "see how the certificate authorities do", err) ||
        !http_query_fields(req, NULL, 0, NULL, err) ||
        !app_ca_list(&call->app, req->mem, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, to_json(&list.items[i]));
    return http_reply_json(res, 200, json_pack("{s:O, s:n}", "items", items, "next_cursor"));
}
