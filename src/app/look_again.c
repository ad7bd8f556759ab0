/* SPDX-License-Identifier: Apache-2.0 */
#include "app/look_again.h"

#include "app/partner_share.h"
#include "base/clock.h"
#include "base/rate.h"
#include "store/admission_store.h"

#define MINUTE_S 60

/* A cap a minute. */
struct cap {
    struct rate_key key;
    int64_t per_min; /* 0: any number */
    const char *of;  /* whose: "an order" */
};

/* The time after the last one may be of a clock that was set back since: then it says nothing. */
static bool take_parked(struct arena *mem, struct db *tx, const struct issuance *issuance,
                        struct err *err)
{
    const struct rate_key key = {issuance->ca, "check_again", issuance->id};
    int64_t now = clock_now(), tat_us, again_at;

    if (!admission_store_tat(tx, &key, &tat_us, err))
        return false;
    again_at = tat_us / 1000;
    if (again_at <= now || again_at > now + LOOK_AGAIN_PARKED_MS)
        return admission_store_put_tat(tx, &key, (now + LOOK_AGAIN_PARKED_MS) * 1000, err);
    (void)err_set(err, ERR_RATE_LIMITED,
                  "the certificate authority was asked again less than a minute ago: it can be "
                  "asked once more at %s",
                  clock_text_in(mem, again_at));
    err->retry_at = again_at;
    return false;
}

static bool take(struct arena *mem, struct db *tx, const struct cap *cap, struct err *err)
{
    const struct rate rate = {cap->per_min, MINUTE_S, cap->per_min};
    struct rate_spending spending;
    int64_t tat_us, again_at;

    if (cap->per_min == 0)
        return true;
    if (!admission_store_tat(tx, &cap->key, &tat_us, err))
        return false;
    spending = rate_spend(&rate, tat_us, clock_now() * 1000);
    if (spending.is_allowed)
        return admission_store_put_tat(tx, &cap->key, spending.tat_us, err);
    again_at = (spending.retry_us + 999) / 1000;
    (void)err_set(err, ERR_RATE_LIMITED,
                  "the names are looked at by themselves; %s may have %lld looks a minute besides, "
                  "and has had them: the next at %s",
                  cap->of, (long long)cap->per_min, clock_text_in(mem, again_at));
    err->retry_at = again_at;
    return false;
}

static bool take_of_partner(const struct app *app, struct arena *mem, struct db *tx,
                            const char *partner_id, struct err *err)
{
    struct cap cap = {.key = {"", "looks_a_minute", partner_id}, .of = "the partner"};
    struct partner_share share;

    if (!app_partner_share_of(app, mem, partner_id, &share, err))
        return false;
    cap.per_min = share.checks_per_min;
    return take(mem, tx, &cap, err);
}

bool app_look_again_take(const struct app *app, const struct caller *caller, struct arena *mem,
                         struct db *tx, const struct issuance *issuance, struct err *err)
{
    const struct cap own = {{"", "looks_a_minute", issuance->id}, LOOK_AGAIN_PER_MIN, "an order"};

    if (issuance->state == ISSUANCE_PARKED)
        return take_parked(mem, tx, issuance, err);
    return take(mem, tx, &own, err) && (caller->scope.kind == SCOPE_PLATFORM ||
                                        take_of_partner(app, mem, tx, issuance->partner_id, err));
}
