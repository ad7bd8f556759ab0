/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/routes.h"
#include "app/partner_share.h"
#include "base/clock.h"
#include "store/edge_store.h"

static bool find_token(struct api_call *call, const struct http_req *req, struct err *err)
{
    const char *secret = http_bearer(req);

    if (!secret || !*secret)
        return err_set(err, ERR_UNAUTHENTICATED,
                       "a token is needed: send \"Authorization: Bearer <token>\"");
    if (!app_token_find(call->api->app, req->mem, secret, &call->token, err))
        return false;
    if (!call->token)
        return err_set(err, ERR_UNAUTHENTICATED, "the token is unknown or revoked");
    return true;
}

static const enum token_scope scope_of[] = {
    [API_READ] = TOKEN_SCOPE_READ,
    [API_WRITE] = TOKEN_SCOPE_WRITE,
    [API_TOKENS] = TOKEN_SCOPE_TOKENS,
};

static bool authorize(struct api_call *call, unsigned who, struct err *err)
{
    if (who == API_EDGE) {
        if (call->token->edge_id)
            return true;
        return err_set(err, ERR_FORBIDDEN, "the feed is for the tokens of edges");
    }
    return app_token_caller(call->token, &call->caller, err) &&
           app_token_allows(&call->caller, scope_of[who], err);
}

/* All tokens of a partner and of its accounts together (R47); the platform's own have no limit. */
static bool take_request(const struct api_call *call, struct arena *mem, struct err *err)
{
    const char *partner_id = scope_partner_id(&call->caller.scope);
    struct partner_share share;

    if (call->token->edge_id || !partner_id)
        return true;
    if (!app_partner_share_of(&call->app, mem, partner_id, &share, err))
        return false;
    return minute_limit_take(call->api->requests,
                             &(struct minute_ask){partner_id, "API requests",
                                                  share.requests_per_min,
                                                  "partner.requests_per_min"},
                             clock_now(), err);
}

bool api_edge_of(const struct http_req *req, const struct edge **out, struct err *err)
{
    const struct api_call *call = api_call_of(req);

    if (!edge_store_get(req->mem, call->app.db, call->token->edge_id, out, err))
        return false;
    return *out || err_set(err, ERR_FORBIDDEN, "the edge of this token is gone");
}

bool api_around(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct http_route *route = req->match.route;
    struct api_call *call = arena_new_of(req->mem, struct api_call);
    const char *key = http_req_header(req, "Idempotency-Key");

    call->api = req->context;
    call->app = *call->api->app;
    req->principal = call;
    if ((route->needs & API_WHO) != API_PUBLIC) {
        if (!find_token(call, req, err))
            return false;
        req->log_who = call->token->id;
        if (!authorize(call, route->needs & API_WHO, err) || !take_request(call, req->mem, err))
            return false;
    }
    if (!key)
        return route->run(req, res, err);
    if (!(route->needs & API_REPEATABLE))
        return err_field(err, "Idempotency-Key", "this request does not take an Idempotency-Key");
    return api_run_once(req, res, key, err);
}
