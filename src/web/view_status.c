/* SPDX-License-Identifier: Apache-2.0 */

/* view_status: what is known of a domain's certificate as status_panel.html shows it. */
#include "base/buf.h"
#include "base/clock.h"
#include "check/diagnose.h"
#include "check/host_field.h"
#include "check/record_form.h"
#include "model/hostname.h"
#include "web/view.h"

#define ZONE_MAX         8192             /* octets of the zone lines of a finding */
#define LAPSE_SHOWN_MS   INT64_C(3600000) /* an open page cares, and is not sent anew for that */
#define FIRST_MINUTES_MS INT64_C(600000)  /* so long times are told from the order on */

/* A record as a zone file has it (RFC 1035 section 5.1). */
static const char *zone_line(struct arena *mem, const json_t *action)
{
    const char *type = json_string_value(json_object_get(action, "type"));
    const char *fqdn = json_string_value(json_object_get(action, "fqdn"));
    const char *value = json_string_value(json_object_get(action, "value"));
    int64_t ttl = json_integer_value(json_object_get(action, "ttl"));

    if (!type || !fqdn || !value)
        return "";
    return arena_printf(mem, "%s. %lld IN %s %s%s", fqdn, (long long)(ttl > 0 ? ttl : 3600), type,
                        value, strcmp(type, "CNAME") == 0 ? "." : "");
}

/* What is typed into the form of the DNS provider, where it is known; else what most forms want. */
static void add_form(json_t *action)
{
    const char *host = json_string_value(json_object_get(action, "form_host"));
    const char *value = json_string_value(json_object_get(action, "form_value"));

    json_object_set(action, "host",
                    host ? json_object_get(action, "form_host") : json_object_get(action, "name"));
    json_object_set_new(action, "is_host_empty", json_boolean(host && !*host));
    json_object_set(action, "typed", json_object_get(action, value ? "form_value" : "value"));
}

/* What is to be set, together, for whoever edits the zone as a file. */
static json_t *zone_of(struct arena *mem, json_t *actions)
{
    struct buf out = buf_new(mem, ZONE_MAX);
    const char *text;
    json_t *action;
    size_t i;

    json_array_foreach(actions, i, action)
    {
        const char *op = json_string_value(json_object_get(action, "op"));
        bool is_removed = op && strcmp(op, "remove") == 0;

        add_form(action);
        if (op)
            json_object_set_new(action, arena_printf(mem, "is_%s", op), json_true());
        if (!is_removed)
            buf_printf(&out, "%s%s", out.len ? "\n" : "", zone_line(mem, action));
    }
    text = buf_cstr(&out);
    return text && *text ? json_string(text) : json_null();
}

/* The text of `key` as a sentence. */
static void say(json_t *json, const char *key)
{
    json_object_set_new(json, key, view_sentence(json_string_value(json_object_get(json, key))));
}

/* The finding as it was stored, with what a template cannot ask. */
static json_t *finding_json(struct arena *mem, const char *text)
{
    json_t *finding = text ? json_loads(text, 0, NULL) : NULL;
    json_t *actions = json_object_get(finding, "actions");

    if (!finding)
        return json_false();
    json_object_set_new(finding, "has_records",
                        json_boolean(json_array_size(actions) > 0 ||
                                     json_array_size(json_object_get(finding, "found")) > 0));
    json_object_set_new(finding, "zone", zone_of(mem, actions));
    say(finding, "title");
    say(finding, "detail");
    return finding;
}

static json_t *name_json(struct arena *mem, const struct status_name *view)
{
    const struct domain_name *name = view->name;
    bool is_ok = strcmp(name->dns_state, "ok") == 0;
    json_t *json = view_name(mem, name->name);
    json_t *rest = json_pack("{s:s, s:b, s:s, s:b, s:b, s:o, s:o, s:o}", "state", name->dns_state,
                             "is_ok", is_ok, "style", is_ok ? "state-good" : "state-warn",
                             "is_secured", view->is_secured, "is_alias", name->is_alias, "who",
                             view_who(view->who_acts), "checked", view_time(name->checked_at),
                             "next_look", view_time(name->next_look_at));

    json_object_update_new(json, rest);
    json_object_set_new(json, arena_printf(mem, "is_%s", name->dns_state), json_true());
    json_object_set_new(json, "finding", finding_json(mem, name->finding));
    return json;
}

static json_t *names_json(struct arena *mem, const struct status *status)
{
    json_t *list = json_array();

    /* the domain itself first */
    for (size_t i = 0; i < status->domain_name_count; i++) {
        const struct status_name *view = &status->domain_names[i];
        bool is_itself = strcmp(view->name->name, status->domain->name) == 0;

        json_array_insert_new(list, is_itself ? 0 : json_array_size(list), name_json(mem, view));
    }
    return list;
}

/* Whether a finding of a name has a record to be set there. */
static bool is_told(const json_t *names, const char *fqdn)
{
    const json_t *name, *action;
    size_t i, k;

    json_array_foreach(names, i, name)
    {
        json_array_foreach(json_object_get(json_object_get(name, "finding"), "actions"), k, action)
        {
            const char *told = json_string_value(json_object_get(action, "fqdn"));

            if (told && strcmp(told, fqdn) == 0)
                return true;
        }
    }
    return false;
}

/* The records that prove wildcards, for records.html, but those that a finding has already. */
static json_t *delegations_json(struct arena *mem, const struct domain *domain, const json_t *names,
                                const struct delegation_list *list)
{
    json_t *actions = json_array(), *json;
    const char *registered = domain->registered_domain;

    for (size_t i = 0; i < list->count; i++) {
        const char *fqdn = list->items[i]->name;

        if (!is_told(names, fqdn))
            json_array_append_new(
                actions, json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "op", "replace", "type",
                                   "CNAME", "name", host_field(mem, registered, fqdn), "fqdn", fqdn,
                                   "value", list->items[i]->targets[0], "ttl", CHECK_RECORD_TTL));
    }
    if (json_array_size(actions) == 0) {
        json_decref(actions);
        return json_false();
    }
    json = json_pack("{s:s, s:o, s:s?}", "name", hostname_unicode(mem, domain->name), "actions",
                     actions, "instructions", record_form_general(mem, registered));
    json_object_set_new(json, "zone", zone_of(mem, actions));
    return json;
}

static json_t *events_json(struct arena *mem, const struct event_list *events, int64_t from)
{
    json_t *list = json_array();

    for (size_t i = 0; i < events->count; i++) {
        const struct event *event = &events->items[i];
        int64_t after = event->at - from;
        bool is_soon = after >= 0 && after < FIRST_MINUTES_MS;

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:o, s:o}", "id", event->id, "kind", event->kind,
                            "text", view_sentence(event->text), "after",
                            is_soon ? json_string(arena_printf(mem, "+%lld.%03lld s",
                                                               (long long)(after / 1000),
                                                               (long long)(after % 1000)))
                                    : json_null(),
                            "at", view_time(event->at)));
    }
    return list;
}

static json_t *certificate_json(const struct certificate *certificate)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:s}", "serial", certificate->serial, "issuer",
                     certificate->issuer, "not_before", view_time(certificate->not_before_at),
                     "not_after", view_time(certificate->not_after_at), "fingerprint",
                     certificate->key_fingerprint, "key_type", certificate->key_type);
}

static json_t *order_json(const struct cert_order *order)
{
    return json_pack("{s:s, s:s, s:b, s:o, s:s, s:b, s:s?, s:s?, s:s?}", "id", order->id, "state",
                     order_state_name(order->state), "is_placed", order->state == ORDER_PLACED,
                     "placed", view_time(order->placed_at), "ca", order->ca, "is_auto_renew",
                     order->is_auto_renew, "country", order->country, "place_state",
                     order->state_or_province, "city", order->city);
}

static json_t *subscription_json(const struct subscription *subscription)
{
    return json_pack("{s:o, s:b}", "term_end", view_time(subscription->term_end_at),
                     "is_auto_renew", subscription->is_auto_renew);
}

static json_t *edge_json(const struct status_edge *edge)
{
    return json_pack("{s:s, s:s, s:b, s:b, s:b, s:o}", "name", edge->name, "condition",
                     edge_condition_name(edge->condition), "is_following",
                     edge->condition == EDGE_FOLLOWING, "is_proven", edge->is_proven,
                     "is_last_seen", edge->is_last_seen, "proven_at", view_time(edge->proven_at));
}

static json_t *edges_json(struct arena *mem, const struct status *status)
{
    json_t *list = json_array();

    for (size_t i = 0; i < status->edge_count; i++)
        json_array_append_new(list, edge_json(&status->edges[i]));
    return json_pack("{s:s, s:o}", "text",
                     arena_printf(mem, "%zu/%zu", status->proven, status->counted), "items", list);
}

static json_t *vantage_json(const json_t *seen)
{
    const char *result = json_string_value(json_object_get(seen, "result"));
    bool is_same = result && strcmp(result, "same") == 0;
    bool is_silent = result && strcmp(result, "silent") == 0;

    return json_pack("{s:O?, s:O?, s:s, s:b, s:b, s:o}", "region", json_object_get(seen, "region"),
                     "edge", json_object_get(seen, "edge"), "style",
                     is_same     ? "state-good"
                     : is_silent ? "state-off"
                                 : "state-warn",
                     "is_same", is_same, "is_silent", is_silent, "difference",
                     view_sentence(json_string_value(json_object_get(seen, "text"))));
}

/* Where else the names were looked at from, and whether the same was seen there; false: nowhere. */
static json_t *vantages_json(struct arena *mem, const struct status *s)
{
    json_t *seen = s->vantage ? json_loads(s->vantage->seen, 0, NULL) : NULL;
    json_t *items = json_array(), *one;
    size_t i, same = 0;

    json_array_foreach(seen, i, one)
    {
        json_t *item = vantage_json(one);

        same += json_is_true(json_object_get(item, "is_same"));
        json_array_append_new(items, item);
    }
    json_decref(seen);
    if (json_array_size(items) == 0) {
        json_decref(items);
        return json_false();
    }
    return json_pack("{s:s, s:o}", "text",
                     arena_printf(mem, "%zu/%zu", same, json_array_size(items)), "items", items);
}

static bool has_live(const struct status *s)
{
    return s->certificate && s->certificate->state == CERTIFICATE_LIVE;
}

/* What still works while something is under way or wrong. */
static void add_meanwhile(json_t *json, const struct status *s)
{
    bool is_waiting = s->badge.kind == BADGE_SETTING_UP || s->badge.kind == BADGE_ACTION_NEEDED ||
                      s->badge.kind == BADGE_AT_RISK;

    if (!is_waiting)
        return;
    if (has_live(s))
        json_object_set_new(json, "meanwhile_old", view_time(s->certificate->not_after_at));
    else
        json_object_set_new(json, "meanwhile_http", json_true());
}

static void add_renewal(json_t *json, const struct status_renewal *renewal)
{
    if (renewal->state == RENEWAL_NONE)
        return;
    json_object_set_new(json, "renewal",
                        json_pack("{s:o, s:o, s:o}", "text", view_sentence(renewal->next), "at",
                                  view_time(renewal->at), "reason",
                                  view_sentence(renewal->reason)));
}

/* What its registry has said; who holds it is not known here. */
static json_t *registration_json(struct arena *mem, const struct domain_registration *said)
{
    json_t *states = json_loads(said->states, 0, NULL), *shown = json_array(), *state, *row;
    size_t i;

    json_array_foreach(states, i, state)
    {
        row = json_pack("{s:O}", "code", state);
        json_object_set_new(row, arena_printf(mem, "is_%s", json_string_value(state)), json_true());
        json_array_append_new(shown, row);
    }
    json_decref(states);
    return json_pack("{s:b, s:o, s:o, s:o}", "is_registered", said->is_registered, "expires",
                     view_time(said->expires_at), "seen", view_time(said->seen_at), "states",
                     shown);
}

json_t *view_status(struct arena *mem, const struct status *s,
                    const struct delegation_list *delegations, const struct event_list *events)
{
    json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:b, s:o}", "domain",
                             view_domain(mem, s->domain), "badge", view_badge(s), "names",
                             names_json(mem, s), "locations", edges_json(mem, s), "next",
                             view_sentence(s->next), "next_at", view_time(s->next_at), "site_url",
                             s->site_url, "is_busy", s->badge.kind == BADGE_SETTING_UP, "can_order",
                             !s->domain->is_removed && !s->subscription &&
                                 (!s->order || s->order->state != ORDER_PLACED),
                             "who", view_who(s->badge.who_acts));

    json_object_set_new(json, "events",
                        events_json(mem, events, s->order ? s->order->placed_at : INT64_MAX));
    json_object_set_new(json, "has_more_events", json_boolean(events->has_more));
    json_object_set_new(json, "is_look",
                        json_boolean(s->issuance && !issuance_state_is_final(s->issuance->state)));
    json_object_set_new(
        json, "delegations",
        delegations_json(mem, s->domain, json_object_get(json, "names"), delegations));
    json_object_set_new(json, "vantages", vantages_json(mem, s));
    add_meanwhile(json, s);
    add_renewal(json, &s->renewal);
    if (s->issuance && s->issuance->error_text && s->badge.kind == BADGE_ACTION_NEEDED)
        json_object_set_new(json, "problem_title", view_sentence(s->issuance->error_text));
    if (has_live(s))
        json_object_set_new(json, "live_url", json_string(s->site_url));
    if (s->registration)
        json_object_set_new(json, "registration", registration_json(mem, s->registration));
    json_object_set_new(json, "lapses", view_time(s->lapses_at - s->lapses_at % LAPSE_SHOWN_MS));
    if (s->order)
        json_object_set_new(json, "order", order_json(s->order));
    if (s->certificate)
        json_object_set_new(json, "certificate", certificate_json(s->certificate));
    if (s->subscription)
        json_object_set_new(json, "subscription", subscription_json(s->subscription));
    json_object_set_new(json, "is_removed", json_boolean(s->domain->is_removed));
    return json;
}
