/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "base/id.h"

static json_t *to_json(const struct api_token *token)
{
    return json_pack("{s:s, s:s, s:s?, s:s?, s:s?, s:o, s:o, s:o}", "id", token->id, "name",
                     token->name, "partner_id", token->partner_id, "account_id", token->account_id,
                     "edge_id", token->edge_id, "scopes", api_texts(token->scopes), "created_at",
                     api_time(token->created_at), "revoked_at", api_time(token->revoked_at));
}

bool api_list_tokens(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field fields[] = {API_PAGE_FIELDS};
    struct http_value in[ARRAY_LEN(fields)];
    struct api_call *call = api_call_of(req);
    struct api_token_list list;
    struct page page;
    json_t *items;

    if (!api_read_list(req, fields, ARRAY_LEN(fields), in, &page, err) ||
        !token_store_list(req->mem, call->app.db, &call->caller.scope, &page, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, to_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}

/* The tenant of a new token, unless it is said: the caller's own. */
static void fill_tenant(const struct caller *caller, struct token_input *input)
{
    if (input->partner_id || input->account_id)
        return;
    input->account_id = scope_account_id(&caller->scope);
    if (!input->account_id)
        input->partner_id = scope_partner_id(&caller->scope);
}

bool api_create_token(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { NAME, PARTNER, ACCOUNT, SCOPES, COUNT };
    static const struct http_field fields[COUNT] = {
        [NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .max = APP_TEXT_MAX},
        [PARTNER] = {.name = "partner_id", .type = FIELD_TEXT, .min = 1, .max = ID_SIZE},
        [ACCOUNT] = {.name = "account_id", .type = FIELD_TEXT, .min = 1, .max = ID_SIZE},
        [SCOPES] = {.name = "scopes",
                    .type = FIELD_TEXTS,
                    .max = TOKEN_SCOPE_COUNT,
                    .max_text = 40},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    struct token_created created;
    struct token_input input;
    json_t *body;

    if (!http_body_fields(req, fields, COUNT, in, err))
        return false;
    input = (struct token_input){.name = in[NAME].text,
                                 .partner_id = in[PARTNER].text,
                                 .account_id = in[ACCOUNT].text,
                                 .scopes = {.items = in[SCOPES].texts, .count = in[SCOPES].count}};
    fill_tenant(&call->caller, &input);
    if (!app_token_create(&call->app, &call->caller, req->mem, &input, &created, err))
        return false;
    body = to_json(created.token);
    json_object_set_new(body, "token", json_string(created.secret));
    return http_reply_json(res, 201, body);
}

bool api_revoke_token(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);

    return app_token_revoke(&call->app, &call->caller, http_param(req, "id"), err) &&
           http_reply_empty(res, 204);
}
