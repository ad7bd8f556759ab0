/* SPDX-License-Identifier: Apache-2.0 */
#include "app/partner_share.h"

#include "base/clock.h"
#include "base/rate.h"
#include "store/admission_store.h"
#include "store/partner_store.h"

#define HOUR_S 3600
#define BUCKET "orders_per_hour"

static bool find_partner(const struct app *app, const struct caller *caller, struct arena *mem,
                         const char *id, struct err *err)
{
    const struct partner *partner;

    if (!partner_store_get(mem, app->db, &caller->scope, id, &partner, err))
        return false;
    return partner || err_set(err, ERR_NOT_FOUND, "there is no partner %.40s", id);
}

/* In the place of PARTNER_CAP_CONFIGURED what the configuration says. */
static struct partner_share in_force(const struct app *app, const struct partner_share *stored)
{
    struct partner_share share = *stored;

    if (share.checks_per_min == PARTNER_CAP_CONFIGURED)
        share.checks_per_min = app->config->partner.checks_per_min;
    if (share.requests_per_min == PARTNER_CAP_CONFIGURED)
        share.requests_per_min = app->config->partner.requests_per_min;
    return share;
}

bool app_partner_share_of(const struct app *app, struct arena *mem, const char *partner_id,
                          struct partner_share *out, struct err *err)
{
    struct partner_share stored;

    if (!partner_share_store_get(mem, app->db, partner_id, &stored, err))
        return false;
    *out = in_force(app, &stored);
    return true;
}

bool app_partner_share_get(const struct app *app, const struct caller *caller, struct arena *mem,
                           const char *partner_id, struct partner_share *out, struct err *err)
{
    return find_partner(app, caller, mem, partner_id, err) &&
           app_partner_share_of(app, mem, partner_id, out, err);
}

static void change(int64_t *number, const int64_t *wanted)
{
    if (wanted)
        *number = *wanted;
}

bool app_partner_share_set(const struct app *app, const struct caller *caller, struct arena *mem,
                           const struct partner_share_input *in, struct partner_share *out,
                           struct err *err)
{
    struct partner_share share;

    if (!app_need_operator(caller, "set the share of a partner", err) ||
        !find_partner(app, caller, mem, in->partner_id, err) ||
        !partner_share_store_get(mem, app->db, in->partner_id, &share, err))
        return false;
    change(&share.weight, in->weight);
    change(&share.waiting_max, in->waiting_max);
    change(&share.orders_per_hour, in->orders_per_hour);
    change(&share.checks_per_min, in->checks_per_min);
    change(&share.requests_per_min, in->requests_per_min);
    if (!partner_share_store_put(app->db, &share, err))
        return false;
    *out = in_force(app, &share);
    return true;
}

/* When one of them is done nobody knows: it is told when to look again. */
static bool check_waiting(struct db *tx, const struct partner_share *share, int64_t now,
                          struct err *err)
{
    int64_t waiting;

    if (share->waiting_max == 0)
        return true;
    if (!partner_share_store_waiting(tx, share->partner_id, share->waiting_max, &waiting, err))
        return false;
    if (waiting < share->waiting_max)
        return true;
    (void)err_set(
        err, ERR_RATE_LIMITED,
        "%lld orders are placed and not fulfilled, and no more may be at a time: place it "
        "when one of them is, or ask the operator",
        (long long)waiting);
    err->retry_at = now + PARTNER_SHARE_AGAIN_MS;
    return false;
}

static bool take_hourly(struct arena *mem, struct db *tx, const struct partner_share *share,
                        int64_t now, struct err *err)
{
    const struct rate rate = {share->orders_per_hour, HOUR_S, share->orders_per_hour};
    const struct rate_key key = {"", BUCKET, share->partner_id};
    struct rate_spending spending;
    int64_t tat;

    if (rate.count == 0)
        return true;
    if (!admission_store_tat(tx, &key, &tat, err))
        return false;
    spending = rate_spend(&rate, tat, now * 1000);
    if (spending.is_allowed)
        return admission_store_put_tat(tx, &key, spending.tat_us, err);
    (void)err_set(err, ERR_RATE_LIMITED,
                  "%lld orders an hour may be placed, and they were: the next at %s",
                  (long long)rate.count, clock_text_in(mem, (spending.retry_us + 999) / 1000));
    err->retry_at = (spending.retry_us + 999) / 1000;
    return false;
}

bool app_partner_share_take(struct arena *mem, struct db *tx, const char *partner_id, int64_t now,
                            struct err *err)
{
    struct partner_share share;

    return partner_share_store_get(mem, tx, partner_id, &share, err) &&
           check_waiting(tx, &share, now, err) && take_hourly(mem, tx, &share, now, err);
}
