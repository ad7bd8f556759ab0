/* SPDX-License-Identifier: Apache-2.0 */

/* accounts: the list of accounts, to be searched, sorted and paged; for the operator the partners,
 * and the accounts of one. */
#include "app/partner_share.h"
#include "http/fields.h"
#include "store/account_store.h"
#include "store/partner_store.h"
#include "web/handlers.h"
#include "web/list.h"
#include "web/page.h"
#include "web/view.h"

static const struct web_column account_columns[] = {
    {"accounts.name", "name", ACCOUNT_BY_NAME},
    {"accounts.email", "email", ACCOUNT_BY_EMAIL},
    {"accounts.partner", "partner", ACCOUNT_BY_PARTNER},
};
static const struct web_list_kind
    /* the partner's own, or those of one partner */
    accounts_kind = {.columns = account_columns, .count = ARRAY_LEN(account_columns) - 1},
    all_accounts_kind = {.columns = account_columns, .count = ARRAY_LEN(account_columns)};

/* `with_partner`: its name too, which is looked up. */
static bool add_account(const struct web_call *call, struct arena *mem,
                        const struct account *account, bool with_partner, json_t *rows,
                        struct err *err)
{
    json_t *row = view_account(account);
    const struct partner *partner = NULL;

    json_array_append_new(rows, row);
    if (!with_partner)
        return true;
    if (!partner_store_get(mem, call->app->db, &call->who.caller.scope, account->partner_id,
                           &partner, err))
        return false;
    json_object_set_new(row, "partner_id", json_string(account->partner_id));
    json_object_set_new(row, "partner_name", json_string(partner ? partner->name : ""));
    return true;
}

static bool add_accounts(struct http_req *req, const struct account_list *list, bool with_partner,
                         json_t *rows, struct err *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (!add_account(web_call_of(req), req->mem, &list->items[i], with_partner, rows, err))
            return false;
    return true;
}

static void add_cap(json_t *json, const char *key, int64_t number)
{
    json_object_set_new(json, key, number > 0 ? json_integer(number) : json_false());
}

/* What it is called, and what it may. A cap of 0 is none. */
static bool add_partner(struct http_req *req, const struct partner *partner, json_t *data,
                        struct err *err)
{
    struct partner_share share;
    json_t *json;

    if (!app_partner_share_of(web_call_of(req)->app, req->mem, partner->id, &share, err))
        return false;
    json = json_pack("{s:s, s:s, s:s, s:I}", "id", partner->id, "name", partner->name, "brand",
                     partner->brand, "weight", (json_int_t)share.weight);
    add_cap(json, "waiting_max", share.waiting_max);
    add_cap(json, "orders_per_hour", share.orders_per_hour);
    add_cap(json, "checks_per_min", share.checks_per_min);
    add_cap(json, "requests_per_min", share.requests_per_min);
    json_object_set_new(data, "partner", json);
    return true;
}

/* The accounts of the scope: of all partners, or of `partner`. */
static bool list_accounts(struct http_req *req, struct http_res *res, const struct scope *scope,
                          const struct partner *partner, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const bool with_partner = scope->kind == SCOPE_PLATFORM;
    struct web_page page = {.name = "accounts",
                            .title = "accounts.title",
                            .about = partner ? partner->name : NULL,
                            .place = partner ? "partners" : "accounts"};
    struct account_sorting sorting;
    struct account_list list;
    struct web_list in;
    json_t *rows;

    if (!web_read_list(req, with_partner ? &all_accounts_kind : &accounts_kind, &in, err))
        return false;
    sorting = (struct account_sorting){in.page, (enum account_sort)in.column->sort, in.search};
    if (!account_store_sorted(req->mem, call->app->db, scope, &sorting, &list, err))
        return false;
    rows = json_array();
    page.data = web_list_json(req, &in, rows, list.has_more ? list.items[list.count - 1].id : NULL);
    json_object_set_new(page.data, "with_partner", json_boolean(with_partner));
    json_object_set_new(page.data, "can_add", json_boolean(!call->who.user->account_id));
    if ((partner && !add_partner(req, partner, page.data, err)) ||
        !add_accounts(req, &list, with_partner, rows, err)) {
        json_decref(page.data);
        return false;
    }
    json_object_set_new(page.data, "is_empty", json_boolean(list.count == 0));
    return web_reply_page(req, res, &page, err);
}

bool web_list_accounts(struct http_req *req, struct http_res *res, struct err *err)
{
    return list_accounts(req, res, &web_call_of(req)->who.caller.scope, NULL, err);
}

bool web_get_partner(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const char *id = http_param(req, "partner");
    const struct partner *partner;
    struct scope scope;

    if (!app_need_operator(&call->who.caller, "see partners", err) ||
        !partner_store_get(req->mem, call->app->db, &call->who.caller.scope, id, &partner, err))
        return false;
    if (!partner)
        return err_set(err, ERR_NOT_FOUND, "there is no partner %.40s", id);
    scope = scope_partner(partner->id);
    return list_accounts(req, res, &scope, partner, err);
}

static const struct web_column partner_columns[] = {
    {"partners.name", "name", PARTNER_BY_NAME},
    {"partners.brand", "brand", PARTNER_BY_BRAND},
};
static const struct web_list_kind partners_kind = {.columns = partner_columns,
                                                   .count = ARRAY_LEN(partner_columns)};

bool web_list_partners(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    struct web_page page = {.name = "partners", .title = "partners.title", .place = "partners"};
    struct partner_sorting sorting;
    struct partner_list list;
    struct web_list in;
    json_t *rows;

    if (!app_need_operator(&call->who.caller, "see partners", err) ||
        !web_read_list(req, &partners_kind, &in, err))
        return false;
    sorting = (struct partner_sorting){in.page, (enum partner_sort)in.column->sort, in.search};
    if (!partner_store_sorted(req->mem, call->app->db, &call->who.caller.scope, &sorting, &list,
                              err))
        return false;
    rows = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(rows, json_pack("{s:s, s:s, s:s}", "id", list.items[i].id, "name",
                                              list.items[i].name, "brand", list.items[i].brand));
    page.data = web_list_json(req, &in, rows, list.has_more ? list.items[list.count - 1].id : NULL);
    return web_reply_page(req, res, &page, err);
}
