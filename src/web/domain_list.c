/* SPDX-License-Identifier: Apache-2.0 */
#include "web/domain_list.h"

#include "app/overview.h"
#include "base/clock.h"
#include "model/hostname.h"
#include "store/account_store.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/view.h"

static const struct web_column columns[] = {
    {"account.domain", "name", OVERVIEW_BY_NAME},
    {"account.state", "state", OVERVIEW_BY_BADGE},
    {"account.next", NULL, 0},
    {"account.term_end", "term", OVERVIEW_BY_TERM},
};
const struct web_list_kind web_domain_columns = {.columns = columns, .count = ARRAY_LEN(columns)};

static const struct web_column columns_of_all[] = {
    {"account.domain", "name", OVERVIEW_BY_NAME},   {"domains.account", NULL, 0},
    {"account.state", "state", OVERVIEW_BY_BADGE},  {"account.next", NULL, 0},
    {"account.term_end", "term", OVERVIEW_BY_TERM},
};
static const struct web_list_kind all_domains = {
    .columns = columns_of_all, .count = ARRAY_LEN(columns_of_all), .filter = "state"};

void web_refresh_overview(const struct web_call *call, const struct scope *scope)
{
    struct err err;
    bool is_more;

    /* what is wrong the list says */
    (void)!app_overview_refresh(call->app, scope, clock_now(), &is_more, &err);
}

static bool add_account(const struct web_call *call, const struct web_domain_list *of,
                        struct arena *mem, const char *account_id, json_t *row, struct err *err)
{
    const struct account *account;

    if (of->row != WEB_DOMAIN_ROW_WITH_ACCOUNT)
        return true;
    if (!account_store_get(mem, call->app->db, &of->caller.scope, account_id, &account, err))
        return false;
    if (account)
        json_object_set_new(row, "account", view_account(account));
    return true;
}

static bool add_row(const struct web_call *call, const struct web_domain_list *of,
                    const struct overview *overview, json_t *rows, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    struct status status;
    json_t *row;

    if (!app_status(call->app, &of->caller, mem, overview->domain_id, &status, err))
        return false;
    row = view_domain(mem, status.domain);
    json_array_append_new(rows, row);
    json_object_set_new(row, "badge", view_badge(&status));
    json_object_set_new(row, "next", view_sentence(status.next));
    json_object_set_new(row, "term_end",
                        view_time(status.subscription ? status.subscription->term_end_at : 0));
    return add_account(call, of, mem, overview->account_id, row, err);
}

static bool add_rows(const struct web_call *call, const struct web_domain_list *of,
                     const struct overview_list *list, json_t *rows, struct err *err)
{
    for (size_t i = 0; i < list->count; i++)
        if (!add_row(call, of, &list->items[i], rows, err))
            return false;
    return true;
}

bool web_domain_list(const struct http_req *req, const struct web_list *list,
                     const struct web_domain_list *of, json_t **out, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const struct overview_filter filter = {
        .page = list->page,
        .sort = (enum overview_sort)list->column->sort,
        .name_prefix = list->search ? hostname_prefix(req->mem, list->search) : NULL,
        .is_ordered_only = of->is_ordered_only,
        .badge = of->badge};
    struct overview_list found;
    json_t *rows;

    web_refresh_overview(call, &of->caller.scope);
    if (!overview_store_list(req->mem, call->app->db, &of->caller.scope, &filter, &found, err))
        return false;
    rows = json_array();
    if (!add_rows(call, of, &found, rows, err)) {
        json_decref(rows);
        return false;
    }
    *out = web_list_json(req, list, rows,
                         found.has_more ? found.items[found.count - 1].domain_id : NULL);
    return true;
}

/* The badges as choices. */
static json_t *states_json(const enum badge_kind *chosen)
{
    json_t *states = json_array();

    for (int i = 0; i < BADGE_COUNT; i++)
        json_array_append_new(states,
                              json_pack("{s:s, s:s, s:b}", "code", badge_name((enum badge_kind)i),
                                        "text", badge_label((enum badge_kind)i), "is_chosen",
                                        chosen && *chosen == (enum badge_kind)i));
    return states;
}

bool web_list_all_domains(struct http_req *req, struct http_res *res, struct err *err)
{
    struct web_domain_list of = {.caller = web_call_of(req)->who.caller,
                                 .row = WEB_DOMAIN_ROW_WITH_ACCOUNT};
    struct web_page page = {.name = "all_domains", .title = "account.domains", .place = "domains"};
    enum badge_kind badge;
    struct web_list list;

    if (!web_read_list(req, &all_domains, &list, err))
        return false;
    if (list.filter && !badge_parse(list.filter, &badge))
        return err_field(err, "state", "there is no state \"%.40s\"", list.filter);
    if (list.filter)
        of.badge = &badge;
    if (!web_domain_list(req, &list, &of, &page.data, err))
        return false;
    json_object_set_new(page.data, "states", states_json(of.badge));
    return web_reply_page(req, res, &page, err);
}
