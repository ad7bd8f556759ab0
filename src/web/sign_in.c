/* SPDX-License-Identifier: Apache-2.0 */

/* sign_in: signing in by address and password, choosing a password by a link that works once, and
 * signing out. */
#include "app/mail_address.h"
#include "app/password.h"
#include "http/fields.h"
#include "web/handlers.h"
#include "web/page.h"
#include "web/url.h"

static bool show_sign_in(struct http_req *req, struct http_res *res, json_t *data, int status,
                         struct err *err)
{
    const struct web_page page = {
        .name = "sign_in", .title = "sign_in.title", .status = status, .data = data};

    return web_reply_page(req, res, &page, err);
}

bool web_get_sign_in(struct http_req *req, struct http_res *res, struct err *err)
{
    const char *next = web_safe_next(http_query(req, "next"));

    if (web_call_of(req)->session)
        return web_redirect(res, next);
    return show_sign_in(req, res, json_pack("{s:s}", "next", next), 0, err);
}

bool web_post_sign_in(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { F_EMAIL = WEB_FIRST_FIELD, F_PASSWORD, F_NEXT, COUNT };
    static const struct http_field fields[COUNT] = {
        WEB_FORM_FIELDS,
        [F_EMAIL] =
            {.name = "email", .type = FIELD_TEXT, .is_required = true, .min = 1, .max = EMAIL_MAX},
        [F_PASSWORD] =
            {.name = "password", .type = FIELD_TEXT, .is_required = true, .min = 1, .max = 200},
        [F_NEXT] = {.name = "next", .type = FIELD_TEXT, .max = WEB_NEXT_MAX},
    };
    const struct web_call *call = web_call_of(req);
    struct http_value in[COUNT] = {0};
    const char *session;
    json_t *data;

    if (http_form_fields(req, fields, COUNT, in, err) &&
        app_sign_in(call->app, req->mem,
                    &(struct sign_in_input){in[F_EMAIL].text, in[F_PASSWORD].text, req->client},
                    &session, err)) {
        web_begin_session(res, session);
        return web_redirect(res, web_safe_next(in[F_NEXT].text));
    }
    data = json_pack("{s:s, s:s}", "next", web_safe_next(in[F_NEXT].text), "email",
                     in[F_EMAIL].text ? in[F_EMAIL].text : "");
    if (!web_take_problem(data, err)) {
        json_decref(data);
        return false;
    }
    return show_sign_in(req, res, data, web_form_status(err), err);
}

bool web_post_sign_out(struct http_req *req, struct http_res *res, struct err *err)
{
    static const struct http_field fields[] = {WEB_FORM_FIELDS};
    const struct web_call *call = web_call_of(req);
    struct http_value in[ARRAY_LEN(fields)];

    if (!http_form_fields(req, fields, ARRAY_LEN(fields), in, err) ||
        !app_sign_out(call->app, call->session, err))
        return false;
    web_end_session(res);
    return web_redirect(res, "/sign-in");
}

static bool show_welcome(struct http_req *req, struct http_res *res, const struct user *user,
                         const struct err *problem, struct err *err)
{
    const char *hint = catalogue_text(req->mem, web_call_of(req)->web->catalogue, "welcome.hint",
                                      "min", arena_printf(req->mem, "%d", PASSWORD_MIN), NULL);
    const struct web_page page = {.name = "welcome",
                                  .title = "welcome.title",
                                  .status = problem ? WEB_FORM_AGAIN : 0,
                                  .data = json_pack("{s:s, s:s, s:s}", "name", user->name, "email",
                                                    user->email, "hint", hint)};

    if (problem && !web_take_problem(page.data, problem)) {
        json_decref(page.data);
        *err = *problem;
        return false;
    }
    return web_reply_page(req, res, &page, err);
}

bool web_get_welcome(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct user *user;

    return app_login_link_find(web_call_of(req)->app, req->mem, http_param(req, "secret"), &user,
                               err) &&
           show_welcome(req, res, user, NULL, err);
}

bool web_post_welcome(struct http_req *req, struct http_res *res, struct err *err)
{
    enum { F_PASSWORD = WEB_FIRST_FIELD, COUNT };
    static const struct http_field fields[COUNT] = {
        WEB_FORM_FIELDS,
        [F_PASSWORD] = {.name = "password", .type = FIELD_TEXT, .is_required = true, .max = 4096},
    };
    const struct web_call *call = web_call_of(req);
    const char *secret = http_param(req, "secret"), *session;
    struct http_value in[COUNT];
    const struct user *user;
    struct err problem;

    if (!app_login_link_find(call->app, req->mem, secret, &user, err))
        return false;
    if (!http_form_fields(req, fields, COUNT, in, err) ||
        !app_login_link_use(call->app, req->mem, secret, in[F_PASSWORD].text, &session, err)) {
        problem = *err;
        return show_welcome(req, res, user, &problem, err);
    }
    web_begin_session(res, session);
    return web_redirect(res, "/");
}
