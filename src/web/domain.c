/* SPDX-License-Identifier: Apache-2.0 */

/* domain: the certificate of a domain: badge, names and what to set for them, CDN locations, the
 * timeline as it happens; "Check again" and cancelling. */
#include "app/order.h"
#include "base/hash.h"
#include "http/event_stream.h"
#include "http/fields.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/view.h"

#define EVENTS_SHOWN   200
#define STREAM_WAIT_MS 25000

/* The latest events of the domain, oldest first. */
static bool find_events(struct http_req *req, const char *domain_id, struct event_list *out,
                        struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct event_filter filter = {.page = {.limit = EVENTS_SHOWN}, .domain_id = domain_id};

    do {
        if (!event_store_list(req->mem, call->app->db, &call->who.caller.scope, &filter, out, err))
            return false;
        if (out->count > 0)
            filter.page.after = out->items[out->count - 1].id;
    } while (out->has_more);
    return true;
}

static bool find_status(struct http_req *req, json_t **out, struct status *status, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct event_list events;

    if (!app_status(call->app, &call->who.caller, req->mem, http_param(req, "domain"), status,
                    err) ||
        !find_events(req, status->domain->id, &events, err))
        return false;
    *out = view_status(req->mem, status, &events);
    return true;
}

bool web_get_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    struct status status;
    json_t *data;

    if (!find_status(req, &data, &status, err))
        return false;
    return web_reply_page(req, res,
                          &(struct web_page){.name = "domain",
                                             .title = json_string_value(json_object_get(
                                                 json_object_get(data, "domain"), "name")),
                                             .place = "accounts",
                                             .data = data},
                          err);
}

/* What the panel shows is known by its hash: an event is sent only when it has changed. */
static const char *hash_of(struct arena *mem, struct slice html)
{
    unsigned char hash[SHA256_SIZE];

    hash_sha256(html, hash);
    return hex_encode(mem, slice_of(hash, 8));
}

bool web_follow_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    const char *seen = http_last_event_id(req), *now;
    struct status status;
    struct slice html;
    json_t *data;

    http_watch(req, COMMIT_WATCH_EVENTS);
    if (!find_status(req, &data, &status, err) ||
        !web_render_part(req, "status_panel", data, &html, err))
        return false;
    now = hash_of(req->mem, html);
    if (!seen || strcmp(seen, now) != 0)
        return http_reply_event(res, now, html);
    if (req->turn == HTTP_DEADLINE)
        return http_reply_no_event(res);
    return http_park(res, STREAM_WAIT_MS);
}

/* What a button on the page does to the newest order. */
typedef bool act_on_order(const struct app *app, const struct caller *caller, struct arena *mem,
                          const char *order_id, struct err *err);

static bool act(struct http_req *req, struct http_res *res, act_on_order *run, struct err *err)
{
    static const struct http_field fields[] = {WEB_FORM_FIELDS};
    const struct web_call *call = web_call_of(req);
    struct http_value value[ARRAY_LEN(fields)];
    struct status status;

    if (!http_form_fields(req, fields, ARRAY_LEN(fields), value, err) ||
        !app_status(call->app, &call->who.caller, req->mem, http_param(req, "domain"), &status,
                    err))
        return false;
    if (!status.order)
        return err_set(err, ERR_CONFLICT, "nothing was ordered for %s", status.domain->name);
    return run(call->app, &call->who.caller, req->mem, status.order->id, err) &&
           web_redirect(res, arena_printf(req->mem, "/domains/%s", status.domain->id));
}

bool web_post_check(struct http_req *req, struct http_res *res, struct err *err)
{
    return act(req, res, app_order_check_again, err);
}

static bool cancel(const struct app *app, const struct caller *caller, struct arena *mem,
                   const char *order_id, struct err *err)
{
    const struct cert_order *order;

    return app_order_cancel(app, caller, mem, order_id, &order, err);
}

bool web_post_cancel(struct http_req *req, struct http_res *res, struct err *err)
{
    return act(req, res, cancel, err);
}
