/* SPDX-License-Identifier: Apache-2.0 */
#include "web/view.h"

#include <time.h>

#include "base/clock.h"
#include "http/response.h"
#include "model/hostname.h"

json_t *view_sentence(const char *text)
{
    json_t *json = http_json_text(text);
    const char *shown = json_string_value(json);
    json_t *capital;

    if (!shown || *shown < 'a' || *shown > 'z' || memchr(shown, '.', strcspn(shown, " ")))
        return json;
    capital = json_sprintf("%c%s", *shown - 'a' + 'A', shown + 1);
    json_decref(json);
    return capital;
}

json_t *view_time(int64_t at)
{
    const time_t s = (time_t)(at / 1000);
    char iso[CLOCK_TEXT_SIZE], text[64];
    struct tm tm;

    if (at == 0 || !gmtime_r(&s, &tm))
        return json_null();
    strftime(text, sizeof(text), "%e %b %Y, %H:%M:%S UTC", &tm);
    return json_pack("{s:s, s:s}", "iso", clock_text(at, iso), "text",
                     text[0] == ' ' ? text + 1 : text);
}

static const char *const badge_styles[BADGE_COUNT] = {
    [BADGE_NOT_SECURED] = "state-off",       [BADGE_SETTING_UP] = "state-busy",
    [BADGE_ACTION_NEEDED] = "state-warn",    [BADGE_AT_RISK] = "state-bad",
    [BADGE_TEST_CERTIFICATE] = "state-test", [BADGE_SECURED] = "state-good",
};

json_t *view_badge(const struct status *status)
{
    return json_pack("{s:s, s:s, s:s}", "code", badge_name(status->badge.kind), "text",
                     status->badge_text, "style", badge_styles[status->badge.kind]);
}

json_t *view_domain(struct arena *mem, const struct domain *domain)
{
    return json_pack("{s:s, s:s, s:s?, s:s}", "id", domain->id, "name",
                     hostname_unicode(mem, domain->name), "site_id", domain->site_id, "account_id",
                     domain->account_id);
}

json_t *view_account(const struct account *account)
{
    return json_pack("{s:s, s:s, s:s}", "id", account->id, "name", account->name, "email",
                     account->email);
}

/* The finding as it was stored, with what a template cannot ask: whether lists are empty. */
static json_t *finding_json(const char *text)
{
    json_t *finding = text ? json_loads(text, 0, NULL) : NULL;

    if (!finding)
        return json_false();
    json_object_set_new(finding, "has_found",
                        json_boolean(json_array_size(json_object_get(finding, "found")) > 0));
    json_object_set_new(finding, "has_actions",
                        json_boolean(json_array_size(json_object_get(finding, "actions")) > 0));
    return finding;
}

static json_t *name_json(struct arena *mem, const struct issuance_name *name)
{
    bool is_ok = strcmp(name->dns_state, "ok") == 0;
    json_t *json =
        json_pack("{s:s, s:s, s:b, s:s}", "name", hostname_unicode(mem, name->name), "state",
                  name->dns_state, "is_ok", is_ok, "style", is_ok ? "state-good" : "state-warn");

    json_object_set_new(json, arena_printf(mem, "is_%s", name->dns_state), json_true());
    json_object_set_new(json, "finding", finding_json(name->finding));
    return json;
}

static json_t *names_json(struct arena *mem, const struct issuance_name_list *names)
{
    json_t *list = json_array();

    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(list, name_json(mem, &names->items[i]));
    return list;
}

static json_t *events_json(struct arena *mem, const struct event_list *events, int64_t from)
{
    json_t *list = json_array();

    for (size_t i = 0; i < events->count; i++) {
        const struct event *event = &events->items[i];
        int64_t after = event->at > from ? event->at - from : 0;

        json_array_append_new(
            list, json_pack("{s:s, s:s, s:o, s:s, s:o}", "id", event->id, "kind", event->kind,
                            "text", view_sentence(event->text), "after",
                            arena_printf(mem, "+%lld.%03lld s", (long long)(after / 1000),
                                         (long long)(after % 1000)),
                            "at", view_time(event->at)));
    }
    return list;
}

static json_t *certificate_json(const struct certificate *certificate)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:s}", "serial", certificate->serial, "issuer",
                     certificate->issuer, "not_before", view_time(certificate->not_before_at),
                     "not_after", view_time(certificate->not_after_at), "fingerprint",
                     certificate->key_fingerprint);
}

static json_t *order_json(const struct cert_order *order)
{
    return json_pack("{s:s, s:s, s:b, s:o}", "id", order->id, "state",
                     order_state_name(order->state), "is_placed", order->state == ORDER_PLACED,
                     "placed", view_time(order->placed_at));
}

static json_t *edges_json(struct arena *mem, const struct status *status)
{
    json_t *list = json_array();

    for (size_t i = 0; i < status->edge_count; i++) {
        const struct status_edge *edge = &status->edges[i];

        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:b, s:b}", "name", edge->name, "condition",
                                        edge_condition_name(edge->condition), "is_proven",
                                        edge->is_proven, "is_counted", edge->is_counted));
    }
    return json_pack("{s:s, s:I, s:I, s:o}", "text",
                     arena_printf(mem, "%zu/%zu", status->proven, status->counted), "proven",
                     (json_int_t)status->proven, "counted", (json_int_t)status->counted, "items",
                     list);
}

json_t *view_status(struct arena *mem, const struct status *s, const struct event_list *events)
{
    int64_t from = s->order ? s->order->placed_at : 0;
    json_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:b, s:b}", "domain",
                             view_domain(mem, s->domain), "badge", view_badge(s), "names",
                             names_json(mem, &s->names), "locations", edges_json(mem, s), "next",
                             http_json_text(s->next), "next_at", view_time(s->next_at), "site_url",
                             s->site_url, "is_busy", s->badge.kind == BADGE_SETTING_UP, "can_order",
                             !s->subscription && (!s->order || s->order->state != ORDER_PLACED));

    json_object_set_new(json, "events", events_json(mem, events, from));
    if (s->issuance && s->issuance->error_text && s->badge.kind == BADGE_ACTION_NEEDED)
        json_object_set_new(json, "problem_title", http_json_text(s->issuance->error_text));
    if (s->order)
        json_object_set_new(json, "order", order_json(s->order));
    if (s->certificate)
        json_object_set_new(json, "certificate", certificate_json(s->certificate));
    if (s->subscription)
        json_object_set_new(json, "term_end", view_time(s->subscription->term_end_at));
    return json;
}
