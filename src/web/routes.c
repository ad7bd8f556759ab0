/* SPDX-License-Identifier: Apache-2.0 */
#include "web/routes.h"

#include "web/assets.h"
#include "web/call.h"
#include "web/handlers.h"

#define PAGE(p, op, fn, who)                                                                       \
    {                                                                                              \
        .method = HTTP_GET, .path = (p), .operation = (op), .run = (fn), .needs = (who)            \
    }
#define FORM(p, op, fn, who)                                                                       \
    {                                                                                              \
        .method = HTTP_POST, .path = (p), .operation = (op), .run = (fn),                          \
        .max_body = WEB_FORM_MAX, .needs = (who)                                                   \
    }

/* clang-format off */
static const struct http_route routes[] = {
    {.method = HTTP_GET, .path = "/assets/{hash}/{name}", .operation = "asset",
     .run = web_get_asset, .needs = WEB_ASSET, .is_quiet = true},

    PAGE("/sign-in",          "signInPage",   web_get_sign_in,   WEB_PUBLIC),
    FORM("/sign-in",          "signIn",       web_post_sign_in,  WEB_PUBLIC),
    FORM("/sign-out",         "signOut",      web_post_sign_out, WEB_SIGNED_IN),
    PAGE("/welcome/{secret}", "welcomePage",  web_get_welcome,   WEB_PUBLIC),
    FORM("/welcome/{secret}", "welcome",      web_post_welcome,  WEB_PUBLIC),

    PAGE("/",                 "startPage",    web_get_start,     WEB_SIGNED_IN),
    PAGE("/accounts",         "accountsPage", web_list_accounts, WEB_SIGNED_IN),
};
/* clang-format on */

const struct http_table web_routes = {routes, ARRAY_LEN(routes)};
