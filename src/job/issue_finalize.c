/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/certificate.h"
#include "acme/order.h"
#include "base/clock.h"
#include "base/crash.h"
#include "base/hash.h"
#include "job/issue.h"
#include "job/notice.h"
#include "model/badge.h"
#include "store/order_at_ca_store.h"
#include "tls/chain.h"

/*
 * finalizing: the state is the intent to send the CSR. A run that has seen the order become ready
 * sends it; any later one asks first how far the order has got. The chain is checked against key,
 * names and roots before anything is stored.
 */

static bool send_csr(struct issue *is, struct ca_session *ca, struct acme_order **out,
                     struct err *err)
{
    const struct acme_finalize_request want = {.order_url = is->issuance->acme_order_url,
                                               .finalize_url = is->issuance->finalize_url,
                                               .csr = is->issuance->csr};

    CRASH_POINT(FINALIZE_BEFORE);
    if (!acme_order_finalize(is->mem, &ca->call, &want, out, err))
        return false;
    CRASH_POINT(FINALIZE_REPLY);
    return true;
}

/* The order as it is now: finalized, if it has to be. */
static bool drive(struct issue *is, struct ca_session *ca, struct acme_order **out, struct err *err)
{
    const bool is_ready = is->is_ready;

    is->is_ready = false;
    if (is_ready)
        return send_csr(is, ca, out, err);
    if (!acme_order_get(is->mem, &ca->call, is->issuance->acme_order_url, out, err))
        return false;
    return (*out)->status != ACME_ORDER_READY || send_csr(is, ca, out, err);
}

/* Which badge the chain can give: see DESIGN "Status". */
static enum trust trust_of(const struct issue *is, const struct chain *chain)
{
    struct verify_result result =
        verify_chain(worker_roots(is->mem, is->worker->trust), chain, clock_now());

    if (result.verdict == VERIFY_TRUSTED)
        return TRUST_STORE;
    return is->ca->config->kind == CONFIG_CA_SANDBOX ? TRUST_SANDBOX : TRUST_OTHER;
}

/* What the CA sent must be what was asked for. */
static bool check_chain(const struct issue *is, const struct chain *chain, struct err *err)
{
    struct verify_result result;

    for (size_t i = 0; i < is->name_count; i++)
        if (!chain_covers(chain, &is->names[i].name, 1, err))
            return false;
    if (!chain_has_key(chain, is->issuance->public_key, err))
        return false;
    result = verify_chain(worker_roots(is->mem, is->ca->roots), chain, clock_now());
    if (result.verdict != VERIFY_TRUSTED)
        return err_set(err, ERR_BAD_CERT, "the chain does not lead to a root of CA %s: %s",
                       is->ca->config->id,
                       *result.reason ? result.reason : "its root is not among them");
    return true;
}

static const char *fingerprint(struct arena *mem, struct slice octets)
{
    unsigned char hash[SHA256_SIZE];

    hash_sha256(octets, hash);
    return hex_encode(mem, slice_of(hash, sizeof(hash)));
}

/* Nobody can have had it before. After a restore it may be one that the lost life has replaced
 * already: it must not look later than what came in its place (docs/decisions/0282). */
static bool find_placed_at(const struct issue *is, int64_t *out, struct err *err)
{
    if (!order_at_ca_store_placed_at(is->worker->app->db, is->issuance->acme_order_url, out, err))
        return false;
    if (*out == 0)
        *out = clock_now();
    return true;
}

static const struct certificate *make_certificate(const struct issue *is, const struct chain *chain,
                                                  int64_t placed_at)
{
    struct certificate *certificate = arena_new_of(is->mem, struct certificate);
    struct chain above = {.count = chain->count - 1};

    memcpy(above.certs, &chain->certs[1], above.count * sizeof(above.certs[0]));
    *certificate = (struct certificate){
        .id = is->issuance->certificate_id,
        .partner_id = is->issuance->partner_id,
        .account_id = is->issuance->account_id,
        .domain_id = is->issuance->domain_id,
        .issuance_id = is->issuance->id,
        .serial = chain->serial,
        .names = {.items = chain->names, .count = chain->name_count},
        .not_before_at = chain->not_before,
        .not_after_at = chain->not_after,
        .issuer = chain->issuer,
        .leaf = chain->certs[0],
        .chain = slice_str(chain_pem(is->mem, &above)),
        .sealed_key = is->issuance->sealed_key,
        .key_type = is->issuance->key_type,
        .key_fingerprint = fingerprint(is->mem, is->issuance->public_key),
        .trust = trust_name(trust_of(is, chain)),
        .state = CERTIFICATE_ISSUED,
        .created_at = placed_at,
        .ca = is->ca->config->id,
    };
    return certificate;
}

static bool add_certificate(struct issue *is, struct db *tx, struct err *err)
{
    return certificate_store_add(tx, is->certificate, err);
}

/* The chain to the configured root; that the CA offers none is told to the operator once. */
static bool get_chain(struct issue *is, struct ca_session *ca, const char *url,
                      struct acme_certificate **out, struct err *err)
{
    const struct config_ca *config = is->ca->config;
    const char *root = config->preferred_chain, *text = NULL;

    if (!*root)
        return acme_certificate_get(is->mem, &ca->call, url, out, err);
    if (!acme_certificate_get_preferred(is->mem, &ca->call, url, root, out, err))
        return false;
    if (strcmp((*out)->root, root) != 0)
        text = arena_printf(is->mem,
                            "%s offers no chain to \"%s\" of ca[].preferred_chain: the one that it "
                            "offers first is taken, to \"%s\"",
                            config->name, root, (*out)->root);
    return notice_tell_ca(is->worker, is->mem, config->id, NOTICE_CA_CHAIN, text, err);
}

static bool download(struct issue *is, struct ca_session *ca, const struct acme_order *order,
                     struct issue_outcome *out, struct err *err)
{
    struct acme_certificate *certificate;
    struct feed_batch *batch;
    int64_t placed_at;

    is->issuance->certificate_url = order->certificate;
    CRASH_POINT(DOWNLOAD_BEFORE);
    if (!get_chain(is, ca, order->certificate, &certificate, err))
        return issue_ca_failed(is, ca, out, err);
    if (!check_chain(is, &certificate->chain, err)) {
        err->code = ERR_CA_REFUSED;
        return issue_ca_failed(is, ca, out, err);
    }
    if (!find_placed_at(is, &placed_at, err) || !issue_withdrawal(is, &batch, err))
        return false;
    CRASH_POINT(DOWNLOAD_REPLY);
    is->certificate = make_certificate(is, &certificate->chain, placed_at);
    is->issuance->intent = NULL;
    if (!issue_commit(is,
                      &(struct issue_change){
                          .event = ISSUANCE_EVENT_ISSUED, .batch = batch, .also = add_certificate},
                      err))
        return false;
    CRASH_POINT(DOWNLOAD_COMMIT);
    return true;
}

bool issue_finalize(struct issue *is, struct issue_outcome *out, struct err *err)
{
    struct acme_order *order;
    struct ca_session *ca;

    if (!issue_open_ca(is, &ca, out, err))
        return false;
    if (!ca)
        return true;
    if (!drive(is, ca, &order, err))
        return issue_ca_failed(is, ca, out, err);
    switch (order->status) {
    case ACME_ORDER_VALID:
        return download(is, ca, order, out, err);
    case ACME_ORDER_INVALID:
        return issue_invalid(is, order->error, is->domain->name, out, err);
    case ACME_ORDER_PENDING:
    case ACME_ORDER_READY:
    case ACME_ORDER_PROCESSING:
    case ACME_ORDER_STATUS_COUNT:
        break;
    }
    *out = (struct issue_outcome){
        .is_wait = true, .run_at = issue_poll_at(is->issuance->validated_at, order->retry_at)};
    return true;
}
