/* SPDX-License-Identifier: Apache-2.0 */
#include "app/care.h"

#include "base/clock.h"
#include "model/job_kind.h"
#include "store/job_store.h"
#include "store/watch_store.h"

static bool care(struct db *tx, const struct domain_watch *watch, struct err *err)
{
    return watch_store_care(tx, watch, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_WATCH), JOB_PLATFORM, watch->look_at, err);
}

bool app_care(struct db *tx, const char *domain_id, int64_t look_at, struct err *err)
{
    const int64_t now = clock_now();
    const struct domain_watch watch = {
        .domain_id = domain_id, .cared_at = now, .look_at = look_at, .woken_at = now};

    return care(tx, &watch, err);
}

static bool see(const struct app *app, struct arena *mem, const char *domain_id, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct domain_watch *watch;
    int64_t now = clock_now();
    const struct domain_watch seen = {.domain_id = domain_id, .cared_at = now, .look_at = now};

    if (!watch_store_get(mem, app->db, domain_id, &watch, err))
        return false;
    if (!watch || (watch->cared_at <= now && now - watch->cared_at < CARE_AGAIN_MS))
        return true;
    return db_tx_begin(app->db, &tx, err) && care(tx, &seen, err) && db_tx_commit(&tx, err);
}

void app_care_seen(const struct app *app, struct arena *mem, const char *domain_id)
{
    struct err ignored = {0};
    bool is_stored = see(app, mem, domain_id, &ignored);

    (void)is_stored;
}
