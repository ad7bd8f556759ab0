/* SPDX-License-Identifier: Apache-2.0 */
#include "app/restore.h"

#include "base/clock.h"
#include "base/id.h"
#include "model/job_kind.h"
#include "store/event_store.h"
#include "store/job_store.h"

bool app_restore_is_proof(struct db *db, const char *group, const struct feed_head *head,
                          const struct edge_ack *at, bool *out, struct err *err)
{
    *out = false;
    if (head->epoch == 0 ||
        (at->epoch > head->epoch && at->epoch > clock_real_ms() + RESTORE_FUTURE_MS))
        return true;
    return feed_store_is_foreign(db, group, head, at->epoch, at->seq, out, err);
}

static bool tell(struct arena *mem, struct db *tx, const struct feed_head *head,
                 const struct edge_ack *ack, struct err *err)
{
    const struct event event = {
        .id = id_new(mem, ID_EVENT),
        .subject_id = ack->edge_id,
        .at = clock_now(),
        .kind = "feed.restored",
        .text = arena_printf(mem,
                             "the store is an older copy: this edge has %lld-%lld of the feed, "
                             "which it has never told; it is at %lld-%lld",
                             (long long)ack->epoch, (long long)ack->seq, (long long)head->epoch,
                             (long long)head->seq),
    };

    return event_store_add(tx, &event, err);
}

/* That it is known already is no failure, and told once. */
static bool note(struct arena *mem, struct db *tx, const char *group, const struct feed_head *head,
                 const struct edge_ack *ack, struct err *err)
{
    if (!feed_store_note_ahead(tx, group, ack->epoch, err))
        return err->code == ERR_LOST_RACE;
    return (head->ahead_epoch != 0 || tell(mem, tx, head, ack, err)) &&
           job_store_enqueue(tx, job_kind_name(JOB_EPOCH), group, clock_now(), err);
}

bool app_restore_note(struct arena *mem, struct db *tx, const struct edge_acks *acks,
                      struct err *err)
{
    struct feed_head head;

    if (!feed_store_head(tx, acks->group, &head, err))
        return false;
    for (size_t i = 0; i < acks->count; i++) {
        bool is_proven;

        if (!app_restore_is_proof(tx, acks->group, &head, &acks->items[i], &is_proven, err))
            return false;
        if (is_proven && !note(mem, tx, acks->group, &head, &acks->items[i], err))
            return false;
        if (is_proven)
            head.ahead_epoch = acks->items[i].epoch;
    }
    return true;
}
