/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "base/id.h"
#include "store/event_store.h"

#define WAIT_MAX_S 25

static json_t *to_json(const struct event *event)
{
    return json_pack("{s:s, s:s?, s:s?, s:s?, s:s, s:o, s:s, s:o, s:o}", "id", event->id,
                     "partner_id", event->partner_id, "account_id", event->account_id, "domain_id",
                     event->domain_id, "subject_id", event->subject_id, "at", api_time(event->at),
                     "kind", event->kind, "text", http_json_text(event->text), "data",
                     api_stored_json(event->data));
}

/* The cursor is always there, so that whoever follows can go on from the end: of the last event,
 * else the one that was sent. */
static bool reply(struct http_res *res, const struct event_list *list, const char *after)
{
    const char *last = list->count ? list->items[list->count - 1].id : after;
    json_t *items = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(items, to_json(&list->items[i]));
    return http_reply_json(res, 200,
                           json_pack("{s:o, s:s?, s:b}", "items", items, "next_cursor",
                                     last ? api_cursor(res->mem, last) : NULL, "has_more",
                                     list->has_more));
}

bool api_list_events(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { Q_DOMAIN = Q_FIRST, Q_SUBJECT, Q_WAIT, COUNT };
    static const struct http_field fields[COUNT] = {
        API_PAGE_FIELDS,
        [Q_DOMAIN] = API_FILTER("domain_id", ID_SIZE),
        [Q_SUBJECT] = API_FILTER("subject_id", ID_SIZE),
        [Q_WAIT] = {.name = "wait", .type = FIELD_NUMBER, .min = 0, .max = WAIT_MAX_S},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    struct event_filter filter = {0};
    struct event_list list;

    if (!api_read_list(req, fields, COUNT, in, &filter.page, err))
        return false;
    filter.domain_id = in[Q_DOMAIN].text;
    filter.subject_id = in[Q_SUBJECT].text;
    http_watch(req, filter.domain_id ? commit_watch_domain(req->mem, filter.domain_id)
                                     : COMMIT_WATCH_EVENTS);
    if (!event_store_list(req->mem, call->app.db, &call->caller.scope, &filter, &list, err))
        return false;
    if (list.count == 0 && in[Q_WAIT].number > 0 && req->turn != HTTP_DEADLINE)
        return http_park(res, in[Q_WAIT].number * 1000);
    return reply(res, &list, filter.page.after);
}
