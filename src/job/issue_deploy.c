/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>

#include "app/timeline.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/id.h"
#include "check/proof.h"
#include "job/edges.h"
#include "job/hosts.h"
#include "job/issue.h"
#include "model/term.h"
#include "store/job_store.h"
#include "store/proof_store.h"
#include "store/subscription_store.h"

/*
 * issued: certificate and host records go into the feed together with the new state. deploying:
 * once the edges have them, one handshake for each name with each address of each edge that counts
 * must show the new certificate; that is what live means.
 */

#define PROVE_AGAIN_MAX_MS INT64_C(5000)
#define PROVE_AGAIN_MS     INT64_C(100)

bool issue_deploy(struct issue *is, struct issue_outcome *out, struct err *err)
{
    struct hosts hosts;
    struct feed_batch *batch;

    (void)out;
    CRASH_POINT(DEPLOY_BEFORE);
    if (!hosts_make(is->worker, is->mem, is->domain, &hosts, err) ||
        !feed_prepare(is->mem, &is->worker->feed, hosts.changes, hosts.count, &batch, err))
        return false;
    CRASH_POINT(DEPLOY_REPLY);
    if (!issue_commit(is, &(struct issue_change){.event = ISSUANCE_EVENT_DEPLOYED, .batch = batch},
                      err))
        return false;
    CRASH_POINT(DEPLOY_COMMIT);
    return true;
}

/* What is to be proven, and at which edge each target is. */
struct targets {
    struct proof_target *items;
    const struct edge **edges;
    struct net_allowed *allowed; /* the places, for the policy */
    struct proof *proofs;
    size_t count;
};

static bool add_address(const struct issue *is, const struct edge *edge, const char *text,
                        const char *const *names, struct targets *out, struct err *err)
{
    struct address address;

    if (!address_parse(text, &address, err))
        return err_wrap(err, "address of edge %s", edge->name);
    for (size_t i = 0; i < is->name_count; i++) {
        if (out->count == PROOF_TARGETS_MAX)
            return err_set(err, ERR_INTERNAL, "more than %d handshakes are needed",
                           PROOF_TARGETS_MAX);
        out->edges[out->count] = edge;
        out->allowed[out->count] =
            (struct net_allowed){.prefix = {.address = address, .bits = address.is_v6 ? 128 : 32},
                                 .port = (uint16_t)edge->https_port};
        out->items[out->count++] = (struct proof_target){.address = address,
                                                         .port = (uint16_t)edge->https_port,
                                                         .name = names[i],
                                                         .serial = is->certificate->serial,
                                                         .names = names,
                                                         .name_count = is->name_count};
    }
    return true;
}

/* An edge that is behind cannot show it: it keeps the badge below n of n, and does not block. */
static bool counts(const struct issue *is, const struct edge *edge)
{
    return edge->is_in_rotation && edge->ack_epoch == edge->head_epoch &&
           edge->ack_seq >= is->issuance->wait_seq;
}

static bool collect(const struct issue *is, struct targets *out, struct err *err)
{
    const char **names = arena_array_of(is->mem, is->name_count, const char *);
    struct edge_list edges;

    *out =
        (struct targets){.items = arena_array_of(is->mem, PROOF_TARGETS_MAX, struct proof_target),
                         .edges = arena_array_of(is->mem, PROOF_TARGETS_MAX, const struct edge *),
                         .allowed = arena_array_of(is->mem, PROOF_TARGETS_MAX, struct net_allowed),
                         .proofs = arena_array_of(is->mem, PROOF_TARGETS_MAX, struct proof)};
    for (size_t i = 0; i < is->name_count; i++)
        names[i] = is->names[i].name;
    if (!edges_list(is->worker, is->mem, &edges, err))
        return false;
    for (size_t i = 0; i < edges.count; i++) {
        const struct edge *edge = &edges.items[i];

        for (size_t k = 0; counts(is, edge) && k < edge->addresses.count; k++)
            if (!add_address(is, edge, edge->addresses.items[k], names, out, err))
                return false;
    }
    return true;
}

static bool store_proofs(const struct issue *is, const struct targets *targets, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;

    if (!db_tx_begin(is->worker->app->db, &tx, err))
        return false;
    for (size_t i = 0; i < targets->count; i++) {
        char place[ADDRESS_PLACE_SIZE];
        const struct edge_proof proof = {
            .issuance_id = is->issuance->id,
            .edge_id = targets->edges[i]->id,
            .name = targets->items[i].name,
            .address = address_place(&targets->items[i].address, targets->items[i].port, place),
            .serial = targets->proofs[i].serial,
            .is_ok = targets->proofs[i].is_ok,
            .at = is->now,
            .detail = targets->proofs[i].is_ok ? NULL : targets->proofs[i].text,
        };

        if (!proof_store_put(tx, &proof, err))
            return false;
    }
    return db_tx_commit(&tx, err);
}

/* The first that does not hold; NULL when all do and there is at least one. */
static const struct proof *first_failure(const struct targets *targets)
{
    static const struct proof none = {.text = "no CDN location has it yet"};

    for (size_t i = 0; i < targets->count; i++)
        if (!targets->proofs[i].is_ok)
            return &targets->proofs[i];
    return targets->count == 0 ? &none : NULL;
}

static bool not_yet(struct issue *is, const char *why, struct issue_outcome *out, struct err *err)
{
    int64_t now = clock_now(), span = now - is->issuance->deployed_at;
    bool is_new = !is->issuance->error_text || strcmp(is->issuance->error_text, why) != 0;
    int64_t seq = is->issuance->wait_seq;

    if (span < PROVE_AGAIN_MS)
        span = PROVE_AGAIN_MS;
    is->issuance->next_try_at = now + (span > PROVE_AGAIN_MAX_MS ? PROVE_AGAIN_MAX_MS : span);
    is->issuance->error_code = "unproven";
    is->issuance->error_text = why;
    *out = (struct issue_outcome){.is_wait = true, .run_at = is->issuance->next_try_at};
    if (!is_new)
        return issue_save(is, err);
    return issue_commit(
        is, &(struct issue_change){.event = ISSUANCE_EVENT_UNPROVEN, .text = why, .keep_seq = seq},
        err);
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

/* In the transaction that makes the issuance live. */
static bool fulfil(struct issue *is, struct db *tx, struct err *err)
{
    if (!certificate_store_go_live(tx, is->issuance->certificate_id, err) ||
        !job_store_enqueue(tx, job_kind_name(JOB_PUBLISH), is->domain->id, is->now, err))
        return false;
    return !is->order || is->order->state == ORDER_FULFILLED || begin_subscription(is, tx, err);
}

static bool proven(struct issue *is, const struct edge_wait *wait, struct err *err)
{
    is->issuance->error_code = is->issuance->error_text = NULL;
    is->issuance->next_try_at = 0;
    if (!issue_commit(is,
                      &(struct issue_change){.event = ISSUANCE_EVENT_PROVEN,
                                             .also = fulfil,
                                             .text = arena_printf(is->mem,
                                                                  "%zu of %zu CDN locations show "
                                                                  "the certificate",
                                                                  wait->acked, wait->counted)},
                      err))
        return false;
    CRASH_POINT(PROVE_COMMIT);
    return true;
}

static bool prove(struct issue *is, const struct edge_wait *wait, struct issue_outcome *out,
                  struct err *err)
{
    struct targets targets;
    const struct proof *failure;
    struct net_policy policy = {.public_reach = NET_PUBLIC_NONE};
    struct proof_options options = {
        .policy = &policy, .roots = is->ca->roots, .trust = is->worker->trust, .at = clock_now()};

    if (!collect(is, &targets, err))
        return false;
    policy.allowed = targets.allowed;
    policy.allowed_count = targets.count;
    CRASH_POINT(PROVE_BEFORE);
    proof_run(is->mem, &options, targets.items, targets.count, targets.proofs);
    CRASH_POINT(PROVE_REPLY);
    failure = first_failure(&targets);
    if (!store_proofs(is, &targets, err))
        return false;
    if (failure)
        return not_yet(is, failure->text, out, err);
    return proven(is, wait, err);
}

bool issue_prove(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const struct scope scope = scope_platform();
    struct edge_wait wait;

    if (!certificate_store_get(is->mem, is->worker->app->db, &scope, is->issuance->certificate_id,
                               &is->certificate, err) ||
        !edges_have(is->worker, is->mem, is->issuance->wait_seq, is->issuance->deployed_at, &wait,
                    err))
        return false;
    if (!is->certificate)
        return err_set(err, ERR_STORE, "certificate %s is not in the store",
                       is->issuance->certificate_id);
    if (wait.is_over)
        return prove(is, &wait, out, err);
    *out = (struct issue_outcome){.is_wait = true, .run_at = wait.look_again_at};
    return true;
}
