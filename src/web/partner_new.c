/* SPDX-License-Identifier: Apache-2.0 */

/* partner_new: a new partner with the first of its people, who gets a link that works once. Either
 * all of it is stored, or nothing. */
#include "app/mail_address.h"
#include "app/partner.h"
#include "app/user.h"
#include "http/fields.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/view.h"

enum { F_NAME = WEB_FIRST_FIELD, F_BRAND, F_USER_NAME, F_EMAIL, COUNT };
static const struct http_field fields[COUNT] = {
    WEB_FORM_FIELDS,
    [F_NAME] = {.name = "name", .type = FIELD_TEXT, .is_required = true, .max = APP_TEXT_MAX},
    [F_BRAND] = {.name = "brand", .type = FIELD_TEXT, .is_required = true, .max = APP_TEXT_MAX},
    [F_USER_NAME] = {.name = "user_name",
                     .type = FIELD_TEXT,
                     .is_required = true,
                     .max = APP_TEXT_MAX},
    [F_EMAIL] = {.name = "email", .type = FIELD_TEXT, .is_required = true, .max = EMAIL_MAX},
};

struct added {
    const struct partner *partner;
    const struct user *user;
    struct login_link_made link;
};

static const char *given(const struct http_value *value)
{
    return value->text ? value->text : "";
}

static bool show(struct http_req *req, struct http_res *res, const struct http_value *value,
                 const struct err *problem, struct err *err)
{
    json_t *data = json_pack("{s:s, s:s, s:s, s:s}", "name", given(&value[F_NAME]), "brand_name",
                             given(&value[F_BRAND]), "user_name", given(&value[F_USER_NAME]),
                             "email", given(&value[F_EMAIL]));

    if (problem && !web_take_problem(data, problem)) {
        json_decref(data);
        *err = *problem;
        return false;
    }
    return web_reply_page(req, res,
                          &(struct web_page){.name = "partner_new",
                                             .title = "partner_new.title",
                                             .place = "partners",
                                             .status = problem ? WEB_FORM_AGAIN : 0,
                                             .data = data},
                          err);
}

bool web_get_new_partner(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct http_value value[COUNT] = {0};

    return app_need_operator(&web_call_of(req)->who.caller, "add a partner", err) &&
           show(req, res, value, NULL, err);
}

/* The app's "name" is of two things; the form has a field for each. */
static bool add_user(const struct app *app, const struct caller *caller, struct arena *mem,
                     const struct http_value *value, struct added *out, struct err *err)
{
    const struct user_input user = {.email = value[F_EMAIL].text,
                                    .name = value[F_USER_NAME].text,
                                    .partner_id = out->partner->id};

    if (app_user_add(app, caller, mem, &user, &out->user, err))
        return true;
    if (strcmp(err->field, "name") == 0)
        snprintf(err->field, sizeof(err->field), "user_name");
    return false;
}

static bool add(struct http_req *req, struct http_value *value, struct added *out, struct err *err)
{
    const struct web_call *call = web_call_of(req);
    const struct caller *caller = &call->who.caller;
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct app app = *call->app;

    if (!http_form_fields(req, fields, COUNT, value, err) || !db_tx_begin(app.db, &tx, err))
        return false;
    app.db = tx;
    return app_partner_create(
               &app, caller, req->mem,
               &(struct partner_input){.name = value[F_NAME].text, .brand = value[F_BRAND].text},
               &out->partner, err) &&
           add_user(&app, caller, req->mem, value, out, err) &&
           app_login_link_make(&app, caller, req->mem, out->user->id, &out->link, err) &&
           db_tx_commit(&tx, err);
}

/* The link is shown here and never again. */
static bool show_added(struct http_req *req, struct http_res *res, const struct added *added,
                       struct err *err)
{
    const struct web_call *call = web_call_of(req);
    json_t *data =
        json_pack("{s:{s:s, s:s}, s:s, s:s, s:s, s:o}", "partner", "id", added->partner->id, "name",
                  added->partner->name, "user_name", added->user->name, "email", added->user->email,
                  "link", app_login_link_url(call->app, req->mem, &added->link), "until",
                  view_time(added->link.expires_at));

    return web_reply_page(req, res,
                          &(struct web_page){.name = "partner_added",
                                             .title = "partner_added.title",
                                             .about = added->partner->name,
                                             .place = "partners",
                                             .data = data},
                          err);
}

bool web_post_new_partner(struct http_req *req, struct http_res *res, struct err *err)
{
    struct http_value value[COUNT] = {0};
    struct added added = {0};
    struct err problem;

    if (!app_need_operator(&web_call_of(req)->who.caller, "add a partner", err))
        return false;
    if (add(req, value, &added, err))
        return show_added(req, res, &added, err);
    problem = *err;
    return show(req, res, value, &problem, err);
}
