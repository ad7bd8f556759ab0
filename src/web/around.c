/* SPDX-License-Identifier: Apache-2.0 */

/* around: what comes before every page: session and the protection of forms. A form is ours when
 * the browser says so (Origin, Fetch Metadata) and when it has the code that is derived from the
 * visitor's secret: the session's, or before sign-in that of a cookie of its own. */
#include "base/hash.h"
#include "base/random.h"
#include "http/cookie.h"
#include "http/fields.h"
#include "http/uri.h"
#include "web/call.h"
#include "web/form_guard.h"
#include "web/url.h"

#define SESSION_COOKIE "__Host-session"
#define VISITOR_COOKIE "__Host-visitor"
#define SECRET_OCTETS  32
#define COOKIE_MAX     64

void web_begin_session(struct http_res *res, const char *secret)
{
    http_set_cookie(res, SESSION_COOKIE, secret);
}

void web_end_session(struct http_res *res)
{
    http_drop_cookie(res, SESSION_COOKIE);
}

bool web_redirect(struct http_res *res, const char *path)
{
    http_res_header(res, "Location", path);
    return http_reply_empty(res, 303);
}

static const char *cookie_of(const struct http_req *req, const char *name)
{
    const char *value = http_cookie(req, name);

    return value && *value && strlen(value) <= COOKIE_MAX ? value : NULL;
}

static bool find_session(struct web_call *call, const struct http_req *req, struct http_res *res,
                         struct err *err)
{
    const char *secret = cookie_of(req, SESSION_COOKIE);
    bool is_found;

    if (!secret)
        return true;
    if (!app_session_find(call->app, req->mem, secret, &call->who, &is_found, err))
        return false;
    if (is_found)
        call->session = secret;
    else
        web_end_session(res);
    return true;
}

static const char *new_secret(struct arena *mem)
{
    unsigned char octets[SECRET_OCTETS];

    random_bytes(octets, sizeof(octets));
    return base64url_encode(mem, slice_of(octets, sizeof(octets)));
}

/* What forms are bound to: the session, else a secret that is the visitor's own from now on. */
static const char *form_secret(const struct web_call *call, const struct http_req *req,
                               struct http_res *res)
{
    const char *secret = call->session ? call->session : cookie_of(req, VISITOR_COOKIE);

    if (!secret) {
        secret = new_secret(req->mem);
        http_set_cookie(res, VISITOR_COOKIE, secret);
    }
    return secret;
}

static bool has_code(const struct web_call *call, const struct http_req *req, struct err *err)
{
    struct http_pair pairs[HTTP_QUERY_MAX];
    size_t count;

    if (!http_is_type(req, "application/x-www-form-urlencoded"))
        return err_set(err, ERR_BAD_TYPE, "a form must come as application/x-www-form-urlencoded");
    if (!uri_parse_pairs(req->mem, req->body, pairs, &count, err))
        return err_wrap(err, "the form");
    for (size_t i = 0; i < count; i++)
        if (strcmp(pairs[i].name, WEB_FORM_CODE) == 0 &&
            form_code_is(call->form_code, pairs[i].value))
            return true;
    return err_set(err, ERR_FORBIDDEN, "the form is too old: open the page again and repeat it");
}

static bool check_form(const struct web_call *call, const struct http_req *req, struct err *err)
{
    if (req->method == HTTP_GET)
        return true;
    if (!form_is_same_origin(call->app->config->web.public_url, http_req_header(req, "Origin"),
                             http_req_header(req, "Sec-Fetch-Site")))
        return err_set(err, ERR_FORBIDDEN, "the form does not come from a page of this site, %s",
                       call->app->config->web.public_url);
    return has_code(call, req, err);
}

const char *web_sign_in_path(const struct http_req *req)
{
    bool has_page =
        req->match.allowed & (1u << HTTP_GET); /* rows of pages stand above their forms */
    const char *next = req->method == HTTP_GET ? req->uri.target : req->uri.path;

    if (strlen(next) > WEB_NEXT_MAX)
        next = req->uri.path;
    return has_page ? arena_printf(req->mem, "/sign-in?next=%s", web_url_encode(req->mem, next))
                    : "/sign-in";
}

static bool send_to_sign_in(const struct http_req *req, struct http_res *res, struct err *err)
{
    if (req->method != HTTP_GET || http_req_header(req, "HX-Request"))
        return err_set(err, ERR_UNAUTHENTICATED, "you are not signed in any more: sign in again");
    return web_redirect(res, web_sign_in_path(req));
}

bool web_around(struct http_req *req, struct http_res *res, struct err *err)
{
    const struct http_route *route = req->match.route;
    struct web_call *call = arena_new_of(req->mem, struct web_call);

    call->web = req->context;
    call->app = call->web->app;
    req->principal = call;
    if (route->needs == WEB_ASSET)
        return route->run(req, res, err);
    if (!find_session(call, req, res, err))
        return false;
    if (call->session)
        req->log_who = call->who.user->id;
    else if (route->needs != WEB_PUBLIC)
        return send_to_sign_in(req, res, err);
    if (call->session && route->needs != WEB_FOLLOWING &&
        !app_session_see(call->app, &call->who, err))
        return false;
    call->form_code = form_code(req->mem, form_secret(call, req, res));
    return check_form(call, req, err) && route->run(req, res, err);
}
