/* SPDX-License-Identifier: Apache-2.0 */
#include "job/renew.h"

#include "acme/ari.h"
#include "acme/problem.h"
#include "app/issuance.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/random.h"
#include "job/ca_health.h"
#include "job/worker.h"
#include "store/lost_certificate_store.h"
#include "store/renewal_store.h"

#define LOOK_AGAIN_MS  INT64_C(60000)    /* at an issuance of the domain that is under way */
#define DOWN_JITTER_MS INT64_C(300000)   /* after a CA that is down may be asked again */
#define NO_ARI_MS      INT64_C(86400000) /* before a CA without renewal information is asked again */

/* One run. */
struct run {
    const struct worker *worker;
    struct arena *mem;
    const struct job *job;
    int64_t now;
    const struct certificate *certificate;
    const struct domain *domain;
    const struct subscription *subscription;
    const struct issuance *latest;       /* of the domain */
    const struct lost_certificate *lost; /* a later one, that edges show; or NULL */
    const struct worker_ca *ca; /* that it came from; NULL: it is not configured any more */
    struct renewal_life life;
    struct renewal renewal;
    bool is_drawn; /* in this run: to be told */
};

static uint64_t draw_random(void)
{
    uint64_t random;

    random_bytes(&random, sizeof(random));
    return random;
}

static void take_window(struct run *run, enum renewal_source source, struct renewal_window window)
{
    struct renewal *r = &run->renewal;

    if (r->certificate_id && r->source == source && r->window.start_at == window.start_at &&
        r->window.end_at == window.end_at)
        return;
    r->certificate_id = run->certificate->id;
    r->source = source;
    r->window = window;
    r->drawn_at = renewal_draw(&window, draw_random());
    r->renew_at = renewal_at(&run->life, r->drawn_at);
    run->is_drawn = true;
}

/* It is not to be asked now; that is no failure of the run. */
static bool poll_later(struct run *run, const struct err *err)
{
    struct renewal *r = &run->renewal;

    r->poll_at = renewal_poll_at(&run->life, err->retry_at + random_between(0, DOWN_JITTER_MS));
    r->poll_error = arena_strdup(run->mem, err->text);
    return err->code == ERR_CA_BUSY;
}

static bool may_ask(const struct run *run, struct err *err)
{
    return ca_health_look(run->worker, run->mem, run->ca, err) &&
           ca_seats_take(run->ca->seats, run->ca->config->name, err);
}

/* Asks the CA for its window; that it could not be asked is no failure of the run. */
static bool poll_ca(struct run *run, struct err *err)
{
    struct renewal *r = &run->renewal;
    struct acme_problem problem = {0};
    const struct acme_call call = {.client = run->ca->client, .problem = &problem};
    struct acme_renewal_info *info;
    const char *id;
    int64_t again = run->now + NO_ARI_MS;
    bool is_told;

    if (!acme_certificate_id(run->mem, run->certificate->leaf, &id, err)) {
        r->poll_at = 0;
        r->poll_error = arena_strdup(run->mem, err->text);
        return err->code == ERR_BAD_CERT;
    }
    if (!may_ask(run, err))
        return poll_later(run, err);
    is_told = acme_renewal_info_get(run->mem, &call, id, &info, err);
    ca_seats_leave(run->ca->seats);
    if (!is_told) {
        again = acme_renewal_info_retry_at(&problem, (int)++r->poll_failures, run->now);
        r->poll_error = arena_strdup(run->mem, err->text);
    } else {
        r->poll_failures = 0;
        r->poll_error = NULL;
        if (info) {
            again = info->retry_at;
            r->explanation_url = info->explanation_url;
            take_window(run, RENEWAL_FROM_CA,
                        (struct renewal_window){info->start_at, info->end_at});
        }
    }
    r->poll_at = renewal_poll_at(&run->life, again);
    return true;
}

/* When it is time to. An expired certificate is not asked about any more (RFC 9773 section 4.3.2).
 */
static bool poll_if_due(struct run *run, struct err *err)
{
    if (run->now >= run->life.not_after_at)
        run->renewal.poll_at = 0;
    if (run->renewal.poll_at == 0 || run->renewal.poll_at > run->now)
        return true;
    if (run->ca)
        return poll_ca(run, err);
    run->renewal.poll_at = renewal_poll_at(&run->life, run->now + NO_ARI_MS);
    return true;
}

/* *goes_on is false when nothing is left to renew. */
static bool load(struct run *run, const char *id, bool *goes_on, struct err *err)
{
    AUTO(db_view_endp) struct db *db = NULL;
    const struct scope scope = scope_platform();
    const struct certificate *current;

    *goes_on = false;
    if (!db_view_begin(run->worker->app->db, &db, err) ||
        !certificate_store_get(run->mem, db, &scope, id, &run->certificate, err))
        return false;
    if (!run->certificate || (run->certificate->state != CERTIFICATE_LIVE &&
                              run->certificate->state != CERTIFICATE_EXPIRED))
        return true;
    if (!domain_store_get(run->mem, db, &scope, run->certificate->domain_id, &run->domain, err) ||
        !certificate_store_current(run->mem, db, &scope, run->domain->id, &current, err) ||
        !subscription_store_current(run->mem, db, &scope, run->domain->id, &run->subscription,
                                    err) ||
        !issuance_store_latest(run->mem, db, &scope, run->domain->id, &run->latest, err) ||
        !lost_certificate_store_later(run->mem, db, run->certificate, &run->lost, err))
        return false;
    if (run->domain->is_removed || !run->domain->site_id || !run->subscription ||
        (current && current->state == CERTIFICATE_LIVE && strcmp(current->id, id) != 0))
        return true;
    *goes_on = true;
    run->ca = worker_ca(run->worker, run->certificate->ca);
    return true;
}

static bool load_renewal(struct run *run, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct renewal *stored;

    run->life = (struct renewal_life){run->certificate->created_at, run->certificate->not_after_at};
    if (!renewal_store_get(run->mem, run->worker->app->db, &scope, run->certificate->id, &stored,
                           err))
        return false;
    if (stored) {
        run->renewal = *stored;
        return true;
    }
    take_window(run, RENEWAL_FROM_LIFE, renewal_window_of_life(&run->life));
    run->renewal.poll_at = run->now;
    return true;
}

static bool is_under_way(const struct run *run)
{
    return run->latest && !issuance_state_is_final(run->latest->state);
}

static bool tell(const struct run *run, struct db *tx, const char *kind, const char *text,
                 struct err *err)
{
    const struct timeline_entry entry = {
        .domain = run->domain, .subject_id = run->certificate->id, .kind = kind, .text = text};

    return timeline_add(run->mem, tx, &entry, err);
}

static const char *schedule_text(const struct run *run)
{
    const struct renewal *r = &run->renewal;
    const char *at = clock_text_in(run->mem, r->renew_at);

    if (r->source == RENEWAL_FROM_LIFE)
        return arena_printf(run->mem, "it is renewed by itself at %s", at);
    return arena_printf(
        run->mem, "%s asks for its renewal between %s and %s%s%s; it is renewed by itself at %s",
        run->ca->config->name, clock_text_in(run->mem, r->window.start_at),
        clock_text_in(run->mem, r->window.end_at), r->explanation_url ? ", see " : "",
        r->explanation_url ? r->explanation_url : "", at);
}

static const char *started_text(const struct run *run, const struct issuance *issuance)
{
    if (run->lost)
        return "another certificate is being issued in the place of the one that the store lacks";
    if (run->ca)
        return "the certificate is being renewed";
    return arena_printf(
        run->mem,
        "the certificate is being renewed by \"%s\": \"%s\", which it came from, is "
        "not configured any more",
        issuance->ca, run->certificate->ca);
}

static bool begin(struct run *run, struct db *tx, struct err *err)
{
    const struct replacement want = {.domain = run->domain,
                                     .subscription = run->subscription,
                                     .old = run->certificate,
                                     .reason = ISSUANCE_FOR_RENEWAL};
    const struct issuance *issuance;

    return app_issuance_replace(run->worker->app, run->mem, tx, &want, &issuance, err) &&
           tell(run, tx, "certificate.renewal.started", started_text(run, issuance), err);
}

/* With the end of the run. */
static bool store(struct run *run, bool is_due, const struct job_result *result, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    return db_tx_begin(run->worker->app->db, &tx, err) &&
           renewal_store_put(tx, &run->renewal, err) &&
           (!run->is_drawn ||
            tell(run, tx, "certificate.renewal.scheduled", schedule_text(run), err)) &&
           (!is_due || begin(run, tx, err)) && job_end(result, tx, run->job, err) &&
           db_tx_commit(&tx, err);
}

/* The next thing that can happen: it is due, the CA is to be asked, what is under way has ended. */
static int64_t next_at(const struct run *run, bool is_under_way)
{
    int64_t at = is_under_way ? run->now + LOOK_AGAIN_MS : run->renewal.renew_at;

    return run->renewal.poll_at != 0 && run->renewal.poll_at < at ? run->renewal.poll_at : at;
}

bool job_renew(void *worker, struct arena *mem, const struct job *job, struct job_result *out,
               struct err *err)
{
    struct run run = {.worker = worker, .mem = mem, .job = job, .now = clock_now()};
    bool goes_on, is_due;

    if (!load(&run, job->subject_id, &goes_on, err))
        return false;
    if (!goes_on) {
        out->is_done = true;
        return true;
    }
    CRASH_POINT(RENEW_BEFORE);
    if (!load_renewal(&run, err) || !poll_if_due(&run, err))
        return false;
    CRASH_POINT(RENEW_REPLY);
    is_due = !is_under_way(&run) && (run.lost || run.renewal.renew_at <= run.now);
    out->run_at = next_at(&run, is_due || is_under_way(&run));
    out->is_stored = store(&run, is_due, out, err);
    if (out->is_stored)
        CRASH_POINT(RENEW_COMMIT);
    return out->is_stored;
}
