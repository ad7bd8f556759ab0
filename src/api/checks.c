/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "app/expected.h"
#include "app/partner_share.h"
#include "app/site.h"
#include "app/vantage_ask.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "check/check.h"
#include "http/fields.h"
#include "store/check_store.h"

static json_t *to_json(const struct check_run *run)
{
    return json_pack("{s:s, s:s?, s:s?, s:s?, s:s, s:o, s:s, s:o}", "id", run->id, "partner_id",
                     run->partner_id, "account_id", run->account_id, "domain_id", run->domain_id,
                     "name", run->name, "at", api_time(run->at), "verdict", run->verdict,
                     "findings", api_stored_json(run->findings));
}

static bool store(struct api_call *call, struct arena *mem, const struct hostname *name,
                  const struct check_report *report, struct check_run *out, struct err *err)
{
    json_t *findings = check_findings_to_json(report);
    char *text = json_dumps(findings, JSON_COMPACT);

    *out = (struct check_run){
        .id = id_new(mem, ID_CHECK),
        .partner_id = scope_partner_id(&call->caller.scope),
        .account_id = scope_account_id(&call->caller.scope),
        .name = name->name,
        .at = report->at,
        .verdict = check_report_verdict(report),
        .findings = arena_strdup(mem, text),
    };
    free(text);
    json_decref(findings);
    return check_store_add(call->app.db, out, err);
}

static bool look(struct api_call *call, struct arena *mem, const struct hostname *name,
                 struct check_report *out, struct err *err)
{
    struct app_expected expected;
    struct vantage_asking asking;
    struct caa_wanted caa;
    struct check_env env;
    struct name_set names;
    bool is_done;

    if (!app_expected_of(&call->app, mem, scope_partner_id(&call->caller.scope), &expected, err) ||
        !app_caa_find(&call->app, mem, NULL, &caa, err))
        return false;
    name_set_cover(mem, name, &names);
    app_vantage_open(&asking, &call->app, NULL);
    env = (struct check_env){.resolver = call->api->resolver,
                             .rdap = call->api->rdap,
                             .check_key = expected.check_key,
                             .brand = expected.brand,
                             .reach = expected.reach,
                             .caa = caa,
                             .http_port = (uint16_t)call->app.config->edge.http_port,
                             .https_port = (uint16_t)call->app.config->edge.https_port,
                             .http_ms = (int)call->app.config->check.http_ms,
                             .vantages = &asking.asker};
    is_done =
        check_run(mem, &env,
                  &(struct check_names){
                      .names = names.names, .count = names.count, .registered = name->registered},
                  &expected.addresses, out, err);
    if (asking.err.code != ERR_NONE)
        LOG(WARN, "web.vantages", KS("name", name->name), KERR(&asking.err));
    return is_done;
}

static bool look_within_limits(struct api_call *call, struct arena *mem,
                               const struct hostname *name, struct check_report *out,
                               struct err *err)
{
    struct check_asker asker = {.token_id = call->token->id,
                                .partner_id = scope_partner_id(&call->caller.scope)};
    struct partner_share share = {0};
    bool is_done;

    if (asker.partner_id && !app_partner_share_of(&call->app, mem, asker.partner_id, &share, err))
        return false;
    asker.partner_per_min = share.checks_per_min;
    if (!check_limit_begin(call->api->checks, &asker, name->name, clock_now(), err))
        return false;
    is_done = look(call, mem, name, out, err);
    check_limit_end(call->api->checks, name->name);
    return is_done;
}

bool api_run_check(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field field = {.name = "name",
                                            .type = FIELD_TEXT,
                                            .is_required = true,
                                            .min = 1,
                                            .max = HOSTNAME_INPUT_MAX};
    struct http_value in;
    struct api_call *call = api_call_of(req);
    struct check_report report;
    struct hostname name;
    struct check_run run;
    json_t *body;

    if (!http_body_fields(req, &field, 1, &in, err) ||
        !hostname_parse(req->mem, call->app.suffixes, in.text, &name, err) ||
        !look_within_limits(call, req->mem, &name, &report, err) ||
        !store(call, req->mem, &name, &report, &run, err))
        return false;
    body = to_json(&run);
    json_object_set_new(body, "report", check_report_to_json(&report));
    http_res_header(res, "Location", arena_printf(req->mem, "/v1/checks/%s", run.id));
    return http_reply_json(res, 201, body);
}

bool api_get_check(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const char *id = http_param(req, "id");
    const struct check_run *run;

    if (!check_store_get(req->mem, call->app.db, &call->caller.scope, id, &run, err))
        return false;
    if (!run)
        return err_set(err, ERR_NOT_FOUND, "there is no check %.40s", id);
    return http_reply_json(res, 200, to_json(run));
}
