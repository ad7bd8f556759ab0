/* SPDX-License-Identifier: Apache-2.0 */
#include "web/page.h"

#include "base/clock.h"
#include "http/response.h"
#include "store/partner_store.h"
#include "web/assets.h"
#include "web/view.h"

/* Only what comes from here, nothing inline (CSP level 3). */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                             "img-src 'self' data:; connect-src 'self'; form-action 'self'; "
                             "base-uri 'none'; frame-ancestors 'none'";

static bool find_brand(const struct web_call *call, struct arena *mem, const char **out,
                       struct err *err)
{
    const struct partner *partner = NULL;

    if (call && call->session && call->who.user->partner_id &&
        !partner_store_get(mem, call->app->db, &call->who.caller.scope, call->who.user->partner_id,
                           &partner, err))
        return false;
    *out = partner ? partner->brand : call ? call->app->config->platform.brand : "";
    return true;
}

static json_t *user_json(const struct web_call *call)
{
    const struct user *user = call->who.user;

    return json_pack("{s:s, s:s, s:b}", "name", user->name, "email", user->email, "is_operator",
                     user->partner_id == NULL);
}

/* Adds what all pages have. */
static void add_frame(const struct web *web, const struct web_call *call, json_t *data)
{
    json_object_set(data, "t", catalogue_json(web->catalogue));
    json_object_set_new(data, "style", json_string(web_asset_path("app.css")));
    json_object_set_new(data, "script", json_string(web_asset_path("app.js")));
    json_object_set_new(data, "icon", json_string(web_asset_path("icon.svg")));
    if (!call)
        return;
    json_object_set_new(data, "is_sandbox",
                        json_boolean(call->app->config->mode == CONFIG_SANDBOX));
    if (call->form_code)
        json_object_set_new(data, "form_code", json_string(call->form_code));
    if (call->session)
        json_object_set_new(data, "user", user_json(call));
}

static bool reply_html(struct http_res *res, int status, struct slice html)
{
    http_res_header(res, "Content-Security-Policy", policy);
    http_res_header(res, "Vary", "HX-Request");
    http_res_header(res, "Referrer-Policy", "same-origin"); /* else a form's Origin is "null" */
    return http_reply_bytes(res, status, "text/html; charset=utf-8", html);
}

bool web_render_part(struct http_req *req, const char *name, json_t *data, struct slice *out,
                     struct err *err)
{
    struct web *web = req->context;
    bool is_made;

    add_frame(web, web_call_of(req), data);
    is_made = template_render(req->mem, web->templates, name, data, out, err);
    json_decref(data);
    return is_made;
}

bool web_reply_part(struct http_req *req, struct http_res *res, const char *name, json_t *data,
                    struct err *err)
{
    struct slice html;

    return web_render_part(req, name, data, &html, err) && reply_html(res, 200, html);
}

/* What a whole page has beside add_frame(). */
static void add_head(struct http_req *req, const char *brand, const char *title, const char *about,
                     json_t *data)
{
    const struct web *web = req->context;

    json_object_set_new(data, "brand", json_string(brand));
    json_object_set_new(data, "now", json_string(clock_text_in(req->mem, clock_now())));
    json_object_set_new(data, "title",
                        json_string(catalogue_text(req->mem, web->catalogue, title, NULL)));
    if (about)
        json_object_set_new(data, "about", http_json_text(about));
}

bool web_reply_page(struct http_req *req, struct http_res *res, const struct web_page *page,
                    struct err *err)
{
    json_t *data = page->data ? page->data : json_object();
    const char *brand;
    struct slice html;

    if (!find_brand(web_call_of(req), req->mem, &brand, err)) {
        json_decref(data);
        return false;
    }
    add_head(req, brand, page->title, page->about, data);
    if (page->place)
        json_object_set_new(data, arena_printf(req->mem, "at_%s", page->place), json_true());
    return web_render_part(req, page->name, data, &html, err) &&
           reply_html(res, page->status ? page->status : 200, html);
}

/* What heads the page of an error, by its HTTP status. */
static const struct {
    int status;
    const char *title;
} problem_titles[] = {
    {401, "problem.signed_out"}, {403, "problem.forbidden"}, {404, "problem.not_found"},
    {405, "problem.bad_method"}, {409, "problem.conflict"},  {410, "problem.gone"},
    {429, "problem.wait"},       {500, "problem.internal"},  {503, "problem.busy"},
};

static const char *problem_title(const struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(problem_titles); i++)
        if (problem_titles[i].status == err_http(err->code))
            return problem_titles[i].title;
    return "problem.title";
}

/* What people read about an error that has no page of its own. */
static json_t *problem_json(const struct http_res *res, const struct err *err)
{
    bool is_internal = err_http(err->code) == 500;
    const struct web *web = res->req->context;
    const char *title = catalogue_text(res->mem, web->catalogue, problem_title(err), NULL);

    return json_pack("{s:i, s:s, s:o, s:s, s:s, s:b, s:s?}", "status", err_http(err->code), "code",
                     err_name(err->code), "text",
                     is_internal ? json_null() : view_sentence(err->text), "request", res->req->id,
                     "heading", title, "is_internal", is_internal, "sign_in",
                     err->code == ERR_UNAUTHENTICATED ? web_sign_in_path(res->req) : NULL);
}

/* The brand that the visitor knows; the platform's when it cannot be found now. */
static const char *brand_of(struct http_req *req)
{
    const struct web *web = req->context;
    struct err ignored = {0};
    const char *brand;

    if (web_call_of(req) && find_brand(web_call_of(req), req->mem, &brand, &ignored))
        return brand;
    return web->app->config->platform.brand;
}

bool web_problem(struct http_res *res, const struct err *err)
{
    struct http_req *req = (struct http_req *)(uintptr_t)res->req;
    const char *name = http_req_header(req, "HX-Request") ? "problem_part" : "problem";
    json_t *data = problem_json(res, err);
    struct err failed = {0};
    struct slice html;

    res->err = *err;
    http_res_retry_after(res, err);
    if (err->code == ERR_BAD_METHOD)
        http_res_header(res, "Allow", http_allow(res->mem, req->match.allowed));
    add_head(req, brand_of(req), problem_title(err), NULL, data);
    if (!web_render_part(req, name, data, &html, &failed))
        html = slice_str("error");
    return reply_html(res, err_http(err->code), html);
}

int web_form_status(const struct err *err)
{
    return err->code == ERR_RATE_LIMITED ? err_http(err->code) : WEB_FORM_AGAIN;
}

bool web_take_problem(json_t *data, const struct err *err)
{
    if (err_actor(err->code) != ACTOR_CALLER && err->code != ERR_RATE_LIMITED)
        return false;
    json_object_set_new(
        data, "problem",
        json_pack("{s:s, s:o}", "field", err->field, "text", view_sentence(err->text)));
    if (err->field[0]) {
        char key[sizeof("problem_") + ERR_FIELD_MAX];

        snprintf(key, sizeof(key), "problem_%s", err->field);
        json_object_set_new(data, key, view_sentence(err->text));
    }
    return true;
}
