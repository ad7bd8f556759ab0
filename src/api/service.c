/* SPDX-License-Identifier: Apache-2.0 */

/* service: what the API says about itself and about who asks. */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/openapi.h"
#include "base/hash.h"
#include "store/setting_store.h"

/* Healthy is: a request gets through, and the store answers. */
bool api_get_health(struct http_req *req, struct http_res *res, struct err *err)
{
    const char *value;

    if (!setting_store_get(req->mem, api_call_of(req)->app.db, "health", &value, err))
        return false;
    return http_reply_json(res, 200,
                           json_pack("{s:s, s:s}", "status", "ok", "version", LATCHKEY_VERSION));
}

bool api_get_openapi(struct http_req *req, struct http_res *res, struct err *err)
{
    struct slice text = slice_of(api_openapi[0].data, api_openapi[0].len);
    unsigned char hash[SHA256_SIZE];

    (void)err;
    hash_sha256(text, hash);
    if (http_reply_unchanged(res, hex_encode(req->mem, slice_of(hash, 8))))
        return true;
    return http_reply_bytes(res, 200, "application/yaml", text);
}

static const char *const kinds[] = {
    [SCOPE_PLATFORM] = "platform",
    [SCOPE_PARTNER] = "partner",
    [SCOPE_ACCOUNT] = "account",
};

bool api_get_caller(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct api_call *call = api_call_of(req);

    (void)err;
    return http_reply_json(res, 200,
                           json_pack("{s:s, s:s, s:s?, s:s?, s:o}", "token_id", call->token->id,
                                     "kind", kinds[call->caller.scope.kind], "partner_id",
                                     call->token->partner_id, "account_id", call->token->account_id,
                                     "scopes", api_texts(call->token->scopes)));
}
