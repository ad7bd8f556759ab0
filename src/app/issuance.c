/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issuance.h"

#include <assert.h>

#include "app/ca.h"
#include "app/care.h"
#include "app/site.h"
#include "base/clock.h"
#include "base/id.h"
#include "model/dns_verdict.h"
#include "model/job_kind.h"
#include "store/issuance_name_store.h"
#include "store/job_store.h"
#include "store/order_store.h"

const struct issuance *app_issuance_make(struct arena *mem, const struct issuance_wish *wish)
{
    struct issuance *issuance = arena_new_of(mem, struct issuance);
    int64_t now = clock_now();

    *issuance = (struct issuance){.id = id_new(mem, ID_ISSUANCE),
                                  .partner_id = wish->domain->partner_id,
                                  .account_id = wish->domain->account_id,
                                  .domain_id = wish->domain->id,
                                  .order_id = wish->order_id,
                                  .subscription_id = wish->subscription_id,
                                  .reason = wish->reason,
                                  .ca = wish->ca,
                                  .replaces_id = wish->replaces_id,
                                  .created_at = now,
                                  .state = ISSUANCE_WAITING_DNS,
                                  .next_try_at = now};
    return issuance;
}

static bool store_names(struct db *tx, const struct issuance *issuance,
                        const struct name_set *names, struct err *err)
{
    for (size_t i = 0; i < names->count; i++) {
        const struct issuance_name name = {.issuance_id = issuance->id,
                                           .name = names->names[i],
                                           .dns_state = dns_verdict_name(DNS_UNCHECKED),
                                           .challenge_state = "none"};

        if (!issuance_name_store_put(tx, &name, err))
            return false;
    }
    return true;
}

bool app_issuance_start(struct arena *mem, struct db *tx, const struct issuance_wish *wish,
                        const struct issuance **out, struct err *err)
{
    const struct issuance *issuance = app_issuance_make(mem, wish);

    assert(db_is_tx(tx) && wish->names->count > 0);
    if (!issuance_store_add(tx, issuance, err)) {
        if (err->code != ERR_CONFLICT)
            return false;
        return err_set(err, ERR_CONFLICT, "a certificate for %s is being issued already",
                       wish->domain->name);
    }
    if (!store_names(tx, issuance, wish->names, err) ||
        !job_store_enqueue(tx, job_kind_name(JOB_ISSUE), issuance->id, issuance->created_at, err) ||
        !app_care(tx, issuance->domain_id, issuance->created_at + CARE_FIRST_MS, err))
        return false;
    *out = issuance;
    return true;
}

/* Where the old one came from, else where it was ordered; the default in place of a CA that is not
 * configured any more. */
static bool find_ca(const struct app *app, struct arena *mem, struct db *tx,
                    const struct replacement *want, const char **out, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct cert_order *order;
    const struct config_ca *ca;

    if (!order_store_get(mem, tx, &scope, want->subscription->order_id, &order, err))
        return false;
    if (!want->old && !order)
        return err_set(err, ERR_STORE, "subscription %s has no order", want->subscription->id);
    ca = app_ca_successor(app, want->old ? want->old->ca : order->ca);
    if (!ca)
        return err_set(err, ERR_CONFIG, "no CA is configured: the operator must add one");
    *out = ca->id;
    return true;
}

bool app_issuance_replace(const struct app *app, struct arena *mem, struct db *tx,
                          const struct replacement *want, const struct issuance **out,
                          struct err *err)
{
    struct name_set names;
    struct issuance_wish wish = {.domain = want->domain,
                                 .names = &names,
                                 .reason = want->reason,
                                 .subscription_id = want->subscription->id,
                                 .replaces_id = want->old ? want->old->id : NULL};

    return app_domain_names(app, mem, want->domain, &names, err) &&
           find_ca(app, mem, tx, want, &wish.ca, err) &&
           app_issuance_start(mem, tx, &wish, out, err);
}
