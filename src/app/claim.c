/* SPDX-License-Identifier: Apache-2.0 */
#include "app/claim.h"

#include <string.h>

#include "base/clock.h"
#include "model/hostname.h"
#include "model/job_kind.h"
#include "model/name_set.h"
#include "store/issuance_store.h"
#include "store/job_store.h"

static bool is_kept_by(const struct claim *star, const struct claim *claim)
{
    return strcmp(star->account_id, claim->account_id) != 0 && star->proven_at &&
           (!claim->proven_at || claim->proven_at > star->proven_at);
}

bool app_claim_is_under_star(struct arena *mem, struct db *db, const struct claim *claim, bool *out,
                             struct err *err)
{
    struct name_stars stars;
    bool is_kept = false;

    name_stars_above(mem, claim->name, &stars);
    for (size_t i = 0; i < stars.count && !is_kept; i++) {
        const struct claim *star;

        if (!claim_store_holder(mem, db, stars.names[i], &star, err))
            return false;
        is_kept = star && is_kept_by(star, claim);
    }
    *out = is_kept;
    return true;
}

bool app_claim_look(struct arena *mem, struct db *db, const char *domain_id, const char *name,
                    struct claim_look *out, struct err *err)
{
    const struct claim *holder;

    *out = (struct claim_look){0};
    if (!claim_store_holder(mem, db, name, &holder, err))
        return false;
    if (!holder || strcmp(holder->domain_id, domain_id) != 0)
        return true;
    out->own = holder;
    return app_claim_is_under_star(mem, db, holder, &out->is_under_star, err);
}

static bool publish_again(struct db *tx, const struct claim *claim, struct err *err)
{
    return job_store_enqueue(tx, job_kind_name(JOB_PUBLISH), claim->domain_id, clock_now(), err);
}

bool app_claim_prove(struct arena *mem, struct db *tx, const char *domain_id, const char *name,
                     int64_t at, struct err *err)
{
    struct claim_list below;
    bool is_first;

    if (!claim_store_prove(tx, domain_id, name, at, &is_first, err))
        return false;
    if (!is_first || !hostname_is_wildcard(name))
        return true;
    if (!claim_store_list_unproven_below(mem, tx, name + 1, &below, err))
        return false;
    for (size_t i = 0; i < below.count; i++)
        if (!publish_again(tx, &below.items[i], err))
            return false;
    return true;
}

/* An issuance that waits for its names looks at them now. */
static bool look_again(struct arena *mem, struct db *tx, const struct claim *claim, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct issuance *latest;

    if (!issuance_store_latest(mem, tx, &scope, claim->domain_id, &latest, err))
        return false;
    return !latest || job_store_wake(tx, latest->id, clock_now(), NULL, err);
}

bool app_claim_follow_end(struct arena *mem, struct db *tx, const char *name, struct err *err)
{
    struct claim_list below;

    if (!hostname_is_wildcard(name))
        return true;
    if (!claim_store_list_unproven_below(mem, tx, name + 1, &below, err))
        return false;
    for (size_t i = 0; i < below.count; i++)
        if (!publish_again(tx, &below.items[i], err) || !look_again(mem, tx, &below.items[i], err))
            return false;
    return true;
}
