/* SPDX-License-Identifier: Apache-2.0 */
#include "super/demo.h"

#include <string.h>

#include "app/order.h"
#include "app/partner.h"
#include "app/site.h"
#include "app/user.h"

#define DEMO_PARTNER "Demo partner"
#define DEMO_ACCOUNT "Demo"
#define DEMO_EMAIL   "partner@demo.example"

static const struct caller operator_caller = {.scope = {.kind = SCOPE_PLATFORM}, .actor = "run"};

static bool domain_find(const struct app *app, struct arena *mem, const char *name,
                        const struct domain **out, struct err *err)
{
    const struct domain_filter filter = {.page.limit = PAGE_LIMIT_MAX, .name_prefix = name};
    struct domain_list list;

    *out = NULL;
    if (!domain_store_list(mem, app->db, &operator_caller.scope, &filter, &list, err))
        return false;
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i].name, name) == 0)
            *out = &list.items[i];
    return true;
}

static bool account_make(const struct app *app, struct arena *mem, const struct account **out,
                         struct err *err)
{
    const struct account_filter filter = {.page.limit = 1, .name_prefix = DEMO_ACCOUNT};
    const struct partner *partner;
    struct account_list list;

    if (!account_store_list(mem, app->db, &operator_caller.scope, &filter, &list, err))
        return false;
    if (list.count > 0) {
        *out = &list.items[0];
        return true;
    }
    return app_partner_create(app, &operator_caller, mem,
                              &(struct partner_input){.name = DEMO_PARTNER}, &partner, err) &&
           app_account_create(app, &operator_caller, mem,
                              &(struct account_input){.partner_id = partner->id,
                                                      .name = DEMO_ACCOUNT,
                                                      .email = "demo@example.com",
                                                      .country = "DE",
                                                      .state = "DE-BY"},
                              out, err);
}

static bool domain_make(const struct app *app, struct arena *mem, const char *name,
                        const struct domain **out, struct err *err)
{
    const bool on = true;
    const struct account *account;
    const struct site *site;

    return account_make(app, mem, &account, err) &&
           app_site_create(app, &operator_caller, mem,
                           &(struct site_input){.account_id = account->id, .name = name}, &site,
                           err) &&
           app_domain_add(app, &operator_caller, mem,
                          &(struct domain_input){.site_id = site->id, .name = name}, out, err) &&
           app_site_change(app, &operator_caller, mem,
                           &(struct site_change){.site_id = site->id, .is_https_on = &on}, &site,
                           err);
}

bool demo_order(const struct app *app, struct arena *mem, const char *name, struct demo *out,
                struct err *err)
{
    const struct cert_order *order;
    const struct domain *domain;
    struct order_placed placed;
    struct hostname host;

    if (!hostname_parse(mem, app->suffixes, name, &host, err) ||
        !domain_find(app, mem, host.name, &domain, err))
        return false;
    if (!domain && !domain_make(app, mem, host.name, &domain, err))
        return false;
    if (!order_store_latest(mem, app->db, &operator_caller.scope, domain->id, &order, err))
        return false;
    *out = (struct demo){.domain = domain};
    if (order && (order->state == ORDER_PLACED || order->state == ORDER_FULFILLED)) {
        out->order_id = order->id;
        return true;
    }
    if (!app_order_place(app, &operator_caller, mem,
                         &(struct order_input){.domain_id = domain->id, .is_auto_renew = true},
                         &placed, err))
        return false;
    out->order_id = placed.order->id;
    return true;
}

bool demo_person(const struct app *app, struct arena *mem, const struct demo *demo,
                 const struct user **out, const char **link, struct err *err)
{
    const struct user_input wanted = {
        .email = DEMO_EMAIL, .name = DEMO_PARTNER, .partner_id = demo->domain->partner_id};
    struct login_link_made made;

    if (!user_store_find(mem, app->db, DEMO_EMAIL, out, err) ||
        (!*out && !app_user_add(app, &operator_caller, mem, &wanted, out, err)))
        return false;
    *link = NULL;
    if ((*out)->password)
        return true;
    if (!app_login_link_make(app, &operator_caller, mem, (*out)->id, &made, err))
        return false;
    *link = app_login_link_url(app, mem, &made);
    return true;
}
