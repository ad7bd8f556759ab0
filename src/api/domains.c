/* SPDX-License-Identifier: Apache-2.0 */
#include "api/call.h"
#include "api/handlers.h"
#include "api/json.h"
#include "api/list.h"
#include "app/delegation.h"
#include "app/leave.h"
#include "app/names.h"
#include "app/site.h"
#include "base/id.h"

json_t *api_domain_json(const struct domain *domain)
{
    return json_pack("{s:s, s:s, s:s, s:s?, s:s, s:s, s:b, s:o}", "id", domain->id, "partner_id",
                     domain->partner_id, "account_id", domain->account_id, "site_id",
                     domain->site_id, "name", domain->name, "registered_domain",
                     domain->registered_domain, "removed", domain->is_removed, "created_at",
                     api_time(domain->created_at));
}

/* The records to set, once and for good. */
static json_t *delegations_json(const struct delegation_list *list)
{
    json_t *items = json_array();

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(items,
                              json_pack("{s:s, s:s, s:s}", "type", "CNAME", "name",
                                        list->items[i]->name, "value", list->items[i]->targets[0]));
    return items;
}

/* One domain, with what only it is asked for: the name for eyes, the names that it covers, and what
 * proves them. */
static json_t *full_json(struct arena *mem, const struct domain *domain,
                         const struct name_set *names, const struct delegation_list *delegations)
{
    json_t *json = api_domain_json(domain);

    json_object_set_new(json, "unicode", http_json_text(hostname_unicode(mem, domain->name)));
    json_object_set_new(json, "names", api_texts((struct text_list){names->count, names->names}));
    json_object_set_new(json, "offered", http_json_text(names->offered));
    json_object_set_new(json, "left_out", http_json_text(names->left_out));
    json_object_set_new(json, "left_out_why", http_json_text(names->left_out_why));
    json_object_set_new(json, "delegations", delegations_json(delegations));
    return json;
}

static bool reply_domain(const struct http_req *req, struct http_res *res, int status,
                         const struct domain *domain, struct err *err)
{
    const struct app *app = &api_call_of(req)->app;
    struct delegation_list delegations;
    struct name_set names;

    return app_domain_names(app, req->mem, domain, &names, err) &&
           app_delegations_of(app, req->mem, domain->id, &names, &delegations, err) &&
           http_reply_json(res, status, full_json(req->mem, domain, &names, &delegations));
}

/* The domains that are called exactly so, whatever else begins with the name. */
static bool find_named(const struct http_req *req, struct domain_filter *filter, json_t *items,
                       struct err *err)
{
    const struct api_call *call = api_call_of(req);
    struct domain_list list;

    do {
        if (!domain_store_list(req->mem, call->app.db, &call->caller.scope, filter, &list, err))
            return false;
        for (size_t i = 0; i < list.count; i++) {
            filter->page.after = list.items[i].id;
            if (strcmp(list.items[i].name, filter->name_prefix) == 0)
                json_array_append_new(items, api_domain_json(&list.items[i]));
        }
    } while (list.has_more);
    return true;
}

static bool reply_named(const struct http_req *req, struct http_res *res,
                        struct domain_filter *filter, const char *typed, struct err *err)
{
    json_auto_t *items = json_array();
    struct hostname name;

    if (!hostname_parse(req->mem, api_call_of(req)->app.suffixes, typed, &name, err))
        return false;
    filter->name_prefix = name.name;
    filter->page = (struct page){.limit = PAGE_LIMIT_MAX};
    return find_named(req, filter, items, err) && api_reply_list(res, json_incref(items), NULL);
}

bool api_list_domains(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { Q_SITE = Q_FIRST, Q_NAME, Q_PREFIX, Q_REMOVED, COUNT };
    static const struct http_field fields[COUNT] = {
        API_PAGE_FIELDS,
        [Q_SITE] = API_FILTER("site_id", ID_SIZE),
        [Q_NAME] = API_FILTER("name", HOSTNAME_INPUT_MAX),
        [Q_PREFIX] = API_FILTER("name_prefix", HOSTNAME_MAX),
        [Q_REMOVED] = {.name = "with_removed", .type = FIELD_BOOL},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    struct domain_filter filter = {0};
    struct domain_list list;
    json_t *items;

    if (!api_read_list(req, fields, COUNT, in, &filter.page, err))
        return false;
    filter.site_id = in[Q_SITE].text;
    filter.name_prefix = in[Q_PREFIX].text;
    filter.with_removed = in[Q_REMOVED].is_true;
    if (in[Q_NAME].text)
        return reply_named(req, res, &filter, in[Q_NAME].text, err);
    if (!domain_store_list(req->mem, call->app.db, &call->caller.scope, &filter, &list, err))
        return false;
    items = json_array();
    for (size_t i = 0; i < list.count; i++)
        json_array_append_new(items, api_domain_json(&list.items[i]));
    return api_reply_list(res, items, list.has_more ? list.items[list.count - 1].id : NULL);
}

bool api_add_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { SITE, NAME, COUNT };
    static const struct http_field fields[COUNT] = {
        [SITE] =
            {.name = "site_id", .type = FIELD_TEXT, .is_required = true, .min = 1, .max = ID_SIZE},
        [NAME] = {.name = "name",
                  .type = FIELD_TEXT,
                  .is_required = true,
                  .min = 1,
                  .max = HOSTNAME_INPUT_MAX},
    };
    struct http_value in[COUNT];
    struct api_call *call = api_call_of(req);
    const struct domain *domain;

    if (!http_body_fields(req, fields, COUNT, in, err) ||
        !app_domain_add(&call->app, &call->caller, req->mem,
                        &(struct domain_input){in[SITE].text, in[NAME].text}, &domain, err))
        return false;
    http_res_header(res, "Location", arena_printf(req->mem, "/v1/domains/%s", domain->id));
    return reply_domain(req, res, 201, domain, err);
}

bool api_get_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const char *id = http_param(req, "id");
    const struct domain *domain;

    if (!domain_store_get(req->mem, call->app.db, &call->caller.scope, id, &domain, err))
        return false;
    if (!domain)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.40s", id);
    return reply_domain(req, res, 200, domain, err);
}

bool api_remove_domain(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field fields[] = {{.name = "cancel_subscription", .type = FIELD_BOOL}};
    struct http_value in[ARRAY_LEN(fields)];
    struct api_call *call = api_call_of(req);
    const struct domain *domain;

    return http_query_fields(req, fields, ARRAY_LEN(fields), in, err) &&
           app_domain_remove(&call->app, &call->caller, req->mem,
                             &(struct domain_removal){http_param(req, "id"), in[0].is_true},
                             &domain, err) &&
           http_reply_json(res, 200, api_domain_json(domain));
}

bool api_add_name(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field fields[] = {{.name = "name",
                                                .type = FIELD_TEXT,
                                                .is_required = true,
                                                .min = 1,
                                                .max = HOSTNAME_INPUT_MAX}};
    struct http_value in[ARRAY_LEN(fields)];
    struct api_call *call = api_call_of(req);
    const struct domain *domain;

    return http_body_fields(req, fields, ARRAY_LEN(fields), in, err) &&
           app_name_add(&call->app, &call->caller, req->mem,
                        &(struct name_input){http_param(req, "id"), in[0].text}, &domain, err) &&
           reply_domain(req, res, 201, domain, err);
}

bool api_remove_name(struct http_req *req, struct http_res *res, struct err *err)
{
    struct api_call *call = api_call_of(req);
    const struct domain *domain;

    return app_name_remove(&call->app, &call->caller, req->mem,
                           &(struct name_input){http_param(req, "id"), http_param(req, "name")},
                           &domain, err) &&
           reply_domain(req, res, 200, domain, err);
}
