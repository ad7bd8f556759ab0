/* SPDX-License-Identifier: Apache-2.0 */

/* domain: the certificate of a domain: badge, names and what to set for them, CDN locations, the
 * timeline as it happens. */
#include "app/care.h"
#include "app/site.h"
#include "base/hash.h"
#include "http/event_stream.h"
#include "store/order_store.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/view.h"

#define EVENTS_SHOWN   100
#define STREAM_WAIT_MS 25000

/* Those of a domain that was released lead nowhere. */
static bool find_delegations(struct http_req *req, const struct domain *domain,
                             struct delegation_list *out, struct err *err)
{
    const struct app *app = web_call_of(req)->app;
    struct name_set names;

    *out = (struct delegation_list){0};
    return domain->is_removed || (app_domain_names(app, req->mem, domain, &names, err) &&
                                  app_delegations_of(app, req->mem, domain->id, &names, out, err));
}

static bool find_status(struct http_req *req, json_t **out, struct status *status, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct event_filter filter = {.page = {.limit = EVENTS_SHOWN}};
    struct delegation_list delegations;
    struct event_list events;

    if (!app_status(call->app, &call->who.caller, req->mem, http_param(req, "domain"), status, err))
        return false;
    filter.domain_id = status->domain->id;
    if (!event_store_latest(req->mem, call->app->db, &call->who.caller.scope, &filter, &events,
                            err) ||
        !find_delegations(req, status->domain, &delegations, err))
        return false;
    *out = view_status(req->mem, status, &delegations, &events);
    return true;
}

/* An order is shown where its certificate is. */
bool web_get_order(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const char *id = http_param(req, "order");
    const struct cert_order *order;

    if (!order_store_get(req->mem, call->app->db, &call->who.caller.scope, id, &order, err))
        return false;
    if (!order)
        return err_set(err, ERR_NOT_FOUND, "there is no order %.40s", id);
    return web_redirect(res, arena_printf(req->mem, "/domains/%s", order->domain_id));
}

/* The version before the panel: what is stored in between is sent once more, never missed. */
static bool find_version(struct http_req *req, const char **out, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const char *id = http_param(req, "domain");

    if (!domain_store_version(req->mem, call->app->db, &call->who.caller.scope, id, out, err))
        return false;
    return *out || err_set(err, ERR_NOT_FOUND, "there is no domain %.40s", id);
}

/* Whoever opens it cares: what the page says of that is true once it is shown. */
bool web_get_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const char *version;
    struct status status;
    json_t *data;

    if (!find_version(req, &version, err))
        return false;
    app_care_seen(call->app, req->mem, http_param(req, "domain"));
    if (!find_status(req, &data, &status, err))
        return false;
    return web_reply_page(req, res,
                          &(struct web_page){.name = "domain",
                                             .title = "domain.title",
                                             .about = json_string_value(json_object_get(
                                                 json_object_get(data, "domain"), "name")),
                                             .place = "accounts",
                                             .data = data},
                          err);
}

/* What a client has seen: "<version>.<hash of the panel>". The version tells without rendering that
 * nothing has happened; the hash, at the end of each wait, whether time alone changed something. */
static const char *state_id(struct arena *mem, const char *version, struct slice html)
{
    unsigned char hash[SHA256_SIZE];

    hash_sha256(html, hash);
    return arena_printf(mem, "%s.%s", version, hex_encode(mem, slice_of(hash, 8)));
}

static bool is_version(const char *seen, const char *version)
{
    size_t len = strlen(version);

    return seen && strncmp(seen, version, len) == 0 && seen[len] == '.' &&
           !strchr(seen + len + 1, '.');
}

bool web_follow_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    const char *seen = http_last_event_id(req), *version, *now;
    struct status status;
    struct slice html;
    json_t *data;

    http_watch(req, commit_watch_domain(req->mem, http_param(req, "domain")));
    if (!find_version(req, &version, err))
        return false;
    if (req->turn != HTTP_DEADLINE && is_version(seen, version))
        return http_park(res, STREAM_WAIT_MS);
    app_care_seen(web_call_of(req)->app, req->mem, http_param(req, "domain"));
    if (!find_status(req, &data, &status, err) ||
        !web_render_part(req, "status_panel", data, &html, err))
        return false;
    now = state_id(req->mem, version, html);
    if (seen && strcmp(seen, now) == 0)
        return http_reply_no_event(res);
    return http_reply_event(res, now, html);
}
