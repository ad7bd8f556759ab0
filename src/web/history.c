/* SPDX-License-Identifier: Apache-2.0 */

/* history: what looks have seen of the names of a domain, as it changed: the newest first. */
#include "base/id.h"
#include "http/fields.h"
#include "model/dns_verdict.h"
#include "model/hostname.h"
#include "store/history_store.h"
#include "web/handlers.h"
#include "web/list.h"
#include "web/page.h"
#include "web/url.h"
#include "web/view.h"

static json_t *row_json(struct arena *mem, const struct name_change *change)
{
    json_t *row = view_name(mem, change->name);

    json_object_update_new(row, json_pack("{s:o, s:o, s:b, s:b}", "at", view_time(change->at),
                                          "title", view_sentence(change->title), "is_ok",
                                          strcmp(change->dns_state, dns_verdict_name(DNS_OK)) == 0,
                                          "varies", change->varies));
    json_object_set_new(row, arena_printf(mem, "is_%s", change->dns_state), json_true());
    json_object_update_new(row, json_loads(change->seen, 0, NULL));
    return row;
}

static json_t *address(struct arena *mem, const char *domain_id, const char *search,
                       const char *after)
{
    const char *path = arena_printf(mem, "/domains/%s/history?search=%s", domain_id,
                                    search ? web_url_encode(mem, search) : "");

    return after ? json_sprintf("%s&after=%s", path, web_url_encode(mem, after))
                 : json_string(path);
}

static json_t *to_json(struct arena *mem, const struct domain *domain,
                       const struct http_value *search, const struct history_filter *filter,
                       const struct name_change_list *list)
{
    const char *text = search->is_given && *search->text ? search->text : NULL;
    json_t *rows = json_array(), *data;

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(rows, row_json(mem, &list->items[i]));
    data = json_pack("{s:o, s:s, s:b, s:b, s:o}", "domain", view_domain(mem, domain), "search",
                     text ? text : "", "is_empty", list->count == 0, "is_searched", text != NULL,
                     "rows", rows);
    if (list->has_more)
        json_object_set_new(data, "next_page",
                            address(mem, domain->id, text, list->items[list->count - 1].id));
    if (filter->page.after)
        json_object_set_new(data, "first_page", address(mem, domain->id, text, NULL));
    return data;
}

bool web_get_history(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { SEARCH, AFTER, COUNT };
    static const struct http_field fields[COUNT] = {
        [SEARCH] = {.name = "search", .type = FIELD_TEXT, .max = WEB_SEARCH_MAX},
        [AFTER] = {.name = "after", .type = FIELD_TEXT, .min = 1, .max = ID_SIZE},
    };
    const struct web_call *call = web_call_of(req);
    struct history_filter filter = {.domain_id = http_param(req, "domain"),
                                    .page = {.limit = WEB_LIST_LIMIT}};
    struct web_page page = {.name = "history", .title = "history.title", .place = "accounts"};
    struct name_change_list list;
    const struct domain *domain;
    struct http_value in[COUNT];

    if (!http_query_fields(req, fields, COUNT, in, err) ||
        !domain_store_get(req->mem, call->app->db, &call->who.caller.scope, filter.domain_id,
                          &domain, err))
        return false;
    if (!domain)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.40s", filter.domain_id);
    filter.name_prefix = in[SEARCH].is_given ? hostname_prefix(req->mem, in[SEARCH].text) : NULL;
    filter.page.after = in[AFTER].text;
    if (!history_store_list(req->mem, call->app->db, &call->who.caller.scope, &filter, &list, err))
        return false;
    page.data = to_json(req->mem, domain, &in[SEARCH], &filter, &list);
    page.about = json_string_value(json_object_get(json_object_get(page.data, "domain"), "name"));
    return web_reply_page(req, res, &page, err);
}
