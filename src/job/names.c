/* SPDX-License-Identifier: Apache-2.0 */
#include "job/names.h"

#include "app/ca.h"
#include "app/issuance.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "job/name_check.h"
#include "job/name_history.h"
#include "job/watch.h"
#include "model/job_kind.h"
#include "model/name_choice.h"
#include "model/pace.h"
#include "store/certificate_store.h"
#include "store/issuance_store.h"
#include "store/issued_store.h"
#include "store/job_store.h"
#include "store/subscription_store.h"
#include "store/watch_store.h"

struct look {
    const struct worker *worker;
    struct arena *mem;
    const struct job *job;
    const struct domain *domain;
    const struct subscription *subscription;
    const struct certificate *live;
    struct domain_name *names;
    size_t count;
    const struct config_ca *ca;         /* that the next certificate is asked of */
    const struct domain_watch *watched; /* or NULL */
    int64_t now;
};

/* *is_due is false when there is nothing to join: no term, no live certificate, or an issuance is
 * under way, which looks at all names itself. */
static bool load(struct look *w, const char *domain_id, bool *is_due, struct err *err)
{
    AUTO(db_view_endp) struct db *db = NULL;
    const struct scope scope = scope_platform();
    const struct issuance *latest;
    struct domain_name_list names;

    *is_due = false;
    if (!db_view_begin(w->worker->app->db, &db, err) ||
        !domain_store_get(w->mem, db, &scope, domain_id, &w->domain, err))
        return false;
    if (!w->domain || w->domain->is_removed)
        return true;
    if (!subscription_store_current(w->mem, db, &scope, domain_id, &w->subscription, err) ||
        !certificate_store_current(w->mem, db, &scope, domain_id, &w->live, err) ||
        !issuance_store_latest(w->mem, db, &scope, domain_id, &latest, err) ||
        !domain_name_store_list(w->mem, db, &scope, domain_id, &names, err) ||
        !watch_store_get(w->mem, db, domain_id, &w->watched, err))
        return false;
    w->names = arena_memdup(w->mem, names.items, names.count * sizeof(*names.items));
    w->count = names.count;
    w->ca = w->live ? app_ca_successor(w->worker->app, w->live->ca) : NULL;
    *is_due = w->subscription && w->live && w->live->state == CERTIFICATE_LIVE &&
              (!latest || issuance_state_is_final(latest->state));
    return true;
}

static bool is_covered(const struct look *w, const char *name)
{
    return text_list_has(w->live->names, name);
}

static bool is_due(const struct look *w, const struct domain_name *name)
{
    return !name->passed_at && name->next_look_at <= w->now && name->held_until <= w->now;
}

static bool save(const struct look *w, const struct check_report *report, struct err *err)
{
    const struct name_check_of of = {w->domain, w->live};
    AUTO(db_tx_endp) struct db *tx = NULL;

    CRASH_POINT(LOOK_BEFORE);
    if (!job_tx_begin(w->worker->app->db, w->job, &tx, err))
        return false;
    for (size_t i = 0; i < w->count; i++)
        if (!name_check_save(w->mem, tx, &of, &w->names[i], err))
            return false;
    if (!name_history_keep(w->mem, tx, w->domain, report, err) ||
        !watch_keep_servers(w->mem, tx, w->watched, report, err) || !db_tx_commit(&tx, err))
        return false;
    CRASH_POINT(LOOK_COMMIT);
    return true;
}

/* By a glance, or because it is time to (job/watch.h). */
static bool is_asked(const struct look *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->watched && w->names[i].checked_at < w->watched->woken_at)
            return true;
    return false;
}

/* Since when a name has waited, or one of the certificate's has not passed: the newest. */
static int64_t began_at(const struct look *w)
{
    int64_t began = 0;

    for (size_t i = 0; i < w->count; i++) {
        const struct domain_name *name = &w->names[i];
        int64_t at = !is_covered(w, name->name) ? name->created_at
                     : name->failing_at         ? name->failing_at
                                                : 0;

        began = at > began ? at : began;
    }
    return began;
}

/* A www name is judged beside its base, so what is looked at is every name, or nothing. */
static bool look(struct look *w, struct err *err)
{
    const char **names = arena_array_of(w->mem, w->count, const char *);
    struct name_check want = {.domain = w->domain, .names = names, .count = w->count, .ca = w->ca};
    struct check_report report;
    bool any = is_asked(w);

    for (size_t i = 0; i < w->count; i++) {
        names[i] = w->names[i].name;
        any = any || is_due(w, &w->names[i]);
    }
    if (!any)
        return true;
    want.retry_at = watch_again_at(w->worker->app->config, w->watched, began_at(w), w->now);
    if (!name_check_run(w->worker, w->mem, &want, &report, err))
        return false;
    for (size_t i = 0; i < w->count; i++)
        name_check_take(w->mem, &report, want.retry_at, &w->names[i]);
    return save(w, &report, err);
}

static bool is_settled(const struct look *w)
{
    bool is_settled = !is_asked(w);

    for (size_t i = 0; i < w->count; i++)
        is_settled = is_settled && w->names[i].passed_at && is_covered(w, w->names[i].name);
    return is_settled;
}

bool names_follow(struct arena *mem, struct db *tx, const struct domain *domain,
                  const struct certificate *live, struct err *err)
{
    const struct scope scope = scope_platform();
    struct look w = {.live = live};
    struct domain_name_list names;

    if (!domain_name_store_list(mem, tx, &scope, domain->id, &names, err) ||
        !watch_store_get(mem, tx, domain->id, &w.watched, err))
        return false;
    w.names = arena_memdup(mem, names.items, names.count * sizeof(*names.items));
    w.count = names.count;
    return is_settled(&w) ||
           job_store_enqueue(tx, job_kind_name(JOB_NAMES), domain->id, clock_now(), err);
}

static bool join_at(const struct look *w, int64_t *out, struct err *err)
{
    struct name_look *looks = arena_array_of(w->mem, w->count, struct name_look);
    struct certificate_history issued;

    for (size_t i = 0; i < w->count; i++)
        looks[i] = (struct name_look){
            .is_own = strcmp(w->names[i].name, w->domain->name) == 0,
            .is_covered = is_covered(w, w->names[i].name),
            .passed_at = w->names[i].held_until > w->now ? 0 : w->names[i].passed_at,
        };
    if (!issued_store_history(w->worker->app->db, w->domain->id, w->now - NAME_JOIN_WEEK_MS,
                              &issued, err))
        return false;
    *out = name_join_at(looks, w->count,
                        &(struct name_history){issued.last_at, (size_t)issued.count_new},
                        w->worker->app->config->check.patience_ms);
    return true;
}

static bool start(const struct look *w, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct replacement want = {.domain = w->domain,
                                     .subscription = w->subscription,
                                     .old = w->live,
                                     .reason = ISSUANCE_FOR_NAME_JOINED};
    const struct issuance *issuance;
    struct timeline_entry entry = {.domain = w->domain,
                                   .kind = "names.join",
                                   .text = "a name is ready: a certificate with it is asked for"};

    if (!job_tx_begin(w->worker->app->db, w->job, &tx, err))
        return false;
    if (!app_issuance_replace(w->worker->app, w->mem, tx, &want, &issuance, err))
        return err->code == ERR_CONFLICT; /* one that has begun meanwhile looks at all names */
    entry.subject_id = issuance->id;
    return timeline_add(w->mem, tx, &entry, err) && db_tx_commit(&tx, err);
}

static int64_t next_run_at(const struct look *w, int64_t join)
{
    int64_t next = join;

    for (size_t i = 0; i < w->count; i++) {
        const struct domain_name *name = &w->names[i];

        if (!name->passed_at)
            next = pace_earlier(next, name->next_look_at > name->held_until ? name->next_look_at
                                                                            : name->held_until);
        else if (!is_covered(w, name->name) && name->held_until > w->now)
            next = pace_earlier(next, name->held_until);
    }
    return next;
}

bool job_names(void *worker, struct arena *mem, const struct job *job, struct job_result *out,
               struct err *err)
{
    struct look w = {.worker = worker, .mem = mem, .job = job, .now = clock_now()};
    int64_t join;
    bool due;

    if (!load(&w, job->subject_id, &due, err))
        return false;
    if (!due) {
        out->is_done = true;
        return true;
    }
    if (!look(&w, err) || !join_at(&w, &join, err))
        return false;
    if (join && join <= clock_now()) {
        out->is_done = true;
        return start(&w, err);
    }
    out->run_at = next_run_at(&w, join);
    out->is_done = out->run_at == 0;
    return true;
}
