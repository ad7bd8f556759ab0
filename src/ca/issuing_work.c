/* SPDX-License-Identifier: Apache-2.0 */

/* What an issuing thread does with a finalized order: sign, and store certificate and order in one
 * transaction, so that an order has one certificate however often the CA is killed. */
#include "base/clock.h"
#include "base/log.h"
#include "ca/admission.h"
#include "ca/certificate_store.h"
#include "ca/csr.h"
#include "ca/journal_store.h"
#include "ca/keeper.h"
#include "ca/order_store.h"
#include "ca/service.h"

static bool sign(struct arena *mem, struct ca *ca, const struct ca_order *order,
                 const struct ca_subject_key *key, struct ca_issued *out, struct err *err)
{
    AUTO(X509_freep) X509 *leaf = NULL;
    const struct ca_profile *profile = ca_profile_find(&ca->profiles, order->profile);
    const struct ca_authority *authority;
    struct ca_leaf_wish want = {
        .profile = profile, .names = &order->names, .key = key->key, .at = clock_now()};

    if (*key->common_name)
        want.common_name = key->common_name;
    if (!profile)
        return err_set(err, ERR_CONFIG, "profile %s is no longer configured", order->profile);
    if (!ca_keeper_get(ca->keeper, want.at, &authority, err))
        return false;
    want.issuer_url = ca_issuer_url(mem, ca, authority->id);
    want.crl_base = ca_crl_base(mem, ca->plain_url, authority->id);
    if (!ca_authority_issue(authority, &want, &leaf, err))
        return false;
    *out = (struct ca_issued){
        .serial = ca_certificate_serial(mem, leaf),
        .order_id = order->id,
        .account_id = order->account_id,
        .issuer_id = authority->id,
        .names = order->names,
        .key_hash = key->hash,
        .not_before = ca_certificate_not_before(leaf),
        .not_after = ca_certificate_not_after(leaf),
        .created_at = want.at,
    };
    return ca_certificate_der(mem, leaf, &out->der, err);
}

static bool store(struct arena *mem, const struct ca *ca, const struct ca_issued *issued,
                  struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_journal_entry entry = {
        .at = issued->created_at,
        .account_id = issued->account_id,
        .kind = CA_JOURNAL_CERTIFICATE_ISSUED,
        .subject = issued->serial,
        .detail = arena_printf(mem, "order %lld, %s", (long long)issued->order_id,
                               ca_names_text(mem, &issued->names)),
    };

    return db_tx_begin(ca->db, &tx, err) && ca_count_issued(mem, ca, tx, issued, err) &&
           ca_issued_add(mem, tx, issued, err) &&
           ca_order_complete(tx, issued->order_id, issued->serial, err) &&
           ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}

static bool store_failure(struct arena *mem, struct db *db, const struct ca_order *order,
                          struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    struct ca_problem problem;
    struct ca_journal_entry entry = {
        .at = clock_now(),
        .account_id = order->account_id,
        .kind = CA_JOURNAL_ORDER_FAILED,
        .subject = arena_printf(mem, "%lld", (long long)order->id),
        .detail = ca_names_text(mem, &order->names),
    };

    (void)ca_refuse(&problem, CA_PROBLEM_SERVER_INTERNAL, "Error finalizing order");
    return db_tx_begin(db, &tx, err) &&
           ca_order_fail(tx, order->id, ca_problem_text(mem, &problem), err) &&
           ca_journal_add(tx, &entry, err) && db_tx_commit(&tx, err);
}

/* `key`: of its CSR; NULL: read from the store. */
static bool issue(struct arena *mem, struct ca *ca, const struct ca_order *order,
                  const struct ca_subject_key *key, struct err *err)
{
    AUTO(ca_subject_key_freep) struct ca_subject_key *loaded = NULL;
    struct ca_issued issued;

    if ((!key && !ca_csr_reload(mem, order->csr, &loaded, err)) ||
        !sign(mem, ca, order, key ? key : loaded, &issued, err)) {
        LOG(ERROR, "ca.issue_failed", KI("order", order->id), KERR(err));
        return store_failure(mem, ca->db, order, err);
    }
    if (!store(mem, ca, &issued, err))
        return false;
    LOG(INFO, "ca.issued", KI("account", order->account_id), KI("order", order->id),
        KS("serial", issued.serial), KS("names", ca_names_text(mem, &order->names)));
    return true;
}

bool ca_issue_order(void *arg, struct arena *mem, int64_t order_id, const void *hint)
{
    struct ca *ca = arg;
    const struct ca_order *order;
    struct err err;

    if (ca_order_get(mem, ca->db, order_id, &order, &err)) {
        if (!order || order->status != CA_STATUS_PROCESSING)
            return true;
        if (issue(mem, ca, order, hint, &err))
            return true;
    }
    LOG(ERROR, "ca.issue_not_stored", KI("order", order_id), KERR(&err));
    return err.code == ERR_LOST_RACE || err.code == ERR_CONFLICT;
}
