/* SPDX-License-Identifier: Apache-2.0 */

/* account: the pages of one account: its subscriptions, domains and sites, and a new domain. */
#include "web/account.h"

#include "app/site.h"
#include "http/fields.h"
#include "model/hostname.h"
#include "web/domain_list.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/view.h"

bool web_find_account(const struct http_req *req, struct web_account *out, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const char *id = http_param(req, "account");

    if (!account_store_get(req->mem, call->app->db, &call->who.caller.scope, id, &out->account,
                           err))
        return false;
    if (!out->account)
        return err_set(err, ERR_NOT_FOUND, "there is no account %.40s", id);
    out->caller = call->who.caller;
    out->caller.scope = scope_account(out->account->partner_id, out->account->id);
    return true;
}

static bool reply_tab(struct http_req *req, struct http_res *res, const struct account *account,
                      struct web_page *page, struct err *err)
{
    page->about = account->name;
    json_object_set_new(page->data, "account", view_account(account));
    json_object_set_new(page->data, arena_printf(req->mem, "tab_%s", page->name), json_true());
    return web_reply_page(req, res, page, err);
}

static bool list_domains(struct http_req *req, struct http_res *res, struct web_page *page,
                         bool is_ordered_only, struct err *err)
{
    struct web_domain_list of = {.is_ordered_only = is_ordered_only};
    struct web_account in;
    struct web_list list;

    if (!web_find_account(req, &in, err) || !web_read_list(req, &web_domain_columns, &list, err))
        return false;
    of.caller = in.caller;
    return web_domain_list(req, &list, &of, &page->data, err) &&
           reply_tab(req, res, in.account, page, err);
}

bool web_list_subscriptions(struct http_req *req, struct http_res *res, struct err *err)
{
    struct web_page page = {
        .name = "subscriptions", .title = "account.subscriptions", .place = "accounts"};

    return list_domains(req, res, &page, true, err);
}

bool web_list_domains(struct http_req *req, struct http_res *res, struct err *err)
{
    struct web_page page = {.name = "domains", .title = "account.domains", .place = "accounts"};

    return list_domains(req, res, &page, false, err);
}

static json_t *site_row(const struct site *site)
{
    return json_pack("{s:s, s:s, s:b}", "id", site->id, "name", site->name, "is_https_on",
                     site->is_https_on);
}

static const struct web_column site_columns[] = {
    {"sites.site", "name", SITE_BY_NAME},
    {"sites.https", "https", SITE_BY_HTTPS},
};
static const struct web_list_kind sites_kind = {.columns = site_columns,
                                                .count = ARRAY_LEN(site_columns)};

bool web_list_sites(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct web_page page = {.name = "sites", .title = "account.sites", .place = "accounts"};
    struct site_sorting sorting;
    struct site_list found;
    struct web_account in;
    struct web_list list;
    json_t *rows;

    if (!web_find_account(req, &in, err) || !web_read_list(req, &sites_kind, &list, err))
        return false;
    sorting = (struct site_sorting){list.page, (enum site_sort)list.column->sort, list.search};
    if (!site_store_sorted(req->mem, call->app->db, &in.caller.scope, &sorting, &found, err))
        return false;
    rows = json_array();
    for (size_t i = 0; i < found.count; i++)
        json_array_append_new(rows, site_row(&found.items[i]));
    page.data =
        web_list_json(req, &list, rows, found.has_more ? found.items[found.count - 1].id : NULL);
    return reply_tab(req, res, in.account, &page, err);
}

static bool show_new_domain(struct http_req *req, struct http_res *res,
                            const struct web_account *in, json_t *data, int status, struct err *err)
{
    return reply_tab(req, res, in->account,
                     &(struct web_page){.name = "domain_new",
                                        .title = "domain_new.title",
                                        .place = "accounts",
                                        .status = status,
                                        .data = data},
                     err);
}

bool web_get_new_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    struct web_account in;

    return web_find_account(req, &in, err) && show_new_domain(req, res, &in, json_object(), 0, err);
}

/* A domain on a site of its own, which is called like it; both or none. */
static bool add_new_domain(const struct web_call *call, const struct web_account *in,
                           struct arena *mem, const char *name, const struct domain **out,
                           struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct app app = *call->app;
    const struct site *site;
    struct hostname host;

    if (!hostname_parse(mem, app.suffixes, name, &host, err) || !db_tx_begin(app.db, &tx, err))
        return false;
    app.db = tx;
    return app_site_create(&app, &in->caller, mem,
                           &(struct site_input){
                               .account_id = in->account->id,
                               .name = strlen(host.unicode) > APP_TEXT_MAX ? "Site" : host.unicode},
                           &site, err) &&
           app_domain_add(&app, &in->caller, mem,
                          &(struct domain_input){.site_id = site->id, .name = name}, out, err) &&
           db_tx_commit(&tx, err);
}

bool web_post_new_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { F_NAME = WEB_FIRST_FIELD, COUNT };
    static const struct http_field fields[COUNT] = {
        WEB_FORM_FIELDS,
        [F_NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .min = 1, .max = 1024},
    };
    const struct web_call *call = web_call_of(req);
    struct http_value value[COUNT] = {0};
    const struct domain *domain;
    struct web_account in;
    json_t *data;

    if (!web_find_account(req, &in, err))
        return false;
    if (http_form_fields(req, fields, COUNT, value, err) &&
        add_new_domain(call, &in, req->mem, value[F_NAME].text, &domain, err))
        return web_redirect(res, arena_printf(req->mem, "/domains/%s", domain->id));
    data = json_pack("{s:s}", "name", value[F_NAME].text ? value[F_NAME].text : "");
    if (!web_take_problem(data, err)) {
        json_decref(data);
        return false;
    }
    return show_new_domain(req, res, &in, data, WEB_FORM_AGAIN, err);
}
