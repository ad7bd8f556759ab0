/* SPDX-License-Identifier: Apache-2.0 */

/* overview: the page after sign-in: what needs action first, how many domains have which badge, and
 * what has happened lately; of all that the visitor sees. */
#include "app/overview.h"

#include "app/edge.h"
#include "app/notice.h"
#include "base/clock.h"
#include "model/hostname.h"
#include "store/account_store.h"
#include "store/event_store.h"
#include "web/domain_list.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/view.h"

#define NEEDS_SHOWN  8
#define EVENTS_SHOWN 10
#define CHART_WIDTH  1000 /* of the SVG's own units */
#define SLICE_MIN    12   /* so that one of many is still seen */

static bool add_account(const struct web_call *call, struct arena *mem, const char *account_id,
                        json_t *row, struct err *err)
{
    const struct account *account;

    if (!account_store_get(mem, call->app->db, &call->who.caller.scope, account_id, &account, err))
        return false;
    if (account)
        json_object_set_new(row, "account", view_account(account));
    return true;
}

/* --- what needs action --- */

static bool add_need(const struct web_call *call, const struct overview *need, json_t *rows,
                     struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const char *what;
    struct status status;
    json_t *row;

    if (!app_status(call->app, &call->who.caller, mem, need->domain_id, &status, err))
        return false;
    what = status.issuance && !issuance_state_is_final(status.issuance->state)
               ? status.issuance->error_text
               : NULL;
    row = view_domain(mem, status.domain);
    json_array_append_new(rows, row);
    json_object_set_new(row, "badge", view_badge(&status));
    json_object_set_new(row, "what", view_sentence(what ? what : status.next));
    json_object_set_new(row, "who", view_who(need->who_acts));
    json_object_set_new(row, need->need_at > clock_now() ? "until" : "since",
                        view_time(need->need_at));
    return add_account(call, mem, need->account_id, row, err);
}

static bool add_needs(const struct http_req *req, json_t *data, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct overview_list list;
    json_t *rows = json_array();

    json_object_set_new(data, "needs", rows);
    if (!overview_store_needs(req->mem, call->app->db, &call->who.caller.scope, NEEDS_SHOWN, &list,
                              err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!add_need(call, &list.items[i], rows, err))
            return false;
    json_object_set_new(data, "has_needs", json_boolean(list.count > 0));
    json_object_set_new(data, "has_more_needs", json_boolean(list.has_more));
    return true;
}

/* --- the chart --- */

/* The badges in the order of their ranks. */
static void sort_badges(enum badge_kind order[BADGE_COUNT])
{
    for (int kind = 0; kind < BADGE_COUNT; kind++)
        order[badge_rank((enum badge_kind)kind) - 1] = (enum badge_kind)kind;
}

static int64_t width_of(int64_t count, int64_t total)
{
    int64_t width = count * CHART_WIDTH / total;

    return width < SLICE_MIN ? SLICE_MIN : width;
}

static json_t *slice_json(struct arena *mem, enum badge_kind kind, int64_t count)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:s}", "code", badge_name(kind), "text",
                     badge_label(kind), "style", view_badge_style(kind), "count", (json_int_t)count,
                     "href", arena_printf(mem, "/domains?state=%s", badge_name(kind)));
}

/* {total, width, slices: [{x, width, text, count, href, style}]}; a slice that is too thin to be
 * seen is made wider, and the whole with it. */
static json_t *chart_json(struct arena *mem, const int64_t counts[BADGE_COUNT])
{
    enum badge_kind order[BADGE_COUNT];
    json_t *slices = json_array(), *slice;
    int64_t total = 0, x = 0;

    sort_badges(order);
    for (int i = 0; i < BADGE_COUNT; i++)
        total += counts[i];
    for (int i = 0; i < BADGE_COUNT; i++) {
        int64_t count = counts[order[i]];

        if (count == 0)
            continue;
        slice = slice_json(mem, order[i], count);
        json_object_set_new(slice, "x", json_integer(x));
        json_object_set_new(slice, "width", json_integer(width_of(count, total)));
        x += width_of(count, total);
        json_array_append_new(slices, slice);
    }
    return json_pack("{s:I, s:I, s:b, s:o}", "total", (json_int_t)total, "width", (json_int_t)x,
                     "has_domains", total > 0, "slices", slices);
}

static bool add_chart(const struct http_req *req, json_t *data, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    int64_t counts[BADGE_COUNT];

    if (!overview_store_count(req->mem, call->app->db, &call->who.caller.scope, counts, err))
        return false;
    json_object_set_new(data, "chart", chart_json(req->mem, counts));
    return true;
}

/* --- what has happened --- */

static bool add_event(const struct web_call *call, const struct event *event, json_t *rows,
                      struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct domain *domain = NULL;
    json_t *row;

    if (event->domain_id && !domain_store_get(mem, call->app->db, &call->who.caller.scope,
                                              event->domain_id, &domain, err))
        return false;
    row = json_pack("{s:o, s:o}", "at", view_time(event->at), "text", view_sentence(event->text));
    if (domain)
        json_object_set_new(row, "domain", view_domain(mem, domain));
    json_array_insert_new(rows, 0, row); /* the newest first */
    return true;
}

static bool add_events(const struct http_req *req, json_t *data, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const struct event_filter filter = {.page = {.limit = EVENTS_SHOWN}};
    json_t *rows = json_array();
    struct event_list list;

    json_object_set_new(data, "events", rows);
    if (!event_store_latest(req->mem, call->app->db, &call->who.caller.scope, &filter, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!add_event(call, &list.items[i], rows, err))
            return false;
    json_object_set_new(data, "has_events", json_boolean(list.count > 0));
    return true;
}

/* --- the page --- */

/* What is the same for every domain, and no line of the overview has. */
static bool add_edges(const struct http_req *req, json_t *data, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct edge_list edges;
    size_t counted = 0;

    if (!edge_store_list(req->mem, call->app->db, NULL, &edges, err))
        return false;
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge_seen seen = edge_seen_of(&edges.items[i]);

        counted += edge_is_counted(&seen, clock_now());
    }
    json_object_set_new(data, "is_without_edge", json_boolean(counted == 0));
    return true;
}

/* What the operator is to know of the certificate authorities. */
static bool add_notices(const struct http_req *req, json_t *data, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    json_t *list = json_array();
    struct text_list notes = {0};

    json_object_set_new(data, "notices", list);
    if (!call->who.user->partner_id && !app_notices(call->app, req->mem, &notes, err))
        return false;
    for (size_t i = 0; i < notes.count; i++)
        json_array_append_new(list, view_sentence(notes.items[i]));
    return true;
}

static void add_ways(const struct user *user, struct arena *mem, json_t *data)
{
    json_object_set_new(data, "can_add_partner", json_boolean(!user->partner_id));
    json_object_set_new(data, "can_add_account", json_boolean(!user->account_id));
    json_object_set_new(data, "shows_account", json_boolean(!user->account_id));
    if (user->account_id)
        json_object_set_new(data, "own_account",
                            json_string(arena_printf(mem, "/accounts/%s", user->account_id)));
}

bool web_get_start(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct web_page page = {.name = "overview", .title = "overview.title", .place = "overview"};

    web_refresh_overview(call, &call->who.caller.scope);
    page.data = json_object();
    add_ways(call->who.user, req->mem, page.data);
    if (!add_edges(req, page.data, err) || !add_notices(req, page.data, err) ||
        !add_chart(req, page.data, err) || !add_needs(req, page.data, err) ||
        !add_events(req, page.data, err)) {
        json_decref(page.data);
        return false;
    }
    return web_reply_page(req, res, &page, err);
}
