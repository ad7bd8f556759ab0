/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Certificate revocation lists: signed when they are asked for, and kept until something that they
 * are about is revoked, or CA_CRL_KEPT_MS. In the database: so numbers grow over restarts, and what
 * was told before is not told otherwise after.
 */
#include "ca/call.h"
#include "ca/certificate_store.h"
#include "ca/crl_store.h"
#include "ca/keeper.h"

#define CRL_TYPE "application/pkix-crl"

#define SECOND_MS INT64_C(1000)
#define MS_NS     INT64_C(1000000)

static bool is_fresh(const struct ca_crl *crl, int64_t now)
{
    return crl && !crl->is_stale && crl->this_update <= now &&
           now < crl->this_update + CA_CRL_KEPT_MS;
}

/* Nanoseconds, as at Boulder, unless the clock was set back. */
static int64_t next_number(const struct ca_crl *last, int64_t now)
{
    int64_t number = now * MS_NS;

    return last && number <= last->number ? last->number + 1 : number;
}

struct signer {
    struct ca_issuer issuer;
    X509 *cert;
    EVP_PKEY *key; /* NULL: is not kept any longer */
};

/* Of every URL that its certificates name: a relying party looks for the one in its certificate
 * (RFC 5280 section 6.3.3 (b) (2)). */
static bool find_places(const struct ca_call *call, struct db *tx, const struct ca_crl *crl,
                        struct ca_crl_urls *out, struct err *err)
{
    if (!ca_crl_list_urls(call->mem, tx, crl->issuer_id, call->ca->plain_url, out, err))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        const char *base = ca_crl_base(call->mem, out->items[i], crl->issuer_id);

        out->items[i] = ca_crl_url(call->mem, base, crl->shard);
    }
    return true;
}

static bool sign(const struct ca_call *call, const struct signer *signer, struct db *tx,
                 struct ca_crl *crl, struct err *err)
{
    struct ca_crl_entries entries;
    struct ca_crl_urls urls;
    struct ca_crl_wish wish = {
        .issuer = signer->cert,
        .signer = signer->key,
        .number = crl->number,
        .this_update = crl->this_update,
        .next_update = crl->this_update + CA_CRL_LIFE_MS - SECOND_MS,
    };

    if (!ca_crl_entries(call->mem, tx, crl, crl->this_update - CA_CRL_LOOKBACK_MS, &entries, err) ||
        !find_places(call, tx, crl, &urls, err))
        return false;
    wish.urls = urls.items;
    wish.url_count = urls.count;
    wish.entries = entries.items;
    wish.count = entries.count;
    return ca_crl_make(call->mem, &wish, &crl->der, err) && ca_crl_put(tx, crl, err);
}

/* In one transaction with what it reads, so that no revocation comes in between unnoticed. */
static bool renew(const struct ca_call *call, const struct signer *signer, int64_t shard,
                  struct slice *out, struct err *err)
{
    AUTO(db_tx_endp) struct db *tx = NULL;
    const struct ca_crl *last;
    struct ca_crl crl = {.issuer_id = signer->issuer.id,
                         .shard = shard,
                         .this_update = call->now - call->now % SECOND_MS};

    if (!db_tx_begin(call->ca->db, &tx, err) ||
        !ca_crl_get(call->mem, tx, crl.issuer_id, shard, &last, err))
        return false;
    if (is_fresh(last, call->now)) {
        *out = last->der;
        return true;
    }
    crl.number = next_number(last, call->now);
    if (!sign(call, signer, tx, &crl, err) || !db_tx_commit(&tx, err))
        return false;
    *out = crl.der;
    return true;
}

static bool find_current(const struct ca_call *call, const struct signer *signer, int64_t shard,
                         struct slice *out, struct err *err)
{
    const struct ca_crl *kept;

    if (!ca_crl_get(call->mem, call->ca->db, signer->issuer.id, shard, &kept, err))
        return false;
    if (!is_fresh(kept, call->now))
        return renew(call, signer, shard, out, err);
    *out = kept->der;
    return true;
}

static bool find_signer(const struct ca_call *call, const char *id, struct signer *out,
                        struct err *err)
{
    return ca_issuer_get(call->mem, call->ca->db, id, &out->issuer, err) &&
           ca_pem_read(call->mem, out->issuer.chain_pem, &out->cert, err) &&
           ca_keeper_find_key(call->mem, call->ca->keeper, out->issuer.id, &out->key, err);
}

static bool refuse_unknown(struct ca_problem *problem)
{
    return ca_refuse_as(problem, 404, CA_PROBLEM_MALFORMED, "CRL not found");
}

bool ca_get_crl(struct ca_call *call, struct ca_problem *problem)
{
    struct signer signer;
    struct slice der;
    struct err err;
    int64_t shard;

    if (!ca_crl_parse(http_param(call->req, "shard"), &shard))
        return refuse_unknown(problem);
    if (!find_signer(call, http_param(call->req, "issuer"), &signer, &err))
        return err.code == ERR_NOT_FOUND ? refuse_unknown(problem)
                                         : ca_fail(problem, &err, "Failed to retrieve CRL");
    if (!signer.key || ca_certificate_not_after(signer.cert) < call->now)
        return refuse_unknown(problem);
    if (!find_current(call, &signer, shard, &der, &err))
        return ca_fail(problem, &err, "Failed to retrieve CRL");
    return http_reply_bytes(call->res, 200, CRL_TYPE, der);
}
