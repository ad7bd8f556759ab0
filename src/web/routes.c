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

    PAGE("/",                               "startPage",         web_get_start,          WEB_SIGNED_IN),
    PAGE("/accounts",                       "accountsPage",      web_list_accounts,      WEB_SIGNED_IN),
    PAGE("/accounts/new",                   "newAccountPage",    web_get_new_account,    WEB_SIGNED_IN),
    FORM("/accounts/new",                   "newAccount",        web_post_new_account,   WEB_SIGNED_IN),
    PAGE("/partners",                       "partnersPage",      web_list_partners,      WEB_SIGNED_IN),
    PAGE("/partners/new",                   "newPartnerPage",    web_get_new_partner,    WEB_SIGNED_IN),
    FORM("/partners/new",                   "newPartner",        web_post_new_partner,   WEB_SIGNED_IN),
    PAGE("/partners/{partner}",             "partnerPage",       web_get_partner,        WEB_SIGNED_IN),
    PAGE("/accounts/{account}",             "subscriptionsPage", web_list_subscriptions, WEB_SIGNED_IN),
    PAGE("/accounts/{account}/domains",     "domainsPage",       web_list_domains,       WEB_SIGNED_IN),
    PAGE("/accounts/{account}/domains/new", "newDomainPage",     web_get_new_domain,     WEB_SIGNED_IN),
    FORM("/accounts/{account}/domains/new", "newDomain",         web_post_new_domain,    WEB_SIGNED_IN),
    PAGE("/accounts/{account}/sites",       "sitesPage",         web_list_sites,         WEB_SIGNED_IN),
    PAGE("/accounts/{account}/ssl/new",     "newOrderPage",      web_get_new_order,      WEB_SIGNED_IN),
    FORM("/accounts/{account}/ssl/new",     "newOrder",          web_post_new_order,     WEB_SIGNED_IN),
    PAGE("/place",                          "placePart",         web_get_place,          WEB_SIGNED_IN),

    PAGE("/orders/{order}",                 "orderPage",         web_get_order,          WEB_SIGNED_IN),
    PAGE("/domains",                        "allDomainsPage",    web_list_all_domains,   WEB_SIGNED_IN),
    PAGE("/domains/{domain}",               "domainPage",        web_get_domain,         WEB_SIGNED_IN),
    {.method = HTTP_GET, .path = "/domains/{domain}/live", .operation = "followDomain",
     .run = web_follow_domain, .needs = WEB_FOLLOWING, .is_quiet = true, .is_follower = true},
    PAGE("/domains/{domain}/history",       "historyPage",       web_get_history,        WEB_SIGNED_IN),
    FORM("/domains/{domain}/check",         "checkAgain",        web_post_check,         WEB_SIGNED_IN),
    FORM("/domains/{domain}/auto-renew",    "setAutoRenew",      web_post_auto_renew,    WEB_SIGNED_IN),
    PAGE("/domains/{domain}/cancel",        "cancelPage",        web_get_cancel,         WEB_SIGNED_IN),
    FORM("/domains/{domain}/cancel",        "cancelOrder",       web_post_cancel,        WEB_SIGNED_IN),
    PAGE("/domains/{domain}/reissue",       "reissuePage",       web_get_reissue,        WEB_SIGNED_IN),
    FORM("/domains/{domain}/reissue",       "reissue",           web_post_reissue,       WEB_SIGNED_IN),
    PAGE("/domains/{domain}/release",       "releasePage",       web_get_release,        WEB_SIGNED_IN),
    FORM("/domains/{domain}/release",       "releaseDomain",     web_post_release,       WEB_SIGNED_IN),

    PAGE("/sites/{site}/settings",          "sitePage",          web_get_site,           WEB_SIGNED_IN),
    {.method = HTTP_GET, .path = "/sites/{site}/state", .operation = "siteState",
     .run = web_get_site_state, .needs = WEB_FOLLOWING, .is_quiet = true},
    FORM("/sites/{site}/settings",          "changeSite",        web_post_site,          WEB_SIGNED_IN),
};
/* clang-format on */

static bool get_nothing(struct http_req *req, struct http_res *res, struct err *err)
{
    (void)req;
    (void)res;
    return err_set(err, ERR_NOT_FOUND, HTTP_NOTHING_THERE);
}

/* Its page is the reader's, who has to be found first: on a thread that may wait for the store. */
static const struct http_route no_page = {
    .method = HTTP_GET, .path = "", .operation = "noPage", .run = get_nothing, .needs = WEB_PUBLIC};

const struct http_table web_routes = {routes, ARRAY_LEN(routes), &no_page};
