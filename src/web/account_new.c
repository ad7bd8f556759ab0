/* SPDX-License-Identifier: Apache-2.0 */

/* account_new: a new customer of a partner, made by its people or by the operator. */
#include "app/mail_address.h"
#include "app/partner.h"
#include "base/id.h"
#include "http/fields.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/place.h"

enum { F_PARTNER = WEB_FIRST_FIELD, F_NAME, F_EMAIL, F_COUNTRY, F_STATE, F_CITY, COUNT };
static const struct http_field fields[COUNT] = {
    WEB_FORM_FIELDS,
    [F_PARTNER] = {.name = "partner_id", .type = FIELD_TEXT, .max = ID_SIZE},
    [F_NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .max = APP_TEXT_MAX},
    [F_EMAIL] = {.name = "email", .type = FIELD_TEXT, .is_required = true, .max = EMAIL_MAX},
    [F_COUNTRY] = {.name = "country", .type = FIELD_TEXT, .max = 8},
    [F_STATE] = {.name = "state", .type = FIELD_TEXT, .max = WEB_PLACE_TEXT_MAX},
    [F_CITY] = {.name = "city", .type = FIELD_TEXT, .max = WEB_PLACE_TEXT_MAX},
};

static const char *given(const struct http_value *value)
{
    return value->text ? value->text : "";
}

static void add_partner(const struct partner *partner, const char *chosen, json_t *rows)
{
    json_array_append_new(rows,
                          json_pack("{s:s, s:s, s:b}", "id", partner->id, "name", partner->name,
                                    "is_chosen", strcmp(chosen, partner->id) == 0));
}

/* The one that the page was opened for, wherever the list has it; then the others. */
static bool list_partners(struct http_req *req, const char *chosen, json_t *rows, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const struct scope *scope = &call->who.caller.scope;
    const struct page all = {.limit = PAGE_LIMIT_MAX};
    const struct partner *partner;
    struct partner_list list;

    if (!partner_store_get(req->mem, call->app->db, scope, chosen, &partner, err) ||
        !partner_store_list(req->mem, call->app->db, scope, &all, &list, err))
        return false;
    if (partner)
        add_partner(partner, chosen, rows);
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].id, chosen) != 0)
            add_partner(&list.items[i], chosen, rows);
    return true;
}

/* The operator says whose customer it is. */
static bool add_partners(struct http_req *req, const char *chosen, json_t *data, struct err *err)
{
    json_t *rows;

    if (web_call_of(req)->who.user->partner_id)
        return true;
    rows = json_array();
    json_object_set_new(data, "has_partners", json_true());
    json_object_set_new(data, "partners", rows);
    return list_partners(req, chosen, rows, err);
}

static bool show(struct http_req *req, struct http_res *res, const struct http_value *value,
                 const struct err *problem, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    json_t *data =
        json_pack("{s:s, s:s}", "name", given(&value[F_NAME]), "email", given(&value[F_EMAIL]));

    web_add_place(call->app, given(&value[F_COUNTRY]), given(&value[F_STATE]),
                  given(&value[F_CITY]), data);
    if (!add_partners(req, given(&value[F_PARTNER]), data, err) ||
        (problem && !web_take_problem(data, problem))) {
        json_decref(data);
        return false;
    }
    return web_reply_page(req, res,
                          &(struct web_page){.name = "account_new",
                                             .title = "account_new.title",
                                             .place = "accounts",
                                             .status = problem ? WEB_FORM_AGAIN : 0,
                                             .data = data},
                          err);
}

static bool need_whole_partner(const struct http_req *req, struct err *err)
{
    return !web_call_of(req)->who.user->account_id ||
           err_set(err, ERR_FORBIDDEN, "an account cannot add accounts");
}

bool web_get_new_account(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field query[] = {
        {.name = "partner_id", .type = FIELD_TEXT, .max = ID_SIZE}};
    struct http_value value[COUNT] = {0};

    return need_whole_partner(req, err) &&
           http_query_fields(req, query, ARRAY_LEN(query), &value[F_PARTNER], err) &&
           show(req, res, value, NULL, err);
}

static bool add(struct http_req *req, struct http_value *value, const struct account **out,
                struct err *err)
{
    const struct web_call *call = web_call_of(req);

    if (!http_form_fields(req, fields, COUNT, value, err))
        return false;
    web_drop_old_state(call->app, &value[F_COUNTRY], &value[F_STATE]);
    return app_account_create(call->app, &call->who.caller, req->mem,
                              &(struct account_input){.partner_id = *given(&value[F_PARTNER])
                                                                        ? value[F_PARTNER].text
                                                                        : NULL,
                                                      .name = value[F_NAME].text,
                                                      .email = value[F_EMAIL].text,
                                                      .country = value[F_COUNTRY].text,
                                                      .state = value[F_STATE].text,
                                                      .city = value[F_CITY].text},
                              out, err);
}

bool web_post_new_account(struct http_req *req, struct http_res *res, struct err *err)
{
    struct http_value value[COUNT] = {0};
    const struct account *account;
    struct err problem;

    if (!need_whole_partner(req, err))
        return false;
    if (add(req, value, &account, err))
        return web_redirect(res, arena_printf(req->mem, "/accounts/%s", account->id));
    problem = *err;
    if (err_actor(err->code) != ACTOR_CALLER)
        return false;
    return show(req, res, value, &problem, err);
}
