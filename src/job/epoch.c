/* SPDX-License-Identifier: Apache-2.0 */
#include "job/epoch.h"

#include "base/clock.h"
#include "base/crash.h"
#include "base/id.h"
#include "feed/renewal.h"
#include "store/certificate_store.h"
#include "store/event_store.h"
#include "store/job_store.h"
#include "store/renewal_store.h"

#define RUN_MS       INT64_C(20000) /* then the run makes room for other jobs */
#define HOUR_MS      INT64_C(3600000)
#define ASK_APART_MS 20 /* of certificates whose CA is asked after a restore */

static bool tell(struct arena *mem, struct db *tx, const char *group, const char *kind,
                 const char *text, struct err *err)
{
    const struct event event = {.id = id_new(mem, ID_EVENT),
                                .subject_id = group,
                                .at = clock_now(),
                                .kind = kind,
                                .text = text};

    return event_store_add(tx, &event, err);
}

/* What the life that is lost has revoked is live in this store: the CA knows, and asks for its
 * renewal at once (RFC 9773 section 4.1). */
static bool ask_about_all(struct db *tx, struct err *err)
{
    return renewal_store_ask_all(tx, clock_now(), err) &&
           job_store_spread(tx, job_kind_name(JOB_RENEW), clock_now(), ASK_APART_MS, err);
}

static bool begin(const struct worker *worker, struct arena *mem, const struct feed_head *head,
                  struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const int64_t epoch = feed_next_epoch(head, clock_real_ms());
    const char *text = arena_printf(
        mem, "epoch %lld of the feed has begun: edges keep what they have, and take a snapshot",
        (long long)epoch);

    if (!db_tx_begin(worker->app->db, &tx, err) ||
        !feed_store_restart(tx, worker->feed.group, head, epoch, err) || !ask_about_all(tx, err) ||
        !tell(mem, tx, worker->feed.group, "feed.epoch_begun", text, err))
        return false;
    CRASH_POINT(EPOCH_BEFORE);
    if (!db_tx_commit(&tx, err))
        return false;
    CRASH_POINT(EPOCH_COMMIT);
    return true;
}

/* Its certificate in this store has expired: edges that have a newer one go on with it. */
static bool is_held(void *arg, const struct edge_record *record, bool *out, struct err *err)
{
    AUTO(arena_freep) struct arena *mem = arena_new();
    const struct worker *worker = arg;
    const struct scope scope = scope_platform();
    const struct certificate *certificate;
    struct edge_host host;

    *out = false;
    if (record->kind != EDGE_HOST || record->is_tombstone ||
        edge_host_read(record->body, &host) != EDGE_FAULT_NONE || host.certificate_id.len == 0)
        return true;
    if (!certificate_store_get(
            mem, worker->app->db, &scope,
            arena_strndup(mem, (const char *)host.certificate_id.data, host.certificate_id.len),
            &certificate, err))
        return false;
    *out = certificate && certificate->not_after_at <= clock_now();
    return true;
}

static const char *summary(struct arena *mem, const struct feed_renewal *renewal)
{
    const char *text =
        arena_printf(mem, "%zu records are signed for the new epoch", renewal->renewed);

    if (renewal->held == 0)
        return text;
    return arena_printf(mem,
                        "%s; %zu hosts stay as edges have them, for their certificates in the store"
                        " have expired",
                        text, renewal->held);
}

/* Goes over all records, as far as it gets in the time of one run. */
static bool renew(const struct worker *worker, struct arena *mem, struct feed_renewal *renewal,
                  struct err *err)
{
    renewal->until_ms = clock_boot_ms() + RUN_MS;
    return feed_renew(mem, &worker->feed, renewal, err);
}

static bool renew_all(void *arg, struct arena *mem, bool *is_done, struct err *err)
{
    const struct worker *worker = arg;
    struct feed_renewal renewal = {.is_held = is_held, .arg = arg};

    *is_done = false;
    if (!renew(worker, mem, &renewal, err))
        return false;
    if (!renewal.is_done)
        return true;
    if (renewal.renewed > 0 && !tell(mem, worker->app->db, worker->feed.group, "feed.epoch_signed",
                                     summary(mem, &renewal), err))
        return false;
    return epoch_end(worker, mem, is_done, err);
}

bool job_epoch(void *arg, struct arena *mem, const struct job *job, struct job_result *out,
               struct err *err)
{
    const struct worker *worker = arg;
    struct feed_head head;
    int64_t age;

    (void)job;
    if (!feed_store_head(worker->app->db, worker->feed.group, &head, err))
        return false;
    age = clock_real_ms() - head.epoch;
    if (head.ahead_epoch != 0 && age >= 0 && age < EPOCH_AGAIN_MS) {
        *out = (struct job_result){.run_at = clock_now() + EPOCH_AGAIN_MS - age};
        return true;
    }
    if (head.ahead_epoch != 0 && !begin(worker, mem, &head, err))
        return false;
    out->run_at = clock_now();
    return renew_all(arg, mem, &out->is_done, err);
}

bool epoch_keeps(const struct worker *worker, bool *out, struct err *err)
{
    const int64_t keep_ms = worker->app->config->edge.keep_unknown_h * HOUR_MS;
    struct feed_head head;

    if (!feed_store_head(worker->app->db, worker->feed.group, &head, err))
        return false;
    *out = head.ahead_epoch != 0 ||
           (head.restored_at != 0 && clock_real_ms() < head.restored_at + keep_ms);
    return true;
}

/* The time in which edges keep what they have is over: what was held until then goes over it too.
 */
bool epoch_end(const struct worker *worker, struct arena *mem, bool *is_done, struct err *err)
{
    struct feed_renewal renewal = {0};
    struct feed_head head;
    bool is_kept;

    *is_done = true;
    if (!epoch_keeps(worker, &is_kept, err) ||
        !feed_store_head(worker->app->db, worker->feed.group, &head, err))
        return false;
    if (is_kept)
        return true;
    if (head.restored_at != 0 && !renew(worker, mem, &renewal, err))
        return false;
    *is_done = head.restored_at == 0 || renewal.is_done;
    return !*is_done || feed_publish_end(mem, &worker->feed, err);
}
