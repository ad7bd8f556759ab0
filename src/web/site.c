/* SPDX-License-Identifier: Apache-2.0 */

/* site: Settings of a website: Enable SSL (https), and which address visitors end at. */
#include "app/site.h"

#include "http/fields.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/view.h"

static bool find_site(const struct http_req *req, const struct site **out, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const char *id = http_param(req, "site");

    if (!site_store_get(req->mem, call->app->db, &call->who.caller.scope, id, out, err))
        return false;
    return *out || err_set(err, ERR_NOT_FOUND, "there is no site %.40s", id);
}

/* The domains of the site, each with its badge and where it stands. */
static bool domains_of(struct http_req *req, const struct site *site, json_t *rows, bool *is_live,
                       struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const struct domain_filter filter = {.page = {.limit = PAGE_LIMIT_MAX}, .site_id = site->id};
    struct domain_list list;

    *is_live = false;
    if (!domain_store_list(req->mem, call->app->db, &call->who.caller.scope, &filter, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++) {
        struct status status;
        json_t *row;

        if (!app_status(call->app, &call->who.caller, req->mem, list.items[i].id, &status, err))
            return false;
        row = view_domain(req->mem, status.domain);
        json_object_set_new(row, "badge", view_badge(&status));
        json_object_set_new(row, "next", view_sentence(status.next));
        json_object_set_new(row, "site_url", json_string(status.site_url));
        json_array_append_new(rows, row);
        *is_live =
            *is_live || (status.certificate && status.certificate->state == CERTIFICATE_LIVE);
    }
    return true;
}

/* One sentence: what visitors get now, and when that changes. */
static const char *sentence_key(const struct site *site, bool is_live)
{
    if (site->is_https_on)
        return is_live ? "site.on_live" : "site.on_waiting";
    return is_live ? "site.off_live" : "site.off_none";
}

static bool show(struct http_req *req, struct http_res *res, const struct site *site, int status,
                 struct err *err)
{
    const struct web_call *call = web_call_of(req);
    json_t *rows = json_array(), *data;
    const char *example;
    bool is_live, is_www = strcmp(site->canonical, "www") == 0;

    if (!domains_of(req, site, rows, &is_live, err)) {
        json_decref(rows);
        return false;
    }
    example = json_string_value(json_object_get(json_array_get(rows, 0), "name"));
    data = json_pack(
        "{s:s, s:s, s:s, s:b, s:b, s:s, s:o, s:s}", "id", site->id, "name", site->name,
        "account_id", site->account_id, "is_https_on", site->is_https_on, "is_www", is_www,
        "example", example ? example : "example.com", "domains", rows, "sentence",
        catalogue_text(req->mem, call->web->catalogue, sentence_key(site, is_live), NULL));
    return web_reply_page(req, res,
                          &(struct web_page){.name = "site",
                                             .title = "site.title",
                                             .about = site->name,
                                             .place = "accounts",
                                             .status = status,
                                             .data = data},
                          err);
}

bool web_get_site(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct site *site;

    return find_site(req, &site, err) && show(req, res, site, 0, err);
}

bool web_post_site(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { F_HTTPS = WEB_FIRST_FIELD, F_CANONICAL, COUNT };
    static const struct http_field fields[COUNT] = {
        WEB_FORM_FIELDS,
        [F_HTTPS] = {.name = "https", .type = FIELD_BOOL},
        [F_CANONICAL] = {.name = "canonical", .type = FIELD_TEXT, .is_required = true, .max = 8},
    };
    const struct web_call *call = web_call_of(req);
    struct http_value value[COUNT];
    struct site_change change = {0};
    const struct site *site;

    if (!find_site(req, &site, err) || !http_form_fields(req, fields, COUNT, value, err))
        return false;
    change.is_https_on = &value[F_HTTPS].is_true;
    change.site_id = site->id;
    change.canonical = value[F_CANONICAL].text;
    return app_site_change(call->app, &call->who.caller, req->mem, &change, &site, err) &&
           web_redirect(res, arena_printf(req->mem, "/sites/%s/settings", site->id));
}
