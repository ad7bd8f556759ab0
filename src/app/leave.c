/* SPDX-License-Identifier: Apache-2.0 */
#include "app/leave.h"

#include <assert.h>

#include "app/claim.h"
#include "app/order.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "edge/record_write.h"
#include "model/job_kind.h"
#include "store/admission_store.h"
#include "store/certificate_end_store.h"
#include "store/certificate_store.h"
#include "store/claim_store.h"
#include "store/dns_value_store.h"
#include "store/edge_withdrawal_store.h"
#include "store/issuance_name_store.h"
#include "store/job_store.h"
#include "store/order_at_ca_store.h"
#include "store/subscription_store.h"

/* `key` is without the kind. */
static bool withdraw(struct arena *mem, struct db *tx, const char *domain_id, enum edge_kind kind,
                     struct slice key, struct err *err)
{
    struct buf whole = buf_new(mem, EDGE_DB_KEY_MAX);

    buf_u8(&whole, (uint8_t)kind);
    buf_slice(&whole, key);
    return edge_withdrawal_store_add(tx, domain_id, buf_view(&whole), err);
}

static bool withdraw_challenges(struct arena *mem, struct db *tx, const struct issuance *issuance,
                                struct err *err)
{
    const struct scope scope = scope_platform();
    struct issuance_name_list names;

    if (!issuance_name_store_list(mem, tx, &scope, issuance->id, &names, err))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        struct buf key = buf_new(mem, EDGE_KEY_MAX);

        if (!names.items[i].token || issuance_name_is_by_dns(&names.items[i]) ||
            edge_challenge_key_write(&key, slice_str(names.items[i].name),
                                     slice_str(names.items[i].token)) != EDGE_FAULT_NONE)
            continue; /* never published: such a token is refused before */
        if (!withdraw(mem, tx, issuance->domain_id, EDGE_CHALLENGE, buf_view(&key), err))
            return false;
    }
    return true;
}

static bool withdraw_certificate(struct arena *mem, struct db *tx, const char *domain_id,
                                 const char *certificate_id, struct err *err)
{
    return withdraw(mem, tx, domain_id, EDGE_CERTIFICATE, slice_str(certificate_id), err);
}

static bool release(struct db *tx, const char *domain_id, struct err *err)
{
    return job_store_enqueue(tx, job_kind_name(JOB_RELEASE), domain_id, clock_now(), err);
}

/* What it has put into zones of ours is taken out. */
static bool withdraw_values(struct db *tx, const struct issuance *issuance, struct err *err)
{
    int64_t left;

    return dns_value_store_leave(tx, issuance->id, &left, err) &&
           (left == 0 || job_store_enqueue(tx, job_kind_name(JOB_VALUES), issuance->domain_id,
                                           clock_now(), err));
}

bool app_issuance_cancel(struct arena *mem, struct db *tx, const struct issuance *issuance,
                         struct err *err)
{
    const struct issuance_step *step = issuance_step(issuance->state, ISSUANCE_EVENT_CANCELLED);
    struct issuance ended = *issuance;

    assert(db_is_tx(tx));
    if (!step)
        return err_set(err, ERR_INTERNAL, "issuance %s is %s: it cannot be cancelled", issuance->id,
                       issuance_state_name(issuance->state));
    ended.state = step->to;
    ended.sealed_key = ended.csr = (struct slice){NULL, 0};
    ended.next_try_at = ended.wait_seq = 0;
    if (!withdraw_challenges(mem, tx, issuance, err) || !withdraw_values(tx, issuance, err) ||
        (issuance->certificate_id &&
         (!withdraw_certificate(mem, tx, issuance->domain_id, issuance->certificate_id, err) ||
          !certificate_end_store_cancel(tx, issuance->certificate_id, err))))
        return false;
    return issuance_store_save(tx, &ended, err) && admission_store_leave(tx, issuance->id, err) &&
           order_at_ca_store_end_issuance(tx, issuance->id, err) &&
           job_store_wake(tx, issuance->id, clock_now(), NULL, err) &&
           release(tx, issuance->domain_id, err);
}

bool app_name_leave(struct arena *mem, struct db *tx, const struct domain *domain, const char *name,
                    struct err *err)
{
    return withdraw(mem, tx, domain->id, EDGE_HOST, slice_str(name), err) &&
           order_at_ca_store_leave_name(tx, domain->id, name, err) && release(tx, domain->id, err);
}

/* --- a domain --- */

static bool end_subscription(const struct caller *caller, struct arena *mem, struct db *tx,
                             const struct domain *domain, bool is_cancelling, struct err *err)
{
    const struct subscription *subscription;
    const struct subscription_step *step;

    if (!subscription_store_current(mem, tx, &caller->scope, domain->id, &subscription, err))
        return false;
    if (!subscription)
        return true;
    if (!is_cancelling)
        return err_set(err, ERR_CONFLICT,
                       "%s has a running subscription, paid until %s: ask for it to be cancelled "
                       "with the removal (cancel_subscription=true)",
                       domain->name, clock_text_in(mem, subscription->term_end_at));
    step = subscription_step(subscription->state, SUBSCRIPTION_EVENT_CANCEL);
    if (!step)
        return err_set(err, ERR_INTERNAL, "subscription %s is %s: it cannot be cancelled",
                       subscription->id, subscription_state_name(subscription->state));
    return subscription_store_move(tx, &caller->scope, subscription->id, subscription->state,
                                   step->to, err) &&
           timeline_add(mem, tx,
                        &(struct timeline_entry){.domain = domain,
                                                 .subject_id = subscription->id,
                                                 .kind = "subscription.cancelled",
                                                 .text = step->why},
                        err);
}

static bool end_order(const struct caller *caller, struct arena *mem, struct db *tx,
                      const struct domain *domain, struct err *err)
{
    static const enum order_state placed = ORDER_PLACED;
    const struct order_filter filter = {
        .domain_id = domain->id, .state = &placed, .page = {.limit = 1}};
    struct order_list orders;

    return order_store_list(mem, tx, &caller->scope, &filter, &orders, err) &&
           (orders.count == 0 || app_order_end(caller, mem, tx, domain, &orders.items[0], err));
}

static bool end_issuance(const struct caller *caller, struct arena *mem, struct db *tx,
                         const struct domain *domain, struct err *err)
{
    const struct issuance *issuance;

    return issuance_store_latest(mem, tx, &caller->scope, domain->id, &issuance, err) &&
           (!issuance || issuance_state_is_final(issuance->state) ||
            app_issuance_cancel(mem, tx, issuance, err));
}

/* The edges may still have any of them: what they have not is not withdrawn twice. */
static bool end_certificates(const struct caller *caller, struct arena *mem, struct db *tx,
                             const struct domain *domain, struct err *err)
{
    struct certificate_filter filter = {.domain_id = domain->id, .page = {.limit = PAGE_LIMIT_MAX}};
    struct certificate_list list;

    do {
        if (!certificate_store_list(mem, tx, &caller->scope, &filter, &list, err))
            return false;
        for (size_t i = 0; i < list.count; i++)
            if (!withdraw_certificate(mem, tx, domain->id, list.items[i].id, err))
                return false;
        if (list.has_more)
            filter.page.after = list.items[list.count - 1].id;
    } while (list.has_more);
    return certificate_end_store_cancel_all(tx, domain->id, err) &&
           issuance_store_forget_keys(tx, domain->id, err) &&
           order_at_ca_store_end_domain(tx, domain->id, err);
}

static bool withdraw_hosts(struct arena *mem, struct db *tx, const struct caller *caller,
                           const struct domain *domain, struct err *err)
{
    struct claim_list claims;

    if (!claim_store_list(mem, tx, &caller->scope, domain->id, &claims, err))
        return false;
    for (size_t i = 0; i < claims.count; i++)
        if (claims.items[i].state == CLAIM_ACTIVE &&
            !withdraw(mem, tx, domain->id, EDGE_HOST, slice_str(claims.items[i].name), err))
            return false;
    return true;
}

static bool remove_domain(const struct caller *caller, struct arena *mem, struct db *tx,
                          const struct domain *domain, struct err *err)
{
    const struct timeline_entry entry = {
        .domain = domain,
        .subject_id = domain->id,
        .kind = "domain.released",
        .text = arena_printf(mem,
                             "%s was given back: its keys are destroyed, and its names can be "
                             "claimed by anybody",
                             domain->name),
    };

    return withdraw_hosts(mem, tx, caller, domain, err) &&
           claim_store_end(tx, &caller->scope, domain->id, clock_now(), NULL, err) &&
           app_claim_follow_end(mem, tx, domain->name, err) &&
           domain_store_remove(tx, &caller->scope, domain->id, err) &&
           timeline_add(mem, tx, &entry, err) && release(tx, domain->id, err);
}

bool app_domain_remove(const struct app *app, const struct caller *caller, struct arena *mem,
                       const struct domain_removal *in, const struct domain **out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct domain *domain;

    if (!db_tx_begin(app->db, &tx, err) ||
        !domain_store_get(mem, tx, &caller->scope, in->domain_id, &domain, err))
        return false;
    if (!domain)
        return err_set(err, ERR_NOT_FOUND, "there is no domain %.40s", in->domain_id);
    if (!domain->is_removed &&
        (!end_subscription(caller, mem, tx, domain, in->is_cancelling, err) ||
         !end_order(caller, mem, tx, domain, err) || !end_issuance(caller, mem, tx, domain, err) ||
         !end_certificates(caller, mem, tx, domain, err) ||
         !remove_domain(caller, mem, tx, domain, err)))
        return false;
    return domain_store_get(mem, tx, &caller->scope, in->domain_id, out, err) &&
           db_tx_commit(&tx, err);
}
