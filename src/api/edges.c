/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "app/edge.h"
#include "app/edge_report.h"
#include "app/vantage_choice.h"
#include "base/clock.h"
#include "http/fields.h"
#include "model/edge_look.h"

/* "<epoch>-<seq>", as the feed's cursor has it. */
static json_t *place_json(int64_t epoch, int64_t seq)
{
    return epoch ? json_sprintf("%lld-%lld", (long long)epoch, (long long)seq) : json_null();
}

static json_t *behind_json(const struct edge_behind *behind, int64_t now)
{
    int64_t ms = behind->since && behind->since < now ? now - behind->since : 0;

    return json_pack("{s:I, s:I}", "records", (json_int_t)behind->records, "seconds",
                     (json_int_t)(ms / 1000));
}

static void add_state(json_t *json, const struct edge *edge, const struct edge_behind *behind)
{
    const struct edge_seen seen = edge_seen_of(edge);
    int64_t now = clock_now();

    json_object_set_new(json, "in_rotation", json_boolean(edge->is_in_rotation));
    json_object_set_new(json, "condition",
                        json_string(edge_condition_name(edge_condition_of(&seen, now))));
    json_object_set_new(json, "since",
                        api_time(edge_condition_since(&seen, edge->following_at,
                                                      edge->unanswered_at, edge->created_at, now)));
    json_object_set_new(json, "standing", json_string(edge_standing_name(edge->standing)));
    json_object_set_new(json, "standing_since", api_time(edge->standing_at));
    json_object_set_new(json, "counted", json_boolean(edge_is_counted(&seen, now)));
    json_object_set_new(json, "alarm", json_boolean(edge->standing == STANDING_DOWN));
    json_object_set_new(json, "behind", behind_json(behind, now));
    json_object_set_new(json, "next", json_string(edge_next_text(&seen, now)));
    json_object_set_new(json, "next_at", api_time(edge_look_again_at(&seen, now)));
}

static void add_times(json_t *json, const struct edge *edge)
{
    json_object_set_new(json, "acknowledged", place_json(edge->ack_epoch, edge->ack_seq));
    json_object_set_new(json, "head", place_json(edge->head_epoch, edge->head_seq));
    json_object_set_new(json, "polled_at", api_time(edge->polled_at));
    json_object_set_new(json, "acked_at", api_time(edge->acked_at));
    json_object_set_new(json, "tried_at", api_time(edge->tried_at));
    json_object_set_new(json, "tried", edge->try_text ? json_string(edge->try_text) : json_null());
    json_object_set_new(json, "created_at", api_time(edge->created_at));
}

/* What the edge says of itself, else what is seen of one that follows. */
static void add_trouble(json_t *json, const struct edge *edge, const char *said)
{
    const struct edge_seen seen = edge_seen_of(edge);

    json_object_set_new(json, "trouble",
                        said || !edge_is_deaf(&seen, clock_now())
                            ? http_json_text(said)
                            : json_sprintf("nobody can connect to it: %s", edge->try_text));
}

static json_t *hosts_json(int64_t count, struct text_list names)
{
    return json_pack("{s:I, s:o}", "count", (json_int_t)count, "names", api_texts(names));
}

static void add_report(json_t *json, const struct edge *edge, const struct edge_report *report)
{
    static const struct edge_report nothing = {0};

    report = report ? report : &nothing;
    add_trouble(json, edge, report->trouble);
    json_object_set_new(json, "unknown_hosts",
                        hosts_json(report->unknown_count, report->unknown_hosts));
    json_object_set_new(json, "kept_hosts", hosts_json(report->kept_count, report->kept_hosts));
}

static json_t *vantage_json(const struct vantage_offer *offer)
{
    if (!offer)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:I}", "region", offer->region, "offered_at",
                     api_time(offer->offered_at), "silent_at", api_time(offer->silent_at), "asked",
                     (json_int_t)offer->asked);
}

/* `report` NULL: the edge has never said anything of itself. */
static bool to_json(const struct api_call *call, const struct edge *edge,
                    const struct edge_report *report, json_t **out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct vantage_offer *offer;
    struct edge_behind behind;
    json_t *json;

    if (!edge_store_behind(call->app.db, edge, &behind, err) ||
        !vantage_store_get(mem, call->app.db, edge->id, clock_real_ms() - VANTAGE_MINUTE_MS, &offer,
                           err))
        return false;
    json = json_pack("{s:s, s:s, s:s, s:o, s:I, s:I}", "id", edge->id, "name", edge->name, "group",
                     edge->group, "addresses", api_texts(edge->addresses), "http_port",
                     (json_int_t)edge->http_port, "https_port", (json_int_t)edge->https_port);
    add_state(json, edge, &behind);
    add_times(json, edge);
    add_report(json, edge, report);
    json_object_set_new(json, "vantage", vantage_json(offer));
    *out = json;
    return true;
}

static bool reply_edge(const struct http_req *req, struct http_res *res, const struct edge *edge,
                       struct err *err)
{
    const struct api_call *call = api_call_of(req);
    const struct edge_report *report;
    json_t *body;

    return edge_report_store_get(req->mem, call->app.db, edge->id, &report, err) &&
           to_json(call, edge, report, &body, err) && http_reply_json(res, 200, body);
}

static const struct edge_report *find_report(const struct edge_report_list *reports,
                                             const char *edge_id)
{
    for (size_t i = 0; i < reports->count; i++)
        if (strcmp(reports->items[i].edge_id, edge_id) == 0)
            return &reports->items[i];
    return NULL;
}

/* Edges are few: the list has no pages, but the form of one. */
bool api_list_edges(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    struct edge_report_list reports;
    struct edge_list list;
    json_auto_t *items = json_array();

    if (!app_need_operator(&call->caller, "see the edges", err) ||
        !http_query_fields(req, NULL, 0, NULL, err) ||
        !edge_store_list(req->mem, call->app.db, NULL, &list, err) ||
        !edge_report_store_list(req->mem, call->app.db, NULL, &reports, err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        json_t *item;

        if (!to_json(call, &list.items[i], find_report(&reports, list.items[i].id), &item, err))
            return false;
        json_array_append_new(items, item);
    }
    return http_reply_json(res, 200, json_pack("{s:O, s:n}", "items", items, "next_cursor"));
}

bool api_enrol_edge(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { NAME, GROUP, ADDRESSES, HTTP, HTTPS, COUNT };
    static const struct http_field fields[COUNT] = {
        [NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .max = 63},
        [GROUP] = {.name = "group", .type = FIELD_TEXT, .min = 1, .max = 63},
        [ADDRESSES] = {.name = "addresses",
                       .type = FIELD_TEXTS,
                       .is_required = true,
                       .min = 1,
                       .max = 16,
                       .max_text = 45},
        [HTTP] = {.name = "http_port", .type = FIELD_NUMBER, .min = 1, .max = 65535},
        [HTTPS] = {.name = "https_port", .type = FIELD_NUMBER, .min = 1, .max = 65535},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    struct token_created created;
    struct edge_input input;
    const struct edge *edge;
    json_t *body;

    if (!http_body_fields(req, fields, COUNT, in, err))
        return false;
    input = (struct edge_input){
        .name = in[NAME].text,
        .group = in[GROUP].text,
        .addresses = {.items = in[ADDRESSES].texts, .count = in[ADDRESSES].count},
        .http_port = in[HTTP].is_given ? in[HTTP].number : call->app.config->edge.http_port,
        .https_port = in[HTTPS].is_given ? in[HTTPS].number : call->app.config->edge.https_port,
    };
    if (!app_edge_enrol(&call->app, &call->caller, req->mem, &input, &created, err) ||
        !edge_store_find(req->mem, call->app.db, input.name, &edge, err) ||
        !to_json(call, edge, NULL, &body, err))
        return false;
    json_object_set_new(body, "token", json_string(created.secret));
    return http_reply_json(res, 201, body);
}

bool api_change_edge(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field field = {
        .name = "in_rotation", .type = FIELD_BOOL, .is_required = true};
    struct http_value in;
    struct api_call *call = api_call_of(req);
    const struct edge *edge;

    return http_body_fields(req, &field, 1, &in, err) &&
           app_edge_set_rotation(&call->app, &call->caller, req->mem,
                                 &(struct edge_rotation){http_param(req, "id"), in.is_true}, &edge,
                                 err) &&
           reply_edge(req, res, edge, err);
}
