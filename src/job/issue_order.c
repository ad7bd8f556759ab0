/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/authorization.h"
#include "acme/order.h"
#include "app/claim.h"
#include "base/crash.h"
#include "base/id.h"
#include "job/admission.h"
#include "model/hostname.h"
#include "store/order_at_ca_store.h"

/*
 * admitted: key and certificate request, made by the signer, are stored together with the intent to
 * order. ordering: newOrder, whose URL is stored before anything else is done with it, then the
 * authorizations are read.
 */

#define INTENT_NEW_ORDER "new_order"

/* A key is used for one certificate only; its id is the owner of the seal, so it comes first. */
static bool make_key(struct issue *is, struct err *err)
{
    struct issuance *issuance = is->issuance;
    struct csr_wish wish = {.names = issue_names(is), .name_count = is->name_count};
    struct signer_csr made;

    if (issuance->csr.data)
        return true;
    issuance->certificate_id = id_new(is->mem, ID_CERTIFICATE);
    if (is->placed) {
        wish.country = is->placed->country;
        wish.state_or_province = is->placed->state_or_province;
        wish.city = is->placed->city;
    }
    if (!signer_make_csr(is->mem, is->worker->signer, issuance->certificate_id, &wish, &made, err))
        return false;
    issuance->csr = made.der;
    issuance->key_type = "p256";
    issuance->sealed_key = made.key.sealed;
    issuance->public_key = made.key.spki;
    return true;
}

bool issue_are_names_held(const struct issue *is, struct db *db, bool *out, struct err *err)
{
    const struct scope scope = scope_platform();
    struct domain_name_list list;

    *out = true;
    if (!domain_name_store_list(is->mem, db, &scope, is->domain->id, &list, err))
        return false;
    for (size_t i = 0; i < is->name_count && *out; i++) {
        struct claim_look look;
        size_t k = 0;

        if (!app_claim_look(is->mem, db, is->domain->id, is->names[i].name, &look, err))
            return false;
        while (k < list.count && strcmp(list.items[k].name, is->names[i].name) != 0)
            k++;
        *out = look.own && !look.is_under_star && k < list.count &&
               list.items[k].passed_at >= look.own->created_at;
    }
    return true;
}

bool issue_need_claims(struct issue *is, struct db *tx, struct err *err)
{
    bool held;

    return issue_are_names_held(is, tx, &held, err) &&
           (held ||
            err_set(err, ERR_LOST_RACE, "a name of %s is not its own any more", is->domain->name));
}

bool issue_prepare(struct issue *is, struct issue_outcome *out, struct err *err)
{
    struct admission admission;
    bool held;

    if (!issue_are_names_held(is, is->worker->app->db, &held, err))
        return false;
    if (!held)
        return issue_commit(is, &(struct issue_change){.event = ISSUANCE_EVENT_CLAIM_ENDED}, err);
    if (!ca_health_look(is->worker, is->mem, is->ca, err))
        return err->code == ERR_CA_BUSY && issue_wait_down(is, out, err);
    if (!admission_look(is, is->worker->app->db, &admission, err))
        return false;
    if (!admission.is_admitted)
        return admission_wait(is, &admission, out, err);
    CRASH_POINT(MAKE_KEY_BEFORE);
    if (!make_key(is, err))
        return false;
    CRASH_POINT(MAKE_KEY_REPLY);
    is->issuance->intent = INTENT_NEW_ORDER;
    is->issuance->error_code = is->issuance->error_text = NULL;
    is->issuance->next_try_at = 0;
    if (!issue_commit(is,
                      &(struct issue_change){.event = ISSUANCE_EVENT_PREPARED,
                                             .is_quiet = true,
                                             .also = issue_need_claims},
                      err))
        return false;
    CRASH_POINT(MAKE_KEY_COMMIT);
    return true;
}

/* A wildcard is proven in DNS alone, and the name that it is of has the same delegation. */
static bool has_wildcard(const struct issue *is)
{
    for (size_t i = 0; i < is->name_count; i++)
        if (hostname_is_wildcard(is->names[i].name))
            return true;
    return false;
}

/* Puts what the CA asks about one name into its row. */
static bool take_authorization(struct issue *is, const struct acme_authorization *authorization,
                               struct err *err)
{
    const char *identifier = acme_authorization_name(is->mem, authorization);
    struct issuance_name *name = issue_find_name(is, identifier);
    enum acme_challenge_type type = has_wildcard(is) ? ACME_CHALLENGE_DNS_01 : is->ca->challenge;
    const struct acme_challenge *challenge = acme_authorization_find(authorization, type);

    if (!name)
        return err_set(err, ERR_CA_PROTOCOL, "the CA asks about %.80s, which was not ordered",
                       identifier);
    name->authorization_url = authorization->url;
    if (authorization->status == ACME_AUTHORIZATION_VALID) {
        name->challenge_state = CHALLENGE_VALID;
        return true;
    }
    if (!challenge)
        return err_set(err, ERR_CA_REFUSED, "the CA offers no %s challenge for %.80s",
                       acme_challenge_type_name(type), identifier);
    name->challenge_type = acme_challenge_type_name(type);
    name->challenge_url = challenge->url;
    name->token = challenge->token;
    name->challenge_state = CHALLENGE_PENDING;
    return true;
}

static bool read_authorizations(struct issue *is, struct ca_session *ca,
                                const struct acme_order *order, struct err *err)
{
    for (size_t i = 0; i < order->authorization_count; i++) {
        struct acme_authorization *authorization;

        if (!acme_authorization_get(is->mem, &ca->call, order->authorizations[i], &authorization,
                                    err) ||
            !take_authorization(is, authorization, err))
            return false;
    }
    return true;
}

/* Somebody else has changed the issuance, or has the job by now. Who ended the issuance has not
 * known of the order: it is given up at once. A worker that took the job over is given the same
 * order when it asks for one, and may have stored it, and gone on with it, already. */
static bool store_order_of_others(struct issue *is, struct db *tx, struct order_at_ca *row,
                                  struct err *err)
{
    const struct scope scope = scope_platform();
    const struct issuance *now;

    if (!issuance_store_get(is->mem, tx, &scope, row->issuance_id, &now, err))
        return false;
    if (now && now->acme_order_url && strcmp(now->acme_order_url, row->url) == 0)
        return true;
    if (!now || now->state == ISSUANCE_FAILED) {
        row->state = ORDER_AT_CA_ENDING;
        if (!job_store_enqueue(tx, job_kind_name(JOB_RELEASE), row->domain_id, is->now, err))
            return false;
    }
    return order_at_ca_store_put(tx, row, err);
}

/* The order is ours to give up from now on. */
static bool store_order(struct issue *is, const struct ca_session *ca, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct order_at_ca row = {.url = is->issuance->acme_order_url,
                              .ca = ca->ca->config->id,
                              .ca_account_id = ca->account_id,
                              .domain_id = is->domain->id,
                              .issuance_id = is->issuance->id,
                              .state = ORDER_AT_CA_HELD,
                              .created_at = is->now};

    if (!db_tx_begin(is->worker->app->db, &tx, err))
        return false;
    if (job_store_extend(tx, is->job, JOB_LEASE_MS, err) &&
        issuance_store_save(tx, is->issuance, err))
        return order_at_ca_store_put(tx, &row, err) && db_tx_commit(&tx, err);
    if (err->code != ERR_LOST_RACE)
        return false;
    return store_order_of_others(is, tx, &row, err) && db_tx_commit(&tx, err) &&
           err_set(err, ERR_LOST_RACE, "issuance %s was changed meanwhile", is->issuance->id);
}

static bool new_order(struct issue *is, struct ca_session *ca, struct acme_order **out,
                      const char **note, struct err *err)
{
    if (is->issuance->acme_order_url)
        return acme_order_get(is->mem, &ca->call, is->issuance->acme_order_url, out, err);
    CRASH_POINT(NEW_ORDER_BEFORE);
    if (!issue_new_order(is, ca, out, note, err))
        return false;
    CRASH_POINT(NEW_ORDER_REPLY);
    is->issuance->acme_order_url = (*out)->url;
    is->issuance->finalize_url = (*out)->finalize;
    is->issuance->intent = NULL;
    if (!store_order(is, ca, err))
        return false;
    CRASH_POINT(NEW_ORDER_COMMIT);
    return true;
}

/* Their answers go to the edges with the new state; names that are proven in DNS have none. */
static bool offer_challenges(struct issue *is, const char *note, struct err *err)
{
    struct feed_batch *batch;

    if (!issue_challenges(is, &batch, err) ||
        !issue_commit(is,
                      &(struct issue_change){.event = ISSUANCE_EVENT_ORDERED,
                                             .text = note,
                                             .batch = batch,
                                             .is_awaited = issue_has_edge_challenges(is)},
                      err))
        return false;
    CRASH_POINT(CHALLENGES_COMMIT);
    return true;
}

bool issue_order(struct issue *is, struct issue_outcome *out, struct err *err)
{
    const char *note = NULL;
    struct acme_order *order;
    struct ca_session *ca;
    bool is_blocked = false;

    if (!is->issuance->acme_order_url &&
        !order_at_ca_store_blocks(is->worker->app->db, is->issuance->id, is->ca->config->id,
                                  &is_blocked, err))
        return false;
    if (is_blocked) { /* what is being given up would be given to us again */
        *out = (struct issue_outcome){.is_wait = true,
                                      .run_at = issue_poll_at(is->issuance->checked_at, 0)};
        return true;
    }
    if (!issue_open_ca(is, &ca, out, err))
        return false;
    if (!ca)
        return true;
    is->issuance->ca_account_id = ca->account_id;
    if (!new_order(is, ca, &order, &note, err))
        return issue_ca_failed(is, ca, out, err);
    if (order->status == ACME_ORDER_INVALID)
        return issue_invalid(is, order->error, is->domain->name, out, err);
    is->is_ready = order->status == ACME_ORDER_READY;
    if (order->status != ACME_ORDER_PENDING)
        return issue_commit(is, &(struct issue_change){.event = ISSUANCE_EVENT_VALID}, err);
    CRASH_POINT(AUTHORIZATIONS_BEFORE);
    if (!read_authorizations(is, ca, order, err))
        return issue_ca_failed(is, ca, out, err);
    CRASH_POINT(AUTHORIZATIONS_REPLY);
    return offer_challenges(is, note, err);
}
