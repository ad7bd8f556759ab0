/* SPDX-License-Identifier: Apache-2.0 */
#include "app/order.h"

#include "app/care.h"
#include "app/issuance.h"
#include "app/leave.h"
#include "app/look_again.h"
#include "app/partner_share.h"
#include "app/site.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/id.h"
#include "model/hostname.h"
#include "model/job_kind.h"
#include "store/account_store.h"
#include "store/claim_store.h"
#include "store/job_store.h"
#include "store/subscription_store.h"

/* What a new order is made of, gathered by the gates. */
struct wish {
    const struct domain *domain;
    const struct config_ca *ca;
    struct location where;
    struct name_set names;
};

static bool find_domain(const struct app *app, const struct caller *caller, struct arena *mem,
                        const char *id, const struct domain **out, struct err *err)
{
    if (!id)
        return err_field(err, "domain_id",
                         "domain_id is missing: what is ordered for which domain");
    if (!domain_store_get(mem, app->db, &caller->scope, id, out, err))
        return false;
    if (!*out)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.40s", id);
    if ((*out)->is_removed)
        return err_set(err, ERR_CONFLICT, "%s was removed from the account", (*out)->name);
    if (!(*out)->site_id)
        return err_set(err, ERR_CONFLICT, "%s is not attached to a site: attach it first",
                       (*out)->name);
    return true;
}

static bool check_claims(const struct app *app, struct arena *mem, const struct wish *wish,
                         struct err *err)
{
    for (size_t i = 0; i < wish->names.count; i++) {
        const struct claim *claim;

        if (!claim_store_holder(mem, app->db, wish->names.names[i], &claim, err))
            return false;
        if (!claim || strcmp(claim->domain_id, wish->domain->id) != 0)
            return err_set(err, ERR_CONFLICT, "the claim of %s has ended: add the domain again",
                           wish->names.names[i]);
    }
    return true;
}

static bool check_no_other(const struct app *app, const struct caller *caller, struct arena *mem,
                           const struct domain *domain, struct err *err)
{
    static const enum order_state placed = ORDER_PLACED;
    const struct order_filter filter = {
        .domain_id = domain->id, .state = &placed, .page = {.limit = 1}};
    const struct subscription *subscription;
    struct order_list orders;

    if (!order_store_list(mem, app->db, &caller->scope, &filter, &orders, err) ||
        !subscription_store_current(mem, app->db, &caller->scope, domain->id, &subscription, err))
        return false;
    if (orders.count > 0)
        return err_set(err, ERR_CONFLICT, "%s has a placed order already", domain->name);
    if (subscription)
        return err_set(err, ERR_CONFLICT, "%s has a subscription already, paid until %s",
                       domain->name, clock_text_in(mem, subscription->term_end_at));
    return true;
}

/* Country, and state or city: as given with the order, else as the account has them (R19). */
static bool find_location(const struct app *app, const struct caller *caller, struct arena *mem,
                          const struct order_input *in, struct wish *wish, struct err *err)
{
    struct location_input typed = {in->country, in->state, in->city};
    const struct account *account;

    if (!in->country && !in->state && !in->city) {
        if (!account_store_get(mem, app->db, &caller->scope, wish->domain->account_id, &account,
                               err))
            return false;
        if (!account || !account->country)
            return true;
        typed = (struct location_input){account->country, account->state, account->city};
    }
    return location_read(mem, app->locations, &typed, &wish->where, err);
}

static bool find_ca(const struct app *app, const char *named, const struct config_ca **out,
                    struct err *err)
{
    *out = named ? config_ca_find(app->config, named) : config_ca_default(app->config);
    if (*out)
        return true;
    if (!named)
        return err_set(err, ERR_CONFIG, "no CA is configured: the operator must add one");
    return err_field(err, "ca", "there is no CA \"%.40s\"", named);
}

static bool gather(const struct app *app, const struct caller *caller, struct arena *mem,
                   const struct order_input *in, struct wish *out, struct err *err)
{
    *out = (struct wish){0};
    if (!find_domain(app, caller, mem, in->domain_id, &out->domain, err) ||
        !find_ca(app, in->ca, &out->ca, err) ||
        !app_domain_names(app, mem, out->domain, &out->names, err))
        return false;
    if (hostname_is_wildcard(out->domain->name) && app->config->dns.update_count == 0)
        return err_field(err, "domain_id",
                         "%s is a wildcard: it needs validation by DNS, which the operator has not "
                         "set up (dns.update)",
                         out->domain->name);
    return find_location(app, caller, mem, in, out, err) && check_claims(app, mem, out, err) &&
           check_no_other(app, caller, mem, out->domain, err);
}

static const struct cert_order *make_order(struct arena *mem, const struct wish *wish,
                                           const struct order_input *in, int64_t now)
{
    struct cert_order *order = arena_new_of(mem, struct cert_order);

    *order = (struct cert_order){.id = id_new(mem, ID_ORDER),
                                 .partner_id = wish->domain->partner_id,
                                 .account_id = wish->domain->account_id,
                                 .domain_id = wish->domain->id,
                                 .state = ORDER_PLACED,
                                 .ca = wish->ca->id,
                                 .country = wish->where.country,
                                 .state_or_province = wish->where.state,
                                 .city = wish->where.city,
                                 .is_auto_renew = in->is_auto_renew,
                                 .created_at = now,
                                 .placed_at = now};
    return order;
}

static struct issuance_wish issuance_for(const struct wish *wish, const struct cert_order *order)
{
    return (struct issuance_wish){.domain = wish->domain,
                                  .names = &wish->names,
                                  .reason = ISSUANCE_FOR_ORDER,
                                  .ca = order->ca,
                                  .order_id = order->id};
}

static bool store(const struct app *app, struct arena *mem, const struct wish *wish,
                  struct order_placed *placed, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct issuance_wish issuance = issuance_for(wish, placed->order);
    const struct timeline_entry entry = {
        .domain = wish->domain,
        .subject_id = placed->order->id,
        .kind = "order.placed",
        .text = arena_printf(mem, "a certificate of %s was ordered for %s", wish->ca->name,
                             wish->domain->name),
    };

    if (!db_tx_begin(app->db, &tx, err) ||
        !app_partner_share_take(mem, tx, placed->order->partner_id, placed->order->placed_at,
                                err) ||
        !order_store_add(tx, placed->order, err) ||
        !app_issuance_start(mem, tx, &issuance, &placed->issuance, err) ||
        !timeline_add(mem, tx, &entry, err))
        return false;
    CRASH_POINT(PLACE_ORDER_BEFORE);
    if (!db_tx_commit(&tx, err))
        return false;
    CRASH_POINT(PLACE_ORDER_COMMIT);
    return true;
}

bool app_order_place(const struct app *app, const struct caller *caller, struct arena *mem,
                     const struct order_input *in, struct order_placed *out, struct err *err)
{
    struct order_placed placed;
    struct wish wish;

    if (!gather(app, caller, mem, in, &wish, err))
        return false;
    placed.order = make_order(mem, &wish, in, clock_now());
    if (in->is_dry_run) {
        const struct issuance_wish issuance = issuance_for(&wish, placed.order);

        placed.issuance = app_issuance_make(mem, &issuance);
    } else if (!store(app, mem, &wish, &placed, err)) {
        if (strcmp(err->field, ORDER_IS_PLACED) == 0)
            return err_set(err, ERR_CONFLICT, "%s has a placed order already", wish.domain->name);
        return false;
    }
    *out = placed;
    return true;
}

static bool find_order(const struct caller *caller, struct arena *mem, struct db *db,
                       const char *id, const struct cert_order **out, struct err *err)
{
    if (!order_store_get(mem, db, &caller->scope, id, out, err))
        return false;
    if (!*out)
        return err_set(err, ERR_NOT_FOUND, "there is no order %.40s", id);
    return true;
}

static bool end_issuance(const struct caller *caller, struct arena *mem, struct db *tx,
                         const struct cert_order *order, struct err *err)
{
    const struct issuance *issuance;

    if (!issuance_store_latest(mem, tx, &caller->scope, order->domain_id, &issuance, err))
        return false;
    if (!issuance || issuance_state_is_final(issuance->state) || !issuance->order_id ||
        strcmp(issuance->order_id, order->id) != 0)
        return true;
    return app_issuance_cancel(mem, tx, issuance, err);
}

bool app_order_end(const struct caller *caller, struct arena *mem, struct db *tx,
                   const struct domain *domain, const struct cert_order *order, struct err *err)
{
    const struct order_step *step = order_step(order->state, ORDER_EVENT_CANCEL);

    if (!step)
        return err_set(err, ERR_CONFLICT, "the order is %s: it cannot be cancelled",
                       order_state_name(order->state));
    return order_store_move(tx, &caller->scope, order, step->to, clock_now(), err) &&
           end_issuance(caller, mem, tx, order, err) &&
           timeline_add(mem, tx,
                        &(struct timeline_entry){.domain = domain,
                                                 .subject_id = order->id,
                                                 .kind = "order.cancelled",
                                                 .text = step->why},
                        err);
}

bool app_order_cancel(const struct app *app, const struct caller *caller, struct arena *mem,
                      const char *order_id, const struct cert_order **out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct cert_order *order;
    const struct domain *domain;

    return db_tx_begin(app->db, &tx, err) && find_order(caller, mem, tx, order_id, &order, err) &&
           domain_store_get(mem, tx, &caller->scope, order->domain_id, &domain, err) &&
           app_order_end(caller, mem, tx, domain, order, err) &&
           find_order(caller, mem, tx, order_id, out, err) && db_tx_commit(&tx, err);
}

/* What has waited for a person is due now: the job sees from that that somebody has been there. */
static bool run_now(struct db *tx, const struct issuance *issuance, struct err *err)
{
    struct issuance due = *issuance;
    int64_t now = clock_now();

    if (issuance->state != ISSUANCE_PARKED)
        return job_store_wake(tx, issuance->id, now, NULL, err);
    due.next_try_at = now;
    return issuance_store_save(tx, &due, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_ISSUE), issuance->id, now, err);
}

bool app_order_check_again(const struct app *app, const struct caller *caller, struct arena *mem,
                           const char *order_id, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct cert_order *order;
    const struct issuance *issuance;

    if (!db_tx_begin(app->db, &tx, err) || !find_order(caller, mem, tx, order_id, &order, err) ||
        !issuance_store_latest(mem, tx, &caller->scope, order->domain_id, &issuance, err))
        return false;
    if (!issuance || issuance_state_is_final(issuance->state))
        return err_set(err, ERR_CONFLICT, "the order is %s: nothing of it waits",
                       order_state_name(order->state));
    return app_look_again_take(app, caller, mem, tx, issuance, err) && run_now(tx, issuance, err) &&
           app_care(tx, order->domain_id, clock_now(), err) && db_tx_commit(&tx, err);
}
