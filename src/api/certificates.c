/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "app/certificate.h"
#include "base/id.h"
#include "store/certificate_store.h"
#include "store/issuance_store.h"
#include "tls/chain.h"
#include "tls/csr.h"

/* null: it is not to be revoked. */
static json_t *revocation_json(const struct certificate *certificate)
{
    if (!certificate->revoke_reason)
        return json_null();
    return json_pack("{s:s, s:o}", "reason", certificate->revoke_reason, "revoked_at",
                     api_time(certificate->revoked_at));
}

json_t *api_certificate_json(const struct certificate *certificate)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", certificate->id,
                  "partner_id", certificate->partner_id, "account_id", certificate->account_id,
                  "domain_id", certificate->domain_id, "issuance_id", certificate->issuance_id,
                  "serial", certificate->serial, "issuer", certificate->issuer, "key_type",
                  certificate->key_type, "key_fingerprint", certificate->key_fingerprint, "trust",
                  certificate->trust, "state", certificate_state_name(certificate->state));

    json_object_set_new(json, "names", api_texts(certificate->names));
    json_object_set_new(json, "not_before_at", api_time(certificate->not_before_at));
    json_object_set_new(json, "not_after_at", api_time(certificate->not_after_at));
    json_object_set_new(json, "created_at", api_time(certificate->created_at));
    json_object_set_new(json, "ended_at", api_time(certificate->ended_at));
    json_object_set_new(json, "revocation", revocation_json(certificate));
    return json;
}

bool api_list_certificates(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    struct api_state_query in;
    struct certificate_filter filter;
    struct certificate_list list;
    enum certificate_state state;
    json_t *items;

    if (!api_read_state_list(req, &in, err))
        return false;
    if (in.state && !certificate_state_parse(in.state, &state))
        return api_unknown_state("certificate", in.state, err);
    filter = (struct certificate_filter){
        .page = in.page, .domain_id = in.domain_id, .state = in.state ? &state : NULL};
    if (!certificate_store_list(req->mem, call->app.db, &call->caller.scope, &filter, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, api_certificate_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}

/* Leaf first, then what leads to the root, as servers send it. */
static const char *pem_of(struct arena *mem, const struct certificate *certificate)
{
    const struct chain leaf = {.count = 1, .certs = {certificate->leaf}};

    return arena_printf(mem, "%s%.*s", chain_pem(mem, &leaf), (int)certificate->chain.len,
                        (const char *)certificate->chain.data);
}

/* The certification request, NULL when it is not kept any more. */
static bool find_csr(struct http_req *req, const struct certificate *certificate, const char **out,
                     struct err *err)
{
    struct api_call *call = api_call_of(req);
    const struct issuance *issuance;

    if (!issuance_store_get(req->mem, call->app.db, &call->caller.scope, certificate->issuance_id,
                            &issuance, err))
        return false;
    *out = issuance && issuance->csr.data ? csr_pem(req->mem, issuance->csr) : NULL;
    return true;
}

bool api_get_certificate(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const char *id = http_param(req, "id");
    const struct certificate *certificate;
    const char *csr;
    json_t *body;

    if (!certificate_store_get(req->mem, call->app.db, &call->caller.scope, id, &certificate, err))
        return false;
    if (!certificate)
        return err_set(err, ERR_NOT_FOUND, "there is no certificate %.40s", id);
    if (!find_csr(req, certificate, &csr, err))
        return false;
    body = api_certificate_json(certificate);
    json_object_set_new(body, "pem", http_json_text(pem_of(req->mem, certificate)));
    json_object_set_new(body, "csr", http_json_text(csr));
    return http_reply_json(res, 200, body);
}

enum { REASON, LEAVE_UNSECURED, REVOKE_COUNT };
static const struct http_field revoke_fields[REVOKE_COUNT] = {
    [REASON] = {.name = "reason", .type = FIELD_TEXT, .is_required = true, .min = 1, .max = 40},
    [LEAVE_UNSECURED] = {.name = "leave_unsecured", .type = FIELD_BOOL},
};

bool api_revoke_certificate(struct http_req *req, struct http_res *res, struct err *err)
{
    struct http_value in[REVOKE_COUNT];
    struct api_call *call = api_call_of(req);
    struct revocation_input input = {.certificate_id = http_param(req, "id")};
    const struct certificate *certificate;

    if (!http_body_fields(req, revoke_fields, REVOKE_COUNT, in, err))
        return false;
    if (!revocation_reason_parse(in[REASON].text, &input.reason))
        return err_field(err, "reason", "there is no reason \"%.40s\" to revoke a certificate",
                         in[REASON].text);
    input.is_left_unsecured = in[LEAVE_UNSECURED].is_true;
    return app_certificate_revoke(&call->app, &call->caller, req->mem, &input, &certificate, err) &&
           http_reply_json(res, certificate->revoked_at ? 200 : 202,
                           api_certificate_json(certificate));
}
