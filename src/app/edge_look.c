/* SPDX-License-Identifier: Apache-2.0 */
#include "app/edge_look.h"

#include <jansson.h>

#include "app/edge_progress.h"
#include "base/clock.h"
#include "base/id.h"
#include "model/job_kind.h"
#include "store/event_store.h"
#include "store/job_store.h"

/* That nobody can connect to an edge which follows, once, and when it is over. */
static bool tell_deaf(struct arena *mem, struct db *tx, const struct edge *was,
                      const struct edge *edge, int64_t now, struct err *err)
{
    const struct edge_seen before = edge_seen_of(was), after = edge_seen_of(edge);
    bool is_deaf = edge_is_deaf(&after, now);
    bool is_told = edge_is_deaf(&before, now) && was->tried_at >= was->following_at;
    const struct event event = {
        .id = id_new(mem, ID_EVENT),
        .subject_id = edge->id,
        .at = now,
        .kind = is_deaf ? "edge.unanswered" : "edge.answers",
        .text = is_deaf ? arena_printf(mem, "edge %s follows, and nobody can connect to it (%s)",
                                       edge->name, edge->try_text)
                        : arena_printf(mem, "edge %s can be connected to again", edge->name),
    };

    return is_told == is_deaf || event_store_add(tx, &event, err);
}

static bool store_tries(struct arena *mem, struct db *tx, const struct edge_tries *tries,
                        int64_t now, struct err *err)
{
    for (size_t i = 0; i < tries->count; i++) {
        const struct edge_try *one = &tries->items[i];
        const struct edge_seen seen = edge_seen_of(one->edge);
        struct edge edge = *one->edge;

        edge.failed_tries = edge_failed_tries(&seen, one->is_answered, now);
        if (edge.failed_tries <= 1)
            edge.unanswered_at = edge.failed_tries ? now : 0;
        edge.tried_at = now;
        edge.try_text = one->text;
        if (!edge_store_set_try(tx, &edge, err) && err->code != ERR_LOST_RACE)
            return false;
        if (!tell_deaf(mem, tx, one->edge, &edge, now, err))
            return false;
    }
    return true;
}

/* For the operator: the event of the platform, about no tenant. */
static bool add_event(struct arena *mem, struct db *tx, const struct edge_change *change,
                      int64_t now, struct err *err)
{
    json_auto_t *data = json_pack(
        "{s:s, s:s, s:s, s:s, s:b}", "edge", change->edge->name, "group", change->edge->group,
        "from", edge_standing_name(change->step->from), "to", edge_standing_name(change->step->to),
        "alarm", change->step->alarm == EDGE_ALARM_BEGINS || change->step->to == STANDING_DOWN);
    char *text = json_dumps(data, JSON_COMPACT);
    const struct event event = {
        .id = id_new(mem, ID_EVENT),
        .subject_id = change->edge->id,
        .at = now,
        .kind = arena_printf(mem, "edge.%s", edge_event_name(change->step->on)),
        .text = change->text,
        .data = text,
    };
    bool is_added = event_store_add(tx, &event, err);

    free(text);
    return is_added;
}

static const char *text_of(struct arena *mem, const struct edge *edge, const struct edge_step *step)
{
    if (step->alarm == EDGE_ALARM_BEGINS && edge->try_text)
        return arena_printf(mem, "edge %s %s (%s)", edge->name, step->why, edge->try_text);
    return arena_printf(mem, "edge %s %s", edge->name, step->why);
}

/* One look under way. */
struct look {
    struct arena *mem;
    struct db *tx;
    int64_t now;
    struct edge_change *changes;
    size_t count;
    int64_t again_at;
};

static bool store_look(struct look *look, const struct edge *edge, const struct edge_look *seen,
                       struct err *err)
{
    struct edge moved = *edge;
    const struct edge_step *step;

    moved.rejoin = seen->rejoin;
    if (!seen->is_event)
        return (moved.rejoin.epoch == edge->rejoin.epoch && moved.rejoin.seq == edge->rejoin.seq) ||
               edge_store_move(look->tx, &moved, edge->standing, err);
    step = edge_step(edge->standing, seen->event);
    if (!step)
        return err_set(err, ERR_INTERNAL, "event %s is not allowed for an edge that is %s",
                       edge_event_name(seen->event), edge_standing_name(edge->standing));
    moved.standing = step->to;
    moved.standing_at = look->now;
    if (step->on == EDGE_EVENT_CAUGHT_UP)
        moved.rejoined_at = look->now;
    look->again_at = look->now; /* what it is now may lead further */
    look->changes[look->count] = (struct edge_change){edge, step, text_of(look->mem, edge, step)};
    return edge_store_move(look->tx, &moved, step->from, err) &&
           add_event(look->mem, look->tx, &look->changes[look->count++], look->now, err);
}

static bool look_at_one(struct look *look, const struct edge *edge, struct err *err)
{
    struct edge_seen seen = edge_seen_of(edge);
    struct edge_behind behind;
    struct edge_look verdict;
    int64_t again_at = edge_look_again_at(&seen, look->now);

    if (!edge_store_behind(look->tx, edge, &behind, err))
        return false;
    seen.pending_at = behind.since;
    verdict = edge_look_at(&seen, (struct edge_place){edge->head_epoch, edge->head_seq}, look->now);
    if (again_at < look->again_at)
        look->again_at = again_at;
    return store_look(look, edge, &verdict, err);
}

/* Certificates that went live without the edge are proven with it now. */
static bool prove_soon(const struct look *look, const char *group, struct err *err)
{
    for (size_t i = 0; i < look->count; i++)
        if (look->changes[i].step->on == EDGE_EVENT_CAUGHT_UP)
            return job_store_enqueue(look->tx, job_kind_name(JOB_PROOFS), group, look->now, err);
    return true;
}

static bool look_at_all(struct look *look, const struct edge_list *edges, struct err *err)
{
    look->changes = arena_array_of(look->mem, edges->count, struct edge_change);
    for (size_t i = 0; i < edges->count; i++)
        if (!look_at_one(look, &edges->items[i], err))
            return false;
    return true;
}

bool app_edge_look(const struct app *app, struct arena *mem, const char *group,
                   const struct edge_tries *tries, struct edge_changes *out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct look look = {.mem = mem};
    struct edge_list before, tried, after;

    if (!db_tx_begin(app->db, &tx, err))
        return false;
    look.tx = tx;
    look.now = clock_now(); /* not before our turn: rejoined_at is compared with other times */
    look.again_at = look.now + EDGE_LOOK_MAX_MS;
    if (!edge_store_list(mem, tx, group, &before, err) ||
        !store_tries(mem, tx, tries, look.now, err) ||
        !edge_store_list(mem, tx, group, &tried, err) || !look_at_all(&look, &tried, err) ||
        !edge_store_list(mem, tx, group, &after, err) ||
        !edge_progress_wake(mem, tx, &before, &after, look.now, err) ||
        !prove_soon(&look, group, err) || !db_tx_commit(&tx, err))
        return false;
    *out = (struct edge_changes){look.changes, look.count, look.again_at};
    return true;
}
