/* SPDX-License-Identifier: Apache-2.0 */

/* The terms of service, in the management interface. */
#include "base/log.h"
#include "ca/manage_handlers.h"
#include "ca/service.h"
#include "ca/terms.h"
#include "http/response.h"

bool ca_show_terms(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    json_int_t version = atomic_load(&ca->terms_version);

    (void)err;
    return http_reply_json(res, 200, json_pack("{s:I}", "version", version));
}

bool ca_post_terms(struct http_req *req, struct http_res *res, struct err *err)
{
    struct ca *ca = req->context;
    int64_t version;

    if (!ca_terms_renew(req->mem, ca, &version, err))
        return false;
    LOG(WARN, "ca.terms_changed", KI("version", version));
    return http_reply_json(res, 200, json_pack("{s:I}", "version", (json_int_t)version));
}

bool ca_post_agreements(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct ca *ca = req->context;
    int64_t account_id, count;

    if (!ca_manage_account(http_param(req, "account"), &account_id, err) ||
        !ca_terms_accept(req->mem, ca, account_id, &count, err))
        return false;
    LOG(WARN, "ca.terms_agreed", KI("account", account_id), KI("count", count));
    return http_reply_json(res, 200, json_pack("{s:I}", "accounts", (json_int_t)count));
}
