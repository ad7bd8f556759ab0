/* SPDX-License-Identifier: Apache-2.0 */
#include "app/status.h"

#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"

static json_t *badge_json(const struct status *status)
{
    const struct badge *badge = &status->badge;
    json_t *days = badge->kind == BADGE_AT_RISK ? json_integer(badge->days_left) : json_null();

    return json_pack("{s:s, s:s, s:s, s:o}", "code", badge_name(badge->kind), "text",
                     status->badge_text, "who_acts", who_acts_name(badge->who_acts), "days_left",
                     days);
}

static json_t *edges_json(const struct status *status)
{
    json_t *list = json_array();

    for (size_t i = 0; i < status->edge_count; i++) {
        const struct status_edge *edge = &status->edges[i];

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:o}", "name", edge->name, "condition",
                            edge_condition_name(edge->condition), "standing",
                            edge_standing_name(edge->standing), "counted", edge->is_counted,
                            "proven", edge->is_proven, "last_seen", edge->is_last_seen, "proven_at",
                            api_time(edge->proven_at)));
    }
    return json_pack("{s:I, s:I, s:o}", "counted", (json_int_t)status->counted, "proven",
                     (json_int_t)status->proven, "items", list);
}

static json_t *window_json(const struct renewal *schedule)
{
    if (!schedule)
        return json_null();
    return json_pack("{s:o, s:o, s:s, s:s?}", "start_at", api_time(schedule->window.start_at),
                     "end_at", api_time(schedule->window.end_at), "source",
                     renewal_source_name(schedule->source), "explanation_url",
                     schedule->explanation_url);
}

static json_t *renewal_json(const struct status_renewal *renewal)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:s}", "state", renewal_state_name(renewal->state), "at",
                     api_time(renewal->at), "window", window_json(renewal->schedule), "reason",
                     http_json_text(renewal->reason), "next", renewal->next);
}

/* What there is none of yet is null. */
static void add_parts(json_t *json, const struct status *s)
{
    json_object_set_new(json, "order", s->order ? api_order_json(s->order) : json_null());
    json_object_set_new(json, "subscription",
                        s->subscription ? api_subscription_json(s->subscription) : json_null());
    json_object_set_new(json, "issuance",
                        s->issuance ? api_issuance_json(s->issuance, &s->names) : json_null());
    json_object_set_new(json, "certificate",
                        s->certificate ? api_certificate_json(s->certificate) : json_null());
}

static json_t *names_json(const struct status *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->domain_name_count; i++) {
        const struct status_name *view = &s->domain_names[i];
        const struct domain_name *name = view->name;

        json_array_append_new(
            list, json_pack("{s:s, s:b, s:b, s:s, s:o, s:s, s:o, s:o, s:o}", "name", name->name,
                            "alias", name->is_alias, "secured", view->is_secured, "dns",
                            name->dns_state, "finding", api_stored_json(name->finding), "who_acts",
                            who_acts_name(view->who_acts), "checked_at", api_time(name->checked_at),
                            "next_look_at", api_time(name->next_look_at), "at_risk_since",
                            api_time(view->risk ? name->risk_at : 0)));
    }
    return list;
}

static json_t *registration_json(const struct domain_registration *said)
{
    if (!said)
        return json_null();
    return json_pack("{s:b, s:o, s:o, s:o}", "is_registered", said->is_registered, "states",
                     api_stored_json(said->states), "expires_at", api_time(said->expires_at),
                     "seen_at", api_time(said->seen_at));
}

static json_t *to_json(const struct status *s)
{
    json_t *json = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "domain", api_domain_json(s->domain), "badge",
        badge_json(s), "edges", edges_json(s), "records", api_records_json(s), "next",
        http_json_text(s->next), "next_at", api_time(s->next_at), "site_url", s->site_url);

    json_object_set_new(json, "renewal", renewal_json(&s->renewal));
    json_object_set_new(json, "names", names_json(s));
    json_object_set_new(json, "lapses_at", api_time(s->lapses_at));
    json_object_set_new(json, "registration", registration_json(s->registration));
    json_object_set_new(json, "vantages",
                        s->vantage ? api_stored_json(s->vantage->seen) : json_array());
    add_parts(json, s);
    return json;
}

bool api_get_domain_status(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    struct status status;

    return app_status(&call->app, &call->caller, req->mem, http_param(req, "id"), &status, err) &&
           http_reply_json(res, 200, to_json(&status));
}
