/* SPDX-License-Identifier: Apache-2.0 */
#include "job/values.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/log.h"
#include "job/notice.h"
#include "job/own_zone.h"
#include "model/pace.h"

static const struct pace refused = {1000, 3600000, 1}; /* by a zone's server */

static bool take(const struct worker *worker, const struct job *job, const struct dns_value *value,
                 struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return job_tx_begin(worker->app->db, job, &tx, err) && dns_value_store_take(tx, value, err) &&
           db_tx_commit(&tx, err);
}

static bool forget(const struct worker *worker, const struct job *job,
                   const struct dns_value *value, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return job_tx_begin(worker->app->db, job, &tx, err) && dns_value_store_remove(tx, value, err) &&
           db_tx_commit(&tx, err);
}

/* A zone that is not ours any more keeps what stands in it. */
static bool is_over(const struct worker *worker, const struct dns_value *value)
{
    return !config_dns_update_find(worker->app->config, value->zone);
}

static bool tell_kept(const struct worker *worker, struct arena *mem, const struct dns_value *value,
                      const struct err *failed, struct err *err)
{
    LOG(WARN, "value.not_removed", KS("owner", value->owner), KS("error", err_name(failed->code)));
    return notice_tell_zone(worker, mem, value->zone, failed, err);
}

/* *again is false when it is out of the zone. */
static bool remove_value(const struct worker *worker, struct arena *mem, const struct job *job,
                         const struct dns_value *value, bool *again, struct err *err)
{
    struct err failed;

    if (!take(worker, job, value, err))
        return false;
    CRASH_POINT(DROP_VALUE_BEFORE);
    *again =
        !is_over(worker, value) && !own_zone_change(worker, mem, OWN_ZONE_REMOVE, value, &failed);
    CRASH_POINT(DROP_VALUE_REPLY);
    if (*again)
        return tell_kept(worker, mem, value, &failed, err);
    if (!forget(worker, job, value, err))
        return false;
    CRASH_POINT(DROP_VALUE_COMMIT);
    return notice_end_zone(worker, value->zone, err);
}

bool job_values(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
                struct err *err)
{
    const struct worker *worker = arg;
    struct dns_value_list list;
    bool again = false;

    if (!dns_value_store_leaving(mem, worker->app->db, job->subject_id, &list, err))
        return false;
    for (size_t i = 0; i < list.count && !again; i++)
        if (!remove_value(worker, mem, job, &list.items[i], &again, err))
            return false;
    out->is_done = !again && list.count < DNS_VALUE_BATCH;
    out->run_at = clock_now() + (again ? pace_ms(&refused, clock_now() - job->created_at) : 0);
    return true;
}
