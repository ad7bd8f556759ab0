/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How each query that takes a scope is tried: what it shows of a tenant's things, or changes. */
#include "fixture.h"
#include "store/account_store.h"
#include "store/certificate_end_store.h"
#include "store/check_store.h"
#include "store/claim_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"
#include "store/event_store.h"
#include "store/history_store.h"
#include "store/issuance_name_store.h"
#include "store/overview_store.h"
#include "store/partner_store.h"
#include "store/proof_store.h"
#include "store/renewal_store.h"
#include "store/site_store.h"
#include "store/token_store.h"

static const struct page first_page = {.limit = PAGE_LIMIT_MAX};

/* How much of tenant `t` is seen in the scope: rows read, or rows changed. */
typedef size_t look_fn(struct fixture *f, const struct scope *scope, const struct tenant *t);

#define LOOK_ONE(name, type, call)                                                                 \
    static size_t name(struct fixture *f, const struct scope *scope, const struct tenant *t)       \
    {                                                                                              \
        const struct type *out = NULL;                                                             \
                                                                                                   \
        MUST(f, call);                                                                             \
        return out != NULL;                                                                        \
    }
/* A list is asked for all that the scope shows; what is counted is what belongs to `t`. */
#define LOOK_LIST(name, list, member, wanted, call)                                                \
    static size_t name(struct fixture *f, const struct scope *scope, const struct tenant *t)       \
    {                                                                                              \
        struct list out = {0};                                                                     \
        size_t found = 0;                                                                          \
                                                                                                   \
        MUST(f, call);                                                                             \
        for (size_t i = 0; i < out.count; i++)                                                     \
            found += strcmp(out.items[i].member, t->wanted) == 0;                                  \
        return found;                                                                              \
    }
#define LOOK_CHANGE(name, call)                                                                    \
    static size_t name(struct fixture *f, const struct scope *scope, const struct tenant *t)       \
    {                                                                                              \
        bool is_changed = call;                                                                    \
                                                                                                   \
        if (!is_changed && f->err.code != ERR_LOST_RACE)                                           \
            fail_msg("%s: %s", #call, f->err.text);                                                \
        return is_changed;                                                                         \
    }
#define GET(store, id) store(f->mem, f->db, scope, t->id, &out, &f->err)
#define LIST(store, type, ...)                                                                     \
    store(f->mem, f->db, scope, &(struct type){.page = first_page, __VA_ARGS__}, &out, &f->err)
/* list_orders, orders_of_domain */
#define LOOK_LISTS(what)                                                                           \
    LOOK_LIST(list_##what##s, what##_list, id, what,                                               \
              LIST(what##_store_list, what##_filter, .domain_id = NULL))                           \
    LOOK_LIST(what##s_of_domain, what##_list, id, what,                                            \
              LIST(what##_store_list, what##_filter, .domain_id = t->domain))
#define SORTED_LIST(store, type)                                                                   \
    store(f->mem, f->db, scope, &(struct type){.page = {.limit = PAGE_LIMIT_MAX}}, &out, &f->err)

LOOK_ONE(get_account, account, GET(account_store_get, account))
LOOK_ONE(get_site, site, GET(site_store_get, site))
LOOK_ONE(get_domain, domain, GET(domain_store_get, domain))
LOOK_ONE(get_order, cert_order, GET(order_store_get, order))
LOOK_ONE(latest_order, cert_order, GET(order_store_latest, domain))
LOOK_ONE(get_subscription, subscription, GET(subscription_store_get, subscription))
LOOK_ONE(current_subscription, subscription, GET(subscription_store_current, domain))
LOOK_ONE(get_issuance, issuance, GET(issuance_store_get, issuance))
LOOK_ONE(latest_issuance, issuance, GET(issuance_store_latest, domain))
LOOK_ONE(get_certificate, certificate, GET(certificate_store_get, certificate))
LOOK_ONE(current_certificate, certificate, GET(certificate_store_current, domain))
LOOK_ONE(get_check, check_run, GET(check_store_get, check))

LOOK_LIST(list_accounts, account_list, id, account,
          LIST(account_store_list, account_filter, .name_prefix = NULL))
LOOK_LIST(list_sites, site_list, id, site, LIST(site_store_list, site_filter, .name_prefix = NULL))
LOOK_LIST(list_domains, domain_list, id, domain,
          LIST(domain_store_list, domain_filter, .with_removed = true))
LOOK_LIST(domains_of_site, domain_list, id, domain,
          LIST(domain_store_list, domain_filter, .site_id = t->site))
LOOK_LISTS(order)
LOOK_LISTS(subscription)
LOOK_LISTS(issuance)
LOOK_LISTS(certificate)
LOOK_LISTS(event)
LOOK_LIST(latest_events, event_list, id, event,
          LIST(event_store_latest, event_filter, .domain_id = t->domain))
LOOK_LIST(changes_of_domain, name_change_list, id, change,
          LIST(history_store_list, history_filter, .domain_id = t->domain))
LOOK_LIST(latest_events_of_all, event_list, id, event,
          LIST(event_store_latest, event_filter, .subject_id = NULL))
LOOK_LIST(sorted_accounts, account_list, id, account,
          SORTED_LIST(account_store_sorted, account_sorting))
LOOK_LIST(overviews, overview_list, domain_id, domain,
          SORTED_LIST(overview_store_list, overview_filter))
LOOK_LIST(due_overviews, overview_list, domain_id, domain,
          overview_store_due(f->mem, f->db, scope, &(struct overview_due){T0, PAGE_LIMIT_MAX}, &out,
                             &f->err))
LOOK_LIST(list_tokens, api_token_list, id, token,
          token_store_list(f->mem, f->db, scope, &first_page, &out, &f->err))
LOOK_LIST(list_claims, claim_list, id, claim, GET(claim_store_list, domain))
LOOK_LIST(list_names, issuance_name_list, issuance_id, issuance,
          GET(issuance_name_store_list, issuance))
LOOK_LIST(names_of_domain, domain_name_list, domain_id, domain, GET(domain_name_store_list, domain))
LOOK_LIST(list_proofs, edge_proof_list, issuance_id, issuance, GET(proof_store_list, issuance))

LOOK_CHANGE(set_auto_renew,
            subscription_store_set_auto_renew(f->db, scope, t->subscription, false, &f->err))
LOOK_CHANGE(move_subscription,
            subscription_store_move(f->db, scope, t->subscription, SUBSCRIPTION_ACTIVE,
                                    SUBSCRIPTION_ACTIVE, &f->err))
LOOK_CHANGE(remove_domain, domain_store_remove(f->db, scope, t->domain, &f->err))
LOOK_CHANGE(revoke_token, token_store_revoke(f->db, scope, t->token, T0, &f->err))

LOOK_CHANGE(ask_revoked,
            certificate_end_store_ask_revoked(f->db, scope, t->certificate, "superseded", &f->err))

static size_t get_renewal(struct fixture *f, const struct scope *scope, const struct tenant *t)
{
    const struct renewal mine = {.certificate_id = t->certificate};
    const struct renewal *out;

    MUST(f, renewal_store_put(f->db, &mine, &f->err));
    MUST(f, renewal_store_get(f->mem, f->db, scope, t->certificate, &out, &f->err));
    return out != NULL;
}

static size_t version_of_domain(struct fixture *f, const struct scope *scope,
                                const struct tenant *t)
{
    const char *out;

    MUST(f, domain_store_version(f->mem, f->db, scope, t->domain, &out, &f->err));
    return out != NULL;
}

static size_t move_order(struct fixture *f, const struct scope *scope, const struct tenant *t)
{
    struct cert_order order = order_of(t);
    bool is_moved = order_store_move(f->db, scope, &order, ORDER_PLACED, T0, &f->err);

    if (!is_moved && f->err.code != ERR_LOST_RACE)
        fail_msg("order_store_move: %s", f->err.text);
    return is_moved;
}

static size_t save_site(struct fixture *f, const struct scope *scope, const struct tenant *t)
{
    struct site site = {.id = t->site,
                        .name = "Renamed",
                        .origin_id = "demo",
                        .canonical = "apex",
                        .updated_at = T0 + 1};
    bool is_saved = site_store_save(f->db, scope, &site, T0, &f->err);

    if (!is_saved && f->err.code != ERR_LOST_RACE)
        fail_msg("site_store_save: %s", f->err.text);
    return is_saved;
}

/* The list is of one account: whoever sees that account narrows their scope to it. */
static size_t sorted_sites(struct fixture *f, const struct scope *scope, const struct tenant *t)
{
    const struct scope narrow =
        scope->kind == SCOPE_ACCOUNT ? *scope : scope_account(scope_partner_id(scope), t->account);
    const struct site_sorting sorting = {.page = {.limit = PAGE_LIMIT_MAX}};
    struct site_list list;
    size_t found = 0;

    MUST(f, site_store_sorted(f->mem, f->db, &narrow, &sorting, &list, &f->err));
    for (size_t i = 0; i < list.count; i++)
        found += strcmp(list.items[i].id, t->site) == 0;
    return found;
}

/* A page behind a row of somebody else is refused: where it stands is not told. */
static size_t overviews_behind(struct fixture *f, const struct scope *scope, const struct tenant *t)
{
    const struct overview_filter filter = {.page = {.after = t->domain, .limit = 1}};
    struct overview_list list;
    bool is_there = overview_store_list(f->mem, f->db, scope, &filter, &list, &f->err);

    if (!is_there && f->err.code != ERR_BAD_INPUT)
        fail_msg("overview_store_list: %s", f->err.text);
    return is_there;
}

/* Stores that the tenant's domain is at risk, as no other is. */
static void put_at_risk(struct fixture *f, const struct tenant *t)
{
    const struct scope scope = scope_account(NULL, t->account);
    struct overview_list list;
    struct overview overview;

    MUST(f,
         overview_store_due(f->mem, f->db, &scope, &(struct overview_due){T0, 1}, &list, &f->err));
    assert_int_equal(list.count, 1);
    overview = list.items[0];
    overview.badge = BADGE_AT_RISK;
    overview.need = OVERVIEW_NEED_RENEWAL;
    overview.due_at = 0;
    MUST(f, overview_store_save(f->db, &overview, &f->err));
}

static size_t count_overviews(struct fixture *f, const struct scope *scope, const struct tenant *t)
{
    int64_t counts[BADGE_COUNT];

    put_at_risk(f, t);
    MUST(f, overview_store_count(f->mem, f->db, scope, counts, &f->err));
    return (size_t)counts[BADGE_AT_RISK];
}

static size_t needs(struct fixture *f, const struct scope *scope, const struct tenant *t)
{
    struct overview_list list;

    put_at_risk(f, t);
    MUST(f, overview_store_needs(f->mem, f->db, scope, 10, &list, &f->err));
    return list.count;
}

static size_t end_claims(struct fixture *f, const struct scope *scope, const struct tenant *t)
{
    int64_t ended = 0;

    MUST(f, claim_store_end(f->db, scope, t->domain, T0, &ended, &f->err));
    return (size_t)ended;
}

static const struct {
    const char *query; /* whose name begins so */
    look_fn *look;
    bool is_once; /* a change that its owner can do only once: the owner comes last */
} looks[] = {
    {"account.get", get_account, false},
    {"account.list", list_accounts, false},
    {"site.get", get_site, false},
    {"site.list", list_sites, false},
    {"site.save", save_site, true},
    {"domain.get", get_domain, false},
    {"domain.list", list_domains, false},
    {"domain.list.of_parent", domains_of_site, false},
    {"domain.version", version_of_domain, false},
    {"claim.list", list_claims, false},
    {"order.get", get_order, false},
    {"order.latest", latest_order, false},
    {"order.list", list_orders, false},
    {"order.list.of_parent", orders_of_domain, false},
    {"order.move", move_order, false},
    {"subscription.get", get_subscription, false},
    {"subscription.current", current_subscription, false},
    {"subscription.list", list_subscriptions, false},
    {"subscription.list.of_parent", subscriptions_of_domain, false},
    {"subscription.move", move_subscription, false},
    {"subscription.set_auto_renew", set_auto_renew, false},
    {"issuance.get", get_issuance, false},
    {"issuance.latest", latest_issuance, false},
    {"issuance.list", list_issuances, false},
    {"issuance.list.of_parent", issuances_of_domain, false},
    {"issuance_name.list", list_names, false},
    {"domain_name.list", names_of_domain, false},
    {"certificate.get", get_certificate, false},
    {"certificate.current", current_certificate, false},
    {"certificate.list", list_certificates, false},
    {"certificate.list.of_parent", certificates_of_domain, false},
    {"certificate_end.ask_revoked", ask_revoked, false},
    {"renewal.get", get_renewal, false},
    {"check.get", get_check, false},
    {"event.list", list_events, false},
    {"event.list.of_parent", events_of_domain, false},
    {"event.latest.of_parent", latest_events, false},
    {"event.latest", latest_events_of_all, false},
    {"history.list", changes_of_domain, false},
    {"account.sorted", sorted_accounts, false},
    {"site.sorted", sorted_sites, false},
    {"overview.list", overviews, false},
    {"overview.get", overviews_behind, false},
    {"overview.due", due_overviews, false},
    {"overview.count", count_overviews, false},
    {"overview.needs", needs, false},
    {"proof.list", list_proofs, false},
    {"token.list", list_tokens, false},
    {"token.revoke", revoke_token, true},
    {"claim.end", end_claims, true},
    {"domain.remove", remove_domain, true},
};
