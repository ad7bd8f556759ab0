/* SPDX-License-Identifier: Apache-2.0 */

/* site: Settings of a website: Enable SSL (https), and which address visitors end at. */
#include "app/site.h"

#include "app/site_progress.h"
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

/* Whether visitors of the domain can be at www too. */
static bool has_www(const struct web_call *call, struct arena *mem, const struct domain *domain,
                    bool *out, struct err *err)
{
    const struct site at_www = {.canonical = "www"};
    struct name_set names;

    if (!app_domain_names(call->app, mem, domain, &names, err))
        return false;
    *out = app_site_canonical(&at_www, &names, NULL) != names.names[0];
    return true;
}

/* A domain with its badge and where it stands. */
static bool add_domain(const struct web_call *call, struct arena *mem, const char *id, json_t *rows,
                       struct err *err)
{
    struct status status;
    bool is_www;
    json_t *row;

    if (!app_status(call->app, &call->who.caller, mem, id, &status, err) ||
        !has_www(call, mem, status.domain, &is_www, err))
        return false;
    row = view_domain(mem, status.domain);
    json_object_set_new(row, "badge", view_badge(&status));
    json_object_set_new(row, "next", view_sentence(status.next));
    json_object_set_new(row, "has_www", json_boolean(is_www));
    json_array_append_new(rows, row);
    return true;
}

static bool add_domains(struct http_req *req, const struct site *site, json_t *rows,
                        struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const struct domain_filter filter = {.page = {.limit = PAGE_LIMIT_MAX}, .site_id = site->id};
    struct domain_list list;

    if (!domain_store_list(req->mem, call->app->db, &call->who.caller.scope, &filter, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (!add_domain(call, req->mem, list.items[i].id, rows, err))
            return false;
    return true;
}

/* One sentence: what visitors get now, and when that changes; and how soon to ask again. */
static const struct {
    const char *text;
    const char *again; /* hx-trigger; NULL: it stays so until somebody changes it */
} sentences[2][2] = {
    /* [Enable SSL][a certificate is live] */
    {{"site.off_none", NULL}, {"site.off_live", NULL}},
    {{"site.on_waiting", "every 5s"}, {"site.on_live", NULL}},
};

/* The data of site_state.html. */
static json_t *state_json(const struct http_req *req, const struct site *site,
                          const struct site_progress *progress)
{
    const struct web *web = web_call_of(req)->web;
    bool is_applied = progress->applied == progress->counted || !progress->is_live;
    const char *key =
        is_applied ? sentences[site->is_https_on][progress->is_live].text : "site.applying";
    const char *again =
        is_applied ? sentences[site->is_https_on][progress->is_live].again : "every 1s";
    const char *text = catalogue_text(req->mem, web->catalogue, key, "applied",
                                      arena_printf(req->mem, "%zu", progress->applied), "counted",
                                      arena_printf(req->mem, "%zu", progress->counted), NULL);

    return json_pack("{s:s, s:s, s:s?}", "id", site->id, "sentence", text, "again", again);
}

static bool find_state(struct http_req *req, const struct site *site, json_t **out, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct site_progress progress;

    if (!app_site_progress(call->app, &call->who.caller, req->mem, site, &progress, err))
        return false;
    *out = state_json(req, site, &progress);
    return true;
}

/* Where visitors end: a choice only where there is a www. */
static void add_canonical(const struct site *site, const json_t *rows, json_t *data)
{
    const char *example = NULL;
    const json_t *row;
    size_t i;

    json_array_foreach(rows, i, row)
    {
        if (!example && json_is_true(json_object_get(row, "has_www")))
            example = json_string_value(json_object_get(row, "name"));
    }
    json_object_set_new(data, "canonical", json_string(site->canonical));
    json_object_set_new(data, "is_www", json_boolean(strcmp(site->canonical, "www") == 0));
    json_object_set_new(data, "example", example ? json_string(example) : json_null());
}

static bool show(struct http_req *req, struct http_res *res, const struct site *site,
                 struct err *err)
{
    json_t *rows = json_array(), *data;

    if (!add_domains(req, site, rows, err) || !find_state(req, site, &data, err)) {
        json_decref(rows);
        return false;
    }
    json_object_set_new(data, "name", json_string(site->name));
    json_object_set_new(data, "account_id", json_string(site->account_id));
    json_object_set_new(data, "is_https_on", json_boolean(site->is_https_on));
    add_canonical(site, rows, data);
    json_object_set_new(data, "domains", rows);
    return web_reply_page(req, res,
                          &(struct web_page){.name = "site",
                                             .title = "site.title",
                                             .about = site->name,
                                             .place = "accounts",
                                             .data = data},
                          err);
}

bool web_get_site(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct site *site;

    return find_site(req, &site, err) && show(req, res, site, err);
}

bool web_get_site_state(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct site *site;
    json_t *data;

    return find_site(req, &site, err) && find_state(req, site, &data, err) &&
           web_reply_part(req, res, "site_state", data, err);
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
