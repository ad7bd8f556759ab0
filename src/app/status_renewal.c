/* SPDX-License-Identifier: Apache-2.0 */
#include "app/status.h"
#include "base/clock.h"

static const char *const next_texts[RENEWAL_STATE_COUNT] = {
    [RENEWAL_NONE] = "There is no live certificate to renew.",
    [RENEWAL_SCHEDULED] = "It is renewed by itself.",
    [RENEWAL_RENEWING] = "A new certificate is on its way; the old one is served until then.",
    [RENEWAL_FAILING] = "It is tried again by itself; the old certificate is served until then.",
    [RENEWAL_STOPPED] = "The term has ended: it is not renewed any more.",
};

static bool has_live(const struct status *status)
{
    return status->certificate && status->certificate->state == CERTIFICATE_LIVE;
}

/* An issuance that is to take the place of the live certificate. */
static bool is_under_way(const struct status *status)
{
    return status->issuance && !issuance_state_is_final(status->issuance->state);
}

static enum renewal_state judge(const struct status *status)
{
    if (!has_live(status))
        return RENEWAL_NONE;
    if (is_under_way(status))
        return status->issuance->error_code ? RENEWAL_FAILING : RENEWAL_RENEWING;
    return status->subscription ? RENEWAL_SCHEDULED : RENEWAL_STOPPED;
}

static bool is_risk(const struct status *status)
{
    const struct certificate *certificate = status->certificate;
    const struct renewal *schedule = status->renewal.schedule;
    const struct renewal_life life = {certificate->created_at, certificate->not_after_at};

    return schedule && renewal_risk_at(&life, schedule->renew_at) <= clock_now();
}

static const char *why_then(struct arena *mem, const struct renewal *schedule)
{
    if (schedule->source == RENEWAL_FROM_LIFE)
        return "most of its life is over then";
    return schedule->explanation_url
               ? arena_printf(mem, "its certificate authority asks for it: %s",
                              schedule->explanation_url)
               : "its certificate authority asks for it";
}

bool app_status_renewal(const struct app *app, const struct scope *scope, struct arena *mem,
                        struct status *out, struct err *err)
{
    struct status_renewal *renewal = &out->renewal;

    *renewal = (struct status_renewal){.state = judge(out)};
    renewal->next = next_texts[renewal->state];
    if (!has_live(out))
        return true;
    if (!renewal_store_get(mem, app->db, scope, out->certificate->id, &renewal->schedule, err))
        return false;
    if (renewal->state == RENEWAL_FAILING) {
        renewal->at = out->issuance->next_try_at;
        renewal->reason = out->issuance->error_text;
        renewal->is_risk = is_risk(out);
    } else if (renewal->state == RENEWAL_SCHEDULED && renewal->schedule) {
        renewal->at = renewal->schedule->renew_at;
        renewal->reason = why_then(mem, renewal->schedule);
    }
    return true;
}
