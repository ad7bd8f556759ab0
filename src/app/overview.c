/* SPDX-License-Identifier: Apache-2.0 */
#include "app/overview.h"

#include "base/clock.h"
#include "model/renewal_time.h"

#define AGAIN_MS        INT64_C(86400000) /* a line is made again at least every day */
#define WITHOUT_EDGE_MS INT64_C(60000)    /* and so soon while no edge counts */

static bool has_live(const struct status *status, int64_t now)
{
    return status->certificate && status->certificate->state == CERTIFICATE_LIVE &&
           status->certificate->not_after_at > now;
}

static enum overview_need need_of(const struct status *status)
{
    if (status->badge.kind == BADGE_NOT_SECURED && status->subscription)
        return OVERVIEW_NEED_LAPSED;
    if (status->badge.kind == BADGE_AT_RISK)
        return OVERVIEW_NEED_RENEWAL;
    return status->badge.kind == BADGE_ACTION_NEEDED ? OVERVIEW_NEED_ACTION : OVERVIEW_NEED_NOTHING;
}

static void take_need(const struct status *status, int64_t now, struct overview *out)
{
    out->need = need_of(status);
    out->who_acts = status->badge.who_acts;
    out->need_at = 0;
    if (out->need == OVERVIEW_NEED_LAPSED)
        out->who_acts = WHO_OPERATOR;
    if (out->need == OVERVIEW_NEED_NOTHING)
        return;
    if (has_live(status, now) || (status->certificate && out->need == OVERVIEW_NEED_LAPSED))
        out->need_at = status->certificate->not_after_at;
    else if (status->order)
        out->need_at = status->order->placed_at;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* From when a renewal that fails is a risk; 0: there is nothing to renew. */
static int64_t risk_at(const struct status *status)
{
    const struct renewal_life life = {status->certificate->created_at,
                                      status->certificate->not_after_at};

    return status->renewal.schedule ? renewal_risk_at(&life, status->renewal.schedule->renew_at)
                                    : 0;
}

/* When time alone may change it. */
static int64_t due_at(const struct status *status, int64_t now)
{
    int64_t at = now + (status->counted == 0 ? WITHOUT_EDGE_MS : AGAIN_MS);

    if (!has_live(status, now))
        return at;
    at = earlier(at, status->certificate->not_after_at);
    return risk_at(status) > now ? earlier(at, risk_at(status)) : at;
}

void overview_of(const struct status *status, int64_t now, struct overview *out)
{
    out->badge = status->badge.kind;
    take_need(status, now, out);
    out->is_ordered = status->order != NULL;
    out->term_end_at = status->subscription ? status->subscription->term_end_at : 0;
    out->due_at = due_at(status, now);
}

static bool make(const struct app *app, const struct overview *old, struct overview *out,
                 struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct caller caller = {.scope = scope_account(old->partner_id, old->account_id)};
    struct status status;

    if (!app_status(app, &caller, mem, old->domain_id, &status, err))
        return false;
    *out = *old;
    overview_of(&status, clock_now(), out);
    return true;
}

static bool save_all(const struct app *app, const struct overview *items, size_t count,
                     struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (count == 0)
        return true;
    if (!db_tx_begin(app->db, &tx, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!overview_store_save(tx, &items[i], err))
            return false;
    return db_tx_commit(&tx, err);
}

bool app_overview_refresh(const struct app *app, const struct scope *scope, int64_t at,
                          bool *is_more, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct overview_due which = {at, OVERVIEW_REFRESH_MAX};
    struct overview_list list;
    struct overview *made;

    if (!overview_store_due(mem, app->db, scope, &which, &list, err))
        return false;
    made = arena_array_of(mem, list.count, struct overview);
    for (size_t i = 0; i < list.count; i++)
        if (!make(app, &list.items[i], &made[i], err))
            return false;
    *is_more = list.has_more;
    return save_all(app, made, list.count, err);
}
