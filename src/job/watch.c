/* SPDX-License-Identifier: Apache-2.0 */
#include "job/watch.h"

#include "base/clock.h"
#include "base/random.h"
#include "job/glance.h"
#include "model/pace.h"
#include "model/watch_pace.h"
#include "store/certificate_store.h"
#include "store/domain_name_store.h"
#include "store/domain_store.h"
#include "store/issuance_store.h"
#include "store/job_store.h"
#include "store/renewal_store.h"
#include "store/watch_store.h"

#define PUT_OFF_MS INT64_C(1000)  /* when there was enough to do */
#define SPREAD_MS  INT64_C(10000) /* in which those behind a silent server come again */

/* Why a domain is watched. */
enum reason {
    WATCH_NOTHING, /* any more */
    WATCH_BUSY,    /* it will be: an issuance is under way, or waits for a person */
    WATCH_WAITING, /* an issuance waits for its names */
    WATCH_SECURED,
};

/* A domain that is due. */
struct due {
    const struct domain_watch *watch;
    const struct domain *domain;
    const struct issuance *latest; /* of the domain */
    const struct certificate *current;
    int64_t renew_at;   /* 0: not known */
    int64_t failing_at; /* a name that `current` has does not pass since; 0: all do */
    enum reason reason;
    struct glance *glance; /* NULL: its servers are not asked */
    int64_t changes_tat;   /* after it */
};

struct run {
    const struct worker *worker;
    struct arena *mem;
    const struct job *job;
    int64_t now;
    struct due *items;
    size_t count;
    struct glance *glances;
    size_t glance_count;
};

/* ---- what is due ---- */

static enum reason reason_of(const struct due *due)
{
    if (!due->domain || due->domain->is_removed)
        return WATCH_NOTHING;
    if (due->latest && due->latest->state == ISSUANCE_WAITING_DNS)
        return WATCH_WAITING;
    if (due->latest && !issuance_state_is_final(due->latest->state))
        return WATCH_BUSY;
    return due->current && due->current->state == CERTIFICATE_LIVE ? WATCH_SECURED : WATCH_NOTHING;
}

static bool load(const struct run *run, struct due *due, struct err *err)
{
    AUTO(db_view_endp) struct db *db = NULL;
    const struct scope scope = scope_platform();
    const struct renewal *renewal = NULL;
    const char *id = due->watch->domain_id;

    if (!db_view_begin(run->worker->app->db, &db, err) ||
        !domain_store_get(run->mem, db, &scope, id, &due->domain, err) ||
        !issuance_store_latest(run->mem, db, &scope, id, &due->latest, err) ||
        !certificate_store_current(run->mem, db, &scope, id, &due->current, err) ||
        (due->current && !renewal_store_get(run->mem, db, &scope, due->current->id, &renewal, err)))
        return false;
    due->renew_at = renewal ? renewal->renew_at : 0;
    due->reason = reason_of(due);
    return true;
}

/* The domain itself, then what does not pass, then the rest: as many as a glance has room for. */
static void choose_names(const struct run *run, const struct due *due,
                         const struct domain_name_list *names, struct glance *out)
{
    const char **chosen = arena_array_of(run->mem, GLANCE_NAMES_MAX, const char *);

    for (int rank = 0; rank < 3; rank++)
        for (size_t i = 0; i < names->count && out->count < GLANCE_NAMES_MAX; i++) {
            const struct domain_name *name = &names->items[i];
            bool is_own = strcmp(name->name, due->domain->name) == 0;

            if (rank == (is_own ? 0 : name->passed_at ? 2 : 1))
                chosen[out->count++] = name->name;
        }
    out->names = chosen;
}

static bool is_close(const struct run *run, const struct due *due)
{
    return watch_waiting_ms(run->now - due->watch->cared_at) == watch_waiting_ms(0);
}

static bool is_parent_due(const struct run *run, const struct due *due)
{
    return run->now - due->watch->parent_at >= watch_parent_ms(run->now - due->watch->cared_at);
}

static int64_t failing_since(const struct domain_name_list *names)
{
    int64_t since = 0;

    for (size_t i = 0; i < names->count; i++)
        if (names->items[i].failing_at > since)
            since = names->items[i].failing_at;
    return since;
}

static bool plan(struct run *run, struct due *due, struct err *err)
{
    const struct scope scope = scope_platform();
    struct domain_name_list names;

    if (!*due->watch->servers || (due->reason != WATCH_WAITING && due->reason != WATCH_SECURED))
        return true;
    if (!domain_name_store_list(run->mem, run->worker->app->db, &scope, due->domain->id, &names,
                                err))
        return false;
    due->failing_at = failing_since(&names);
    due->glance = &run->glances[run->glance_count++];
    *due->glance = (struct glance){.registered = due->domain->registered_domain,
                                   .servers = due->watch->servers,
                                   .facts = due->watch->facts,
                                   .is_close = is_close(run, due),
                                   .asks_parent = is_parent_due(run, due)};
    choose_names(run, due, &names, due->glance);
    return true;
}

static bool has_domain(const struct domain_watch_list *list, const char *domain_id)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].domain_id, domain_id) == 0)
            return true;
    return false;
}

/* Where more is due than a run takes, partners take turns; what they leave is for whoever is due
 * longest. */
static bool list_due(const struct run *run, struct domain_watch_list *out, struct err *err)
{
    struct domain_watch *items = arena_array_of(run->mem, JOB_WATCH_MOST, struct domain_watch);
    struct domain_watch_list turns, longest;
    struct db *db = run->worker->app->db;

    if (!watch_store_due(run->mem, db, run->now, JOB_WATCH_MOST, out, err))
        return false;
    if (out->count < JOB_WATCH_MOST)
        return true;
    longest = *out;
    if (!watch_store_due_in_turn(run->mem, db, run->now, JOB_WATCH_TURNS, JOB_WATCH_MOST, &turns,
                                 err))
        return false;
    *out = (struct domain_watch_list){items, turns.count};
    for (size_t i = 0; i < turns.count; i++)
        items[i] = turns.items[i];
    for (size_t i = 0; i < longest.count && out->count < JOB_WATCH_MOST; i++)
        if (!has_domain(&turns, longest.items[i].domain_id))
            items[out->count++] = longest.items[i];
    return true;
}

static bool find_due(struct run *run, struct err *err)
{
    struct domain_watch_list list;

    if (!list_due(run, &list, err))
        return false;
    run->items = arena_array_of(run->mem, list.count, struct due);
    run->glances = arena_array_of(run->mem, list.count, struct glance);
    run->count = list.count;
    for (size_t i = 0; i < list.count; i++) {
        run->items[i] = (struct due){.watch = &list.items[i]};
        if (!load(run, &run->items[i], err) || !plan(run, &run->items[i], err))
            return false;
    }
    return true;
}

/* ---- what comes of it ---- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* What does not pass any more is glanced at as what waits is. */
static struct watch_pace secured_pace(const struct run *run, const struct due *due)
{
    struct watch_pace pace = watch_secured_pace(
        due->renew_at ? due->renew_at - run->now : INT64_MAX, run->now - due->watch->cared_at);
    int64_t waiting = watch_waiting_ms(run->now - due->failing_at);

    if (due->failing_at && waiting < pace.glance_ms)
        pace.glance_ms = waiting;
    return pace;
}

static struct watch_pace pace_of(const struct run *run, const struct due *due)
{
    int64_t uncared = run->now - due->watch->cared_at;

    if (due->reason == WATCH_SECURED)
        return secured_pace(run, due);
    return (struct watch_pace){watch_waiting_ms(uncared), 0};
}

/* What a name server says for the first time may have changed since a waiting name was checked; of
 * a secured one, the next whole look tells. */
static bool is_to_wake(const struct run *run, const struct due *due)
{
    int64_t woken_at = due->watch->woken_at;
    bool is_new = due->glance && due->glance->is_new;

    if (due->glance && due->glance->is_changed)
        return true;
    if (due->reason == WATCH_WAITING)
        return is_new || due->watch->cared_at > woken_at;
    if (due->reason != WATCH_SECURED)
        return false;
    woken_at = later(woken_at, due->current->created_at); /* its names were looked at for it */
    return (due->watch->cared_at > woken_at && run->now - woken_at >= JOB_WATCH_CARE_MS) ||
           run->now - woken_at >= pace_of(run, due).whole_ms;
}

/* A change that is not worth a look stays one, until it is. */
static void weigh(const struct run *run, struct due *due)
{
    struct glance *glance = due->glance;

    due->changes_tat = due->watch->changes_tat;
    if (!glance || !glance->is_changed ||
        watch_may_wake(&due->changes_tat, glance->is_novel, run->now * 1000))
        return;
    glance->is_changed = false;
    glance->seen = glance->seen_first;
    glance->facts_after = glance->facts;
}

static struct domain_watch seen(const struct run *run, const struct due *due, bool wakes)
{
    const struct glance *glance = due->glance;
    struct domain_watch is = *due->watch;

    is.changes_tat = due->changes_tat;
    is.look_at = run->now + watch_jitter_ms(pace_of(run, due).glance_ms, random_below(UINT32_MAX));
    if (wakes)
        is.woken_at = run->now;
    if (!glance)
        return is;
    if (glance->is_put_off) {
        is.look_at = run->now + random_between(PUT_OFF_MS, 2 * PUT_OFF_MS);
        return is;
    }
    if (glance->silent_ms)
        is.look_at =
            later(is.look_at, run->now + glance->silent_ms + (int64_t)random_below(SPREAD_MS));
    is.servers = glance->seen;
    is.facts = glance->facts_after;
    if (glance->has_asked_parent)
        is.parent_at = run->now;
    if (glance->is_changed)
        is.changed_at = run->now;
    return is;
}

/* It may have gone on since: then it waits for something else, in its own time. */
static bool wake_waiting(const struct run *run, struct db *tx, const char *issuance_id,
                         struct err *err)
{
    const struct scope scope = scope_platform();
    const struct issuance *issuance;

    if (!issuance_store_get(run->mem, tx, &scope, issuance_id, &issuance, err))
        return false;
    return !issuance || issuance->state != ISSUANCE_WAITING_DNS ||
           job_store_wake(tx, issuance_id, run->now, NULL, err);
}

static bool wake(const struct run *run, struct db *tx, const struct due *due, struct err *err)
{
    if (due->reason == WATCH_WAITING)
        return wake_waiting(run, tx, due->latest->id, err);
    return job_store_enqueue(tx, job_kind_name(JOB_NAMES), due->domain->id, run->now, err);
}

static bool settle(const struct run *run, struct db *tx, struct due *due, struct err *err)
{
    struct domain_watch is;
    bool wakes;

    weigh(run, due);
    wakes = is_to_wake(run, due);
    is = seen(run, due, wakes);

    if (due->reason == WATCH_NOTHING)
        return watch_store_end(tx, due->watch->domain_id, err);
    return watch_store_save(tx, due->watch, &is, err) && (!wakes || wake(run, tx, due, err));
}

static bool store(const struct run *run, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!job_tx_begin(run->worker->app->db, run->job, &tx, err))
        return false;
    for (size_t i = 0; i < run->count; i++)
        if (!settle(run, tx, &run->items[i], err))
            return false;
    return db_tx_commit(&tx, err);
}

bool job_watch(void *worker, struct arena *mem, const struct job *job, struct job_result *out,
               struct err *err)
{
    struct run run = {.worker = worker, .mem = mem, .job = job, .now = clock_now()};
    int64_t next, soonest, latest;

    if (!find_due(&run, err) || !glance_run(run.worker, mem, run.glances, run.glance_count, err) ||
        (run.count > 0 && !store(&run, err)) || !watch_store_next(run.worker->app->db, &next, err))
        return false;
    soonest = run.now + JOB_WATCH_APART_MS;
    latest = run.now + JOB_WATCH_IDLE_MS;
    out->run_at = next < soonest ? soonest : next < latest ? next : latest;
    return true;
}

/* Since when nobody has cared; `began` itself counts. */
static int64_t uncared_since(const struct domain_watch *watch, int64_t began)
{
    return watch ? later(watch->cared_at, began) : began;
}

int64_t watch_again_at(const struct config *config, const struct domain_watch *watch, int64_t began,
                       int64_t now)
{
    const struct pace pace = {config->check.retry_min_ms, config->check.retry_max_ms, 1};
    int64_t since = uncared_since(watch, began);

    return now + pace_ms(&pace, now - later(since, watch ? watch->changed_at : 0));
}

bool watch_keep_servers(struct arena *mem, struct db *tx, const struct domain_watch *watch,
                        const struct check_report *report, struct err *err)
{
    const char *servers = watch ? glance_servers(mem, report, watch->servers) : NULL;
    int64_t first = clock_now() + JOB_WATCH_FIRST_MS;

    if (!watch || servers == watch->servers)
        return true;
    return watch_store_set_servers(tx, watch->domain_id, servers, first, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_WATCH), JOB_PLATFORM, first, err);
}

bool watch_start(struct db *db, struct err *err)
{
    int64_t now = clock_now();

    return watch_store_spread(db, now - JOB_WATCH_LATE_MS, now, JOB_WATCH_SPACE_MS, err);
}
