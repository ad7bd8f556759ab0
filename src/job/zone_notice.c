/* SPDX-License-Identifier: Apache-2.0 */
#include "job/zone_notice.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "store/event_store.h"
#include "store/zone_notice_store.h"

bool zone_notice_tell(const struct worker *worker, struct arena *mem, const char *zone,
                      const struct err *failed, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct zone_notice notice = {zone, failed->text, clock_now()};
    const struct event event = {.id = id_new(mem, ID_EVENT),
                                .subject_id = zone,
                                .at = notice.told_at,
                                .kind = "dns.update_failed",
                                .text = failed->text};
    bool is_new;

    if (!db_tx_begin(worker->app->db, &tx, err) ||
        !zone_notice_store_put(tx, &notice, &is_new, err) ||
        (is_new && !event_store_add(tx, &event, err)) || !db_tx_commit(&tx, err))
        return false;
    if (is_new)
        LOG(WARN, "dns.update_failed", KS("zone", zone), KS("error", err_name(failed->code)));
    return true;
}

bool zone_notice_end(const struct worker *worker, const char *zone, struct err *err)
{
    bool was_there;

    if (!zone_notice_store_end(worker->app->db, zone, &was_there, err))
        return false;
    if (was_there)
        LOG(INFO, "dns.update_works", KS("zone", zone));
    return true;
}
