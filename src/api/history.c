/* SPDX-License-Identifier: Apache-2.0 */

/* history: what looks have seen of the names of a domain, as it changed. */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "model/hostname.h"
#include "store/domain_store.h"
#include "store/history_store.h"

static json_t *to_json(const struct name_change *change)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:o, s:s, s:s?, s:o, s:b}", "id", change->id, "name", change->name, "at",
        api_time(change->at), "dns", change->dns_state, "code", change->code, "title",
        change->title ? http_json_text(change->title) : json_null(), "varies", change->varies);

    json_object_update_new(json, api_stored_json(change->seen));
    return json;
}

bool api_list_history(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { Q_NAME = Q_FIRST, COUNT };
    static const struct http_field fields[COUNT] = {
        API_PAGE_FIELDS, [Q_NAME] = API_FILTER("name_prefix", HOSTNAME_MAX)};
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    struct history_filter filter = {.domain_id = http_param(req, "id")};
    const struct domain *domain;
    struct name_change_list list;
    json_t *items;

    if (!api_read_list(req, fields, COUNT, in, &filter.page, err) ||
        !domain_store_get(req->mem, call->app.db, &call->caller.scope, filter.domain_id, &domain,
                          err))
        return false;
    if (!domain)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.40s", filter.domain_id);
    filter.name_prefix = in[Q_NAME].text;
    if (!history_store_list(req->mem, call->app.db, &call->caller.scope, &filter, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, to_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}
