/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/authorization.h"
#include "acme/certificate.h"
#include "acme/order.h"
#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "job/ca_session.h"
#include "job/release.h"
#include "model/pace.h"
#include "store/ca_account_store.h"
#include "store/certificate_end_store.h"
#include "store/issuance_store.h"

/*
 * An order at a CA is given up: each of its authorizations that is pending or valid is deactivated
 * (RFC 8555 section 7.5.2), and a certificate that came of it is revoked as not used any more. The
 * order is read again afterwards, for the CA may have been issuing in that moment.
 */

static const struct pace at_work = {250, 60000, 4};      /* the CA, on the order */
static const struct pace unanswered = {1000, 300000, 4}; /* the CA does not answer */

struct giving {
    const struct release *rel;
    const struct order_at_ca *row;
    struct ca_session *ca;
    const char *ca_name;
};

/* What the CA will never do for us counts as done; else it is asked again. */
static bool is_over(const struct ca_session *ca)
{
    switch (ca->problem.reaction) {
    case ACME_RETRY_NOW:
    case ACME_RETRY_AT:
    case ACME_BACK_OFF:
        return false;
    case ACME_REREAD:
    case ACME_NEW_ORDER:
    case ACME_NEW_KEY:
    case ACME_REGISTER:
    case ACME_DROP_NAME:
    case ACME_DROP_REPLACES:
    case ACME_DEFAULT_PROFILE:
    case ACME_DROP_CONTACT:
    case ACME_IS_DONE:
    case ACME_STOP:
        return ca->problem.type != ACME_PROBLEM_NONE;
    }
    return false;
}

static int64_t again_at(const struct release *rel, const struct pace *pace, int64_t retry_at)
{
    int64_t now = clock_now();

    return retry_at > now ? retry_at : now + pace_ms(pace, now - rel->job->created_at);
}

/* A certificate that never came into the store has no row. */
static bool mark_revoked(struct db *tx, const char *id, struct err *err)
{
    return certificate_end_store_set_revoked(tx, id, clock_now(), err) ||
           err->code == ERR_LOST_RACE;
}

/* The row goes, and the timeline says what was done (NULL: nothing to say). */
static bool finish(const struct giving *g, const char *text, const char *certificate_id,
                   struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct timeline_entry entry = {
        .domain = g->rel->domain,
        .subject_id = g->row->issuance_id,
        .kind = "release.ca",
        .text = text,
    };

    CRASH_POINT(GIVE_UP_REPLY);
    if (!job_tx_begin(g->rel->worker->app->db, g->rel->job, &tx, err) ||
        !order_at_ca_store_remove(tx, g->row->url, err) ||
        (text && !timeline_add(g->rel->mem, tx, &entry, err)) ||
        (certificate_id && !mark_revoked(tx, certificate_id, err)) || !db_tx_commit(&tx, err))
        return false;
    CRASH_POINT(GIVE_UP_COMMIT);
    return true;
}

/* When a call failed: it is over, or *again is when to go on; false for a failure of our own. */
static bool later(const struct giving *g, int64_t *again)
{
    if (is_over(g->ca))
        return true;
    *again = again_at(g->rel, &unanswered, g->ca->problem.retry_at);
    return g->ca->problem.type != ACME_PROBLEM_NONE;
}

static bool is_usable(const struct acme_authorization *authorization)
{
    return authorization->status == ACME_AUTHORIZATION_PENDING ||
           authorization->status == ACME_AUTHORIZATION_VALID;
}

static bool deactivate(const struct giving *g, const struct acme_order *order, size_t *count,
                       struct err *err)
{
    for (size_t i = 0; i < order->authorization_count; i++) {
        struct acme_authorization *authorization;
        const struct acme_call *call = &g->ca->call;

        if (!acme_authorization_get(g->rel->mem, call, order->authorizations[i], &authorization,
                                    err)) {
            if (!is_over(g->ca))
                return false;
            continue;
        }
        if (!is_usable(authorization))
            continue;
        if (!acme_authorization_deactivate(g->rel->mem, call, authorization->url, &authorization,
                                           err) &&
            !is_over(g->ca))
            return false;
        (*count)++;
    }
    return true;
}

/* The certificate of the issuance when it was stored: its row gets the new state. */
static bool stored_certificate(const struct giving *g, const char **id, struct err *err)
{
    const struct scope scope = scope_platform();
    const struct issuance *issuance;

    if (!issuance_store_get(g->rel->mem, g->rel->worker->app->db, &scope, g->row->issuance_id,
                            &issuance, err))
        return false;
    *id = issuance ? issuance->certificate_id : NULL;
    return true;
}

static bool revoke(const struct giving *g, const struct acme_order *order, struct err *err)
{
    struct acme_certificate *certificate;
    struct slice leaf;
    const char *id, *serial;

    if (!acme_certificate_get(g->rel->mem, &g->ca->call, order->certificate, &certificate, err))
        return is_over(g->ca) && finish(g, NULL, NULL, err);
    leaf = certificate->chain.certs[0];
    serial = certificate->chain.serial;
    if (!acme_revoke(g->rel->mem, &g->ca->call, leaf, ACME_REVOKED_CESSATION_OF_OPERATION, err)) {
        if (!is_over(g->ca))
            return false;
        return finish(g,
                      arena_printf(g->rel->mem,
                                   "%s does not revoke certificate %s, which is not used any more: "
                                   "%s",
                                   g->ca_name, serial, err->text),
                      NULL, err);
    }
    return stored_certificate(g, &id, err) &&
           finish(g,
                  arena_printf(g->rel->mem,
                               "certificate %s of %s is not used any more: it was revoked", serial,
                               g->ca_name),
                  id, err);
}

static bool finish_unissued(const struct giving *g, size_t count, struct err *err)
{
    const char *text = count == 0 ? NULL
                                  : arena_printf(g->rel->mem, "%zu authorization%s at %s given up",
                                                 count, count == 1 ? " was" : "s were", g->ca_name);

    return finish(g, text, NULL, err);
}

/* *is_done is false while the CA is at work on it. */
static bool give_up(const struct giving *g, bool *is_done, struct err *err)
{
    struct acme_order *order;
    size_t count = 0;

    *is_done = true;
    CRASH_POINT(GIVE_UP_BEFORE);
    if (!acme_order_get(g->rel->mem, &g->ca->call, g->row->url, &order, err) ||
        !deactivate(g, order, &count, err) ||
        !acme_order_get(g->rel->mem, &g->ca->call, g->row->url, &order, err))
        return is_over(g->ca) && finish_unissued(g, count, err);
    switch (order->status) {
    case ACME_ORDER_PROCESSING:
        *is_done = false;
        return true;
    case ACME_ORDER_VALID:
        return revoke(g, order, err);
    case ACME_ORDER_PENDING:
    case ACME_ORDER_READY:
    case ACME_ORDER_INVALID:
    case ACME_ORDER_STATUS_COUNT:
        break;
    }
    return finish_unissued(g, count, err);
}

/* Not now: it does not answer others. */
static bool is_not_asked(const struct ca_session *ca)
{
    return ca->is_down || ca->is_crowded;
}

/* Our account as it was when the order was made; NULL when there is none like it any more, and with
 * it nothing that could be given up. */
static bool open_ca(const struct release *rel, const struct order_at_ca *row, struct giving *out,
                    struct err *err)
{
    const struct ca_account *account;
    const struct worker_ca *ca;

    *out = (struct giving){.rel = rel, .row = row};
    if (!ca_account_store_find(rel->mem, rel->worker->app->db, row->ca, &account, err))
        return false;
    if (!account || account->state != CA_ACCOUNT_VALID ||
        strcmp(account->id, row->ca_account_id) != 0 ||
        !worker_find_ca(rel->worker, row->ca, &ca, err))
        return true;
    out->ca_name = ca->config->name;
    return ca_session_open(rel->worker, rel->mem, ca, &out->ca, err) ||
           (out->ca && is_not_asked(out->ca)) ||
           ca_session_end(rel->worker, rel->mem, out->ca, false, err);
}

static bool end(const struct giving *g, bool is_done, struct err *err)
{
    return ca_session_end(g->rel->worker, g->rel->mem, g->ca, is_done, err);
}

static bool release_order(const struct release *rel, const struct order_at_ca *row, int64_t *again,
                          struct err *err)
{
    struct giving g;
    bool is_done;

    if (!open_ca(rel, row, &g, err))
        return false;
    if (!g.ca)
        return finish(&g, NULL, NULL, err);
    if (is_not_asked(g.ca)) {
        *again = again_at(rel, &unanswered, g.ca->standing.breaker.next_try_at);
        return true;
    }
    if (give_up(&g, &is_done, err)) {
        *again = is_done ? 0 : again_at(rel, &at_work, 0);
        return end(&g, true, err);
    }
    if (g.ca->problem.type == ACME_PROBLEM_NONE)
        return end(&g, false, err); /* a failure of our own */
    *again = again_at(rel, &unanswered, g.ca->problem.retry_at);
    return end(&g, true, err);
}

/* The name's authorizations of one order. */
static bool release_name(const struct giving *g, const char *name, int64_t *again, struct err *err)
{
    const struct acme_call *call = &g->ca->call;
    struct acme_order *order;

    if (!acme_order_get(g->rel->mem, call, g->row->url, &order, err))
        return later(g, again);
    for (size_t i = 0; i < order->authorization_count; i++) {
        struct acme_authorization *authorization;

        if (!acme_authorization_get(g->rel->mem, call, order->authorizations[i], &authorization,
                                    err)) {
            if (!later(g, again))
                return false;
            continue;
        }
        if (strcmp(acme_authorization_name(g->rel->mem, authorization), name) == 0 &&
            is_usable(authorization) &&
            !acme_authorization_deactivate(g->rel->mem, call, authorization->url, &authorization,
                                           err) &&
            !later(g, again))
            return false;
    }
    return true;
}

/* Of every order that had it: those of before are not valid any more. */
static bool release_name_everywhere(const struct release *rel, const char *name,
                                    const struct order_at_ca_list *orders, int64_t *again,
                                    struct err *err)
{
    int64_t later_at = 0;

    for (size_t i = 0; i < orders->count; i++) {
        struct giving g;

        if (!open_ca(rel, &orders->items[i], &g, err))
            return false;
        if (!g.ca)
            continue;
        if (is_not_asked(g.ca))
            later_at = again_at(rel, &unanswered, g.ca->standing.breaker.next_try_at);
        else if (!end(&g, release_name(&g, name, &later_at, err), err))
            return false;
    }
    *again = pace_earlier(*again, later_at);
    return later_at ||
           order_at_ca_store_name_left(rel->worker->app->db, rel->domain->id, name, err);
}

bool release_names(const struct release *rel, int64_t *again, struct err *err)
{
    struct db *db = rel->worker->app->db;
    struct order_at_ca_list orders;
    struct text_list names;

    *again = 0;
    if (!order_at_ca_store_leaving_names(rel->mem, db, rel->domain->id, &names, err) ||
        (names.count > 0 && !order_at_ca_store_held(rel->mem, db, rel->domain->id, &orders, err)))
        return false;
    for (size_t i = 0; i < names.count; i++)
        if (!job_store_extend(db, rel->job, JOB_LEASE_MS, err) ||
            !release_name_everywhere(rel, names.items[i], &orders, again, err))
            return false;
    return true;
}

bool release_orders(const struct release *rel, int64_t *again, struct err *err)
{
    struct order_at_ca_list orders;

    *again = 0;
    if (!order_at_ca_store_ending(rel->mem, rel->worker->app->db, rel->domain->id, &orders, err))
        return false;
    for (size_t i = 0; i < orders.count; i++) {
        int64_t next = 0;

        if (!job_store_extend(rel->worker->app->db, rel->job, JOB_LEASE_MS, err) ||
            !release_order(rel, &orders.items[i], &next, err))
            return false;
        *again = pace_earlier(*again, next);
    }
    if (orders.count == ORDER_AT_CA_BATCH && !*again)
        *again = clock_now();
    return true;
}
