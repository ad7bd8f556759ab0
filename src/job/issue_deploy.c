/* SPDX-License-Identifier: Apache-2.0 */
#include "app/issuance.h"
#include "app/leave.h"
#include "app/site.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/id.h"
#include "job/edges.h"
#include "job/hosts.h"
#include "job/issue.h"
#include "job/names.h"
#include "job/proofs.h"
#include "job/renew.h"
#include "model/pace.h"
#include "model/renewal_time.h"
#include "model/term.h"
#include "store/job_store.h"
#include "store/lost_certificate_store.h"
#include "store/subscription_store.h"

/*
 * issued: where no other certificate of the domain is live, certificate and host records go into
 * the feed together with the new state. Else the certificate alone does. staging: once the edges
 * have it, each address of each edge that counts must show it under a name that no visitor has;
 * only then the host records follow, so that what an edge cannot show never takes the place of what
 * it can. deploying: one handshake for each name with each of these addresses must show the new
 * certificate; that is what live means, and with that the redirect to https goes on. A certificate
 * that expires meanwhile is given up for another.
 */

/* The certificate that the new one takes the place of; *out is NULL when none is live. */
static bool find_live(const struct issue *is, struct db *db, const struct certificate **out,
                      struct err *err)
{
    const struct scope scope = scope_platform();
    const struct certificate *current;

    if (!certificate_store_current(is->mem, db, &scope, is->domain->id, &current, err))
        return false;
    *out = current && current->state == CERTIFICATE_LIVE ? current : NULL;
    return true;
}

static bool load_certificate(struct issue *is, struct err *err)
{
    const struct scope scope = scope_platform();

    if (!certificate_store_get(is->mem, is->worker->app->db, &scope, is->issuance->certificate_id,
                               &is->certificate, err))
        return false;
    return is->certificate || err_set(err, ERR_STORE, "certificate %s is not in the store",
                                      is->issuance->certificate_id);
}

/* Nobody may see it any more; another one is asked for. */
static bool has_expired(const struct issue *is)
{
    return is->certificate->not_after_at <= is->now;
}

/* Edges show a later one, that a restored store has lost, and will not go back to this one. */
static bool is_earlier(struct issue *is, bool *out, struct err *err)
{
    const struct lost_certificate *lost;

    if (!lost_certificate_store_later(is->mem, is->worker->app->db, is->certificate, &lost, err))
        return false;
    *out = lost != NULL;
    return true;
}

/* The issuance ends, and another one for the same reason takes its place. */
static bool begin_anew(struct issue *is, struct issue_outcome *out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct issuance *old = is->issuance, *next;
    struct name_set names;
    const struct issuance_wish wish = {.domain = is->domain,
                                       .names = &names,
                                       .reason = old->reason,
                                       .ca = old->ca,
                                       .order_id = old->order_id,
                                       .subscription_id = old->subscription_id,
                                       .replaces_id = old->replaces_id};
    const struct timeline_entry entry = {
        .domain = is->domain,
        .subject_id = old->order_id ? old->order_id : old->id,
        .kind = has_expired(is) ? "issuance.expired" : "issuance.outdated",
        .text = has_expired(is)
                    ? "the certificate expired before it was live; another one is asked for"
                    : "CDN locations show a later certificate than this one; another one is asked "
                      "for",
    };

    *out = (struct issue_outcome){.is_done = true};
    return app_domain_names(is->worker->app, is->mem, is->domain, &names, err) &&
           job_tx_begin(is->worker->app->db, is->job, &tx, err) &&
           app_issuance_cancel(is->mem, tx, old, err) &&
           app_issuance_start(is->mem, tx, &wish, &next, err) &&
           timeline_add(is->mem, tx, &entry, err) && db_tx_commit(&tx, err);
}

static bool commit_hosts(struct issue *is, enum issuance_event event, const struct hosts *hosts,
                         const char *text, struct err *err)
{
    struct feed_batch *batch;

    if (!feed_prepare(is->mem, &is->worker->feed, hosts->changes, hosts->count, &batch, err))
        return false;
    CRASH_POINT(DEPLOY_REPLY);
    if (!issue_commit(is,
                      &(struct issue_change){
                          .event = event, .text = text, .batch = batch, .is_awaited = true},
                      err))
        return false;
    CRASH_POINT(DEPLOY_COMMIT);
    return true;
}

/* Visitors get the new certificate. */
static bool switch_hosts(struct issue *is, const char *text, struct err *err)
{
    struct hosts hosts;

    is->issuance->error_code = is->issuance->error_text = NULL;
    return hosts_make(is->worker, is->mem, is->domain, is->certificate, &hosts, err) &&
           commit_hosts(is, ISSUANCE_EVENT_DEPLOYED, &hosts, text, err);
}

bool issue_deploy(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const struct certificate *live;
    struct hosts hosts;

    CRASH_POINT(DEPLOY_BEFORE);
    if (!load_certificate(is, err) || !find_live(is, is->worker->app->db, &live, err))
        return false;
    if (has_expired(is))
        return begin_anew(is, out, err);
    if (!live)
        return switch_hosts(is, NULL, err);
    return hosts_make_certificate(is->worker, is->mem, is->certificate, &hosts, err) &&
           commit_hosts(is, ISSUANCE_EVENT_STAGED, &hosts, NULL, err);
}

/* `since`: when the edges were given what they do not show. */
static bool not_yet(struct issue *is, const char *why, int64_t since, struct issue_outcome *out,
                    struct err *err)
{
    static const struct pace pace = {100, 5000, 1};
    int64_t now = clock_now();
    bool is_new = !is->issuance->error_text || strcmp(is->issuance->error_text, why) != 0;
    int64_t seq = is->issuance->wait_seq;

    is->issuance->next_try_at = now + pace_ms(&pace, now - since);
    is->issuance->error_code = "unproven";
    is->issuance->error_text = why;
    *out = (struct issue_outcome){
        .is_wait = true, .run_at = is->issuance->next_try_at, .is_learned = !is_new};
    if (!is_new)
        return true;
    return issue_commit(
        is, &(struct issue_change){.event = ISSUANCE_EVENT_UNPROVEN, .text = why, .keep_seq = seq},
        err);
}

/* A certificate that the edges will not show, say because its key was sealed for others, would hold
 * up every other one of the domain: it ends, and what replaces the old one, or waits to join it,
 * may begin anew. */
static bool give_up(struct issue *is, const char *why, const char *old_id, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct timeline_entry entry = {
        .domain = is->domain,
        .subject_id = is->issuance->id,
        .kind = "certificate.deployment.failed",
        .text = arena_printf(is->mem, "the new certificate is given up, the old one is served: %s",
                             why),
    };

    return job_tx_begin(is->worker->app->db, is->job, &tx, err) &&
           app_issuance_cancel(is->mem, tx, is->issuance, err) &&
           timeline_add(is->mem, tx, &entry, err) &&
           job_store_wake(tx, old_id, is->now, NULL, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_NAMES), is->domain->id, is->now, err) &&
           db_tx_commit(&tx, err);
}

static bool unshown(struct issue *is, const char *why, const struct certificate *live,
                    struct issue_outcome *out, struct err *err)
{
    const struct renewal_life life = {live->created_at, live->not_after_at};
    int64_t issued_at = is->issuance->issued_at;

    if (is->now - issued_at > renewal_patience_ms(&life, issued_at))
        return give_up(is, why, live->id, err);
    return not_yet(is, why, issued_at, out, err);
}

static bool stage(struct issue *is, const struct edge_wait *wait, const struct certificate *live,
                  struct issue_outcome *out, struct err *err)
{
    struct proofs proofs;
    const char *failure;

    if (!proofs_collect_preview(is->worker, is->mem, is->certificate, is->issuance->wait_seq,
                                &proofs, err))
        return false;
    CRASH_POINT(STAGE_BEFORE);
    proofs_look(is->worker, is->mem, is->ca, &proofs);
    CRASH_POINT(STAGE_REPLY);
    failure = proofs_failure(&proofs, clock_now() - is->issuance->issued_at);
    if (failure)
        return unshown(is, failure, live, out, err);
    return switch_hosts(is,
                        arena_printf(is->mem,
                                     "%zu of %zu CDN locations can show the new certificate; "
                                     "visitors get it from now on",
                                     proofs_shown(&proofs), wait->counted),
                        err);
}

bool issue_stage(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const struct certificate *live;
    struct edge_wait wait;

    if (!load_certificate(is, err) || !find_live(is, is->worker->app->db, &live, err))
        return false;
    if (has_expired(is))
        return begin_anew(is, out, err);
    if (!live)
        return switch_hosts(is, "the old certificate has ended; visitors get the new one", err);
    if (!edges_have(is->worker, is->mem, is->issuance->wait_seq, is->issuance->issued_at, &wait,
                    err))
        return false;
    return wait.what == EDGE_WAIT_OVER ? stage(is, &wait, live, out, err)
                                       : issue_wait(is, &wait, out, err);
}

static bool begin_subscription(struct issue *is, struct db *tx, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct order_step *step = order_step(is->order->state, ORDER_EVENT_FULFIL);
    const struct subscription subscription = {.id = id_new(is->mem, ID_SUBSCRIPTION),
                                              .partner_id = is->order->partner_id,
                                              .account_id = is->order->account_id,
                                              .domain_id = is->order->domain_id,
                                              .order_id = is->order->id,
                                              .state = SUBSCRIPTION_ACTIVE,
                                              .term_start_at = is->now,
                                              .term_end_at = term_end(is->now, 1),
                                              .is_auto_renew = is->order->is_auto_renew,
                                              .created_at = is->now};

    if (!step)
        return err_set(err, ERR_LOST_RACE, "order %s is %s", is->order->id,
                       order_state_name(is->order->state));
    is->issuance->subscription_id = subscription.id;
    return subscription_store_add(tx, &subscription, err) &&
           order_store_move(tx, &scope, is->order, step->to, is->now, err) &&
           order_store_set_subscription(tx, is->order->id, subscription.id, err);
}

/* The old certificate has ended: what waits for that goes on, and later it is cleared away. */
static bool end_old(struct issue *is, struct db *tx, const char *old_id, struct err *err)
{
    return job_store_wake(tx, old_id, is->now, NULL, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_RETIRE), is->domain->id,
                             is->now + JOB_RETIRE_AFTER_MS, err);
}

/* What the new certificate has done to it by itself from now on. */
static bool start_jobs(struct issue *is, struct db *tx, struct err *err)
{
    return names_follow(is->mem, tx, is->domain, is->certificate, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_RENEW), is->certificate->id, is->now, err) &&
           job_store_enqueue(tx, job_kind_name(JOB_SWEEP), JOB_PLATFORM,
                             is->certificate->not_after_at, err);
}

/* In the transaction that makes the issuance live. */
static bool fulfil(struct issue *is, struct db *tx, struct err *err)
{
    const struct certificate *old;

    if (!find_live(is, tx, &old, err) ||
        !certificate_store_go_live(tx, is->issuance->certificate_id, is->now, err) ||
        !proofs_go_live(is->worker, is->mem, tx, is->proofs, err) || !start_jobs(is, tx, err) ||
        (old && !end_old(is, tx, old->id, err)))
        return false;
    return !is->order || is->order->state == ORDER_FULFILLED || begin_subscription(is, tx, err);
}

/* Where the site wishes it, visitors are redirected from now on. */
static bool proven(struct issue *is, const struct edge_wait *wait, struct err *err)
{
    struct issue_change change = {
        .event = ISSUANCE_EVENT_PROVEN,
        .also = fulfil,
        .text = arena_printf(is->mem, "%zu of %zu CDN locations show the certificate",
                             proofs_shown(is->proofs), wait->counted),
    };
    struct feed_batch *batch;
    struct hosts hosts;

    is->issuance->error_code = is->issuance->error_text = NULL;
    is->issuance->next_try_at = 0;
    if (!hosts_make_proven(is->worker, is->mem, is->domain, is->certificate, &hosts, err) ||
        !feed_prepare(is->mem, &is->worker->feed, hosts.changes, hosts.count, &batch, err))
        return false;
    change.batch = batch;
    if (!issue_commit(is, &change, err))
        return false;
    CRASH_POINT(PROVE_COMMIT);
    return true;
}

static bool prove(struct issue *is, const struct edge_wait *wait, struct issue_outcome *out,
                  struct err *err)
{
    struct proofs proofs;
    const char *failure;

    if (!proofs_collect(is->worker, is->mem, is->certificate, is->issuance->wait_seq, &proofs, err))
        return false;
    CRASH_POINT(PROVE_BEFORE);
    proofs_look(is->worker, is->mem, is->ca, &proofs);
    CRASH_POINT(PROVE_REPLY);
    failure = proofs_failure(&proofs, clock_now() - is->issuance->deployed_at);
    if (failure)
        return proofs_store(is->worker, is->job, &proofs, err) &&
               not_yet(is, failure, is->issuance->deployed_at, out, err);
    is->proofs = &proofs;
    return proven(is, wait, err);
}

/* In the transaction that ends the issuance. */
static bool take_place(struct issue *is, struct db *tx, struct err *err)
{
    const struct certificate *old;

    return find_live(is, tx, &old, err) &&
           certificate_store_go_live(tx, is->certificate->id, is->now, err) &&
           start_jobs(is, tx, err) && (!old || end_old(is, tx, old->id, err));
}

/* Edges show a later one. Those that do not, for they were away, show this one, and would go back
 * to the one before it: so it takes that one's place, to be replaced at once (job/renew.h). What
 * has an order to fulfil, or comes before all others, begins anew instead: it was never proven. */
static bool end_outdated(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const bool is_ordered = is->order && is->order->state != ORDER_FULFILLED;
    const struct certificate *live;

    if (!find_live(is, is->worker->app->db, &live, err))
        return false;
    if (!live || is_ordered)
        return begin_anew(is, out, err);
    return issue_commit(
        is, &(struct issue_change){.event = ISSUANCE_EVENT_OUTDATED, .also = take_place}, err);
}

bool issue_prove(struct issue *is, struct issue_outcome *out, struct err *err)
{
    struct edge_wait wait;
    bool is_outdated;

    if (!load_certificate(is, err) || !is_earlier(is, &is_outdated, err))
        return false;
    if (has_expired(is))
        return begin_anew(is, out, err);
    if (is_outdated)
        return end_outdated(is, out, err);
    if (!edges_have(is->worker, is->mem, is->issuance->wait_seq, is->issuance->deployed_at, &wait,
                    err))
        return false;
    return wait.what == EDGE_WAIT_OVER ? prove(is, &wait, out, err)
                                       : issue_wait(is, &wait, out, err);
}
