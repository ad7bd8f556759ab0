/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * call: one request for a page, after web_around(): who asks, and the secret that their forms are
 * bound to. Internal to src/web.
 */
#include "app/user.h"
#include "http/commit_watch.h"
#include "http/server.h"
#include "text/catalogue.h"
#include "text/template.h"
#include "web/web.h"

/* http_route.needs */
enum web_needs {
    WEB_SIGNED_IN, /* everybody else is sent to sign in */
    WEB_FOLLOWING, /* the same; the page asks by itself, which keeps no session alive */
    WEB_PUBLIC,
    WEB_ASSET, /* public, and without any look at the store */
};

struct web {
    const struct app *app;
    struct resolver *resolver;
    struct http_server *server;
    struct commit_watch *watch;
    struct template_set *templates;
    struct catalogue *catalogue;
};

struct web_call {
    struct web *web;
    const struct app *app;
    const char *session;   /* the cookie's value; NULL: not signed in */
    struct signed_in who;  /* when session is not NULL */
    const char *form_code; /* what every form must send back as "form_code" */
};

static inline struct web_call *web_call_of(const struct http_req *req)
{
    return req->principal;
}

/* http_options.around of the pages: finds the session, sends strangers to /sign-in, and refuses a
 * POST that does not come from a form of ours (ERR_FORBIDDEN). */
http_handler web_around;

/* The first field of every form: see http/fields.h. */
#define WEB_FORM_CODE "form_code"
#define WEB_FORM_FIELDS                                                                            \
    [0] = {.name = WEB_FORM_CODE, .type = FIELD_TEXT, .is_required = true, .min = 1, .max = 64}
enum { WEB_FIRST_FIELD = 1 };
#define WEB_FORM_MAX 8192 /* octets of a form */

/* After sign-in: the cookie with the session's secret. */
void web_begin_session(struct http_res *res, const char *secret);
void web_end_session(struct http_res *res);
/* The page to sign in on, which leads back to what was asked for, or, of a form, to its page. */
const char *web_sign_in_path(const struct http_req *req);
/* 303 See Other (RFC 9110 section 15.4.4) to a path of ours. */
bool web_redirect(struct http_res *res, const char *path);
