/* SPDX-License-Identifier: Apache-2.0 */
#include "app/subscription.h"

#include "app/timeline.h"

static bool store(const struct app *app, const struct caller *caller, struct arena *mem,
                  const struct subscription *subscription, bool is_auto_renew, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct timeline_entry entry = {
        .subject_id = subscription->id,
        .kind = "subscription.auto_renew",
        .text = is_auto_renew ? "the term now renews by itself" : "the term no longer renews",
    };

    return db_tx_begin(app->db, &tx, err) &&
           domain_store_get(mem, tx, &caller->scope, subscription->domain_id, &entry.domain, err) &&
           subscription_store_set_auto_renew(tx, &caller->scope, subscription->id, is_auto_renew,
                                             err) &&
           timeline_add(mem, tx, &entry, err) && db_tx_commit(&tx, err);
}

bool app_subscription_set_auto_renew(const struct app *app, const struct caller *caller,
                                     struct arena *mem, const struct auto_renew_input *in,
                                     const struct subscription **out, struct err *err)
{
    const struct subscription *now;

    if (!subscription_store_get(mem, app->db, &caller->scope, in->subscription_id, &now, err))
        return false;
    if (!now)
        return err_set(err, ERR_NOT_FOUND, "there is no subscription %.40s", in->subscription_id);
    if (subscription_state_is_final(now->state))
        return err_set(err, ERR_CONFLICT, "the subscription is %s",
                       subscription_state_name(now->state));
    if (now->is_auto_renew != in->is_auto_renew &&
        !store(app, caller, mem, now, in->is_auto_renew, err))
        return false;
    return subscription_store_get(mem, app->db, &caller->scope, in->subscription_id, out, err);
}
