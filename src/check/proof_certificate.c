/* SPDX-License-Identifier: Apache-2.0 */
#include "check/proof_run.h"
#include "tls/chain.h"

/* The chain as it was sent, leaf first. */
static size_t take_chain(struct proof_run *run, struct slice *certs)
{
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(run->ssl);
    size_t count = 0;

    for (int i = 0; i < sk_X509_num(sent) && count < CHAIN_CERT_MAX; i++) {
        unsigned char *der = NULL;
        int len = i2d_X509(sk_X509_value(sent, i), &der);

        if (len <= 0)
            break;
        certs[count++] = slice_of(arena_memdup(run->mem, der, (size_t)len), (size_t)len);
        OPENSSL_free(der);
    }
    return count;
}

static bool is_same(const struct proof_chain *last, const struct slice *certs, size_t count)
{
    if (last->count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!slice_eq(last->certs[i], certs[i]))
            return false;
    return true;
}

static void read_chain(struct proof_run *run, const struct slice *certs, size_t count)
{
    const struct proof_options *options = run->options;
    struct proof_chain *out = run->last;

    *out = (struct proof_chain){.count = count};
    memcpy(out->certs, certs, count * sizeof(certs[0]));
    out->is_read = chain_from_der(run->mem, certs, count, &out->chain, &out->unread);
    if (!out->is_read)
        return;
    out->verdict = verify_chain(options->roots, certs, count, options->at);
    out->is_trusted =
        out->verdict.verdict == VERIFY_TRUSTED && options->trust &&
        (options->trust == options->roots ||
         verify_chain(options->trust, certs, count, options->at).verdict == VERIFY_TRUSTED);
}

static bool judge_chain(struct proof_run *run)
{
    const struct verify_result *result = &run->last->verdict;

    switch (result->verdict) {
    case VERIFY_UNKNOWN_ROOT:
        return proof_end(run, PROOF_UNKNOWN_ROOT,
                         "%s shows the certificate for %s, but its chain does not lead to a root "
                         "of its CA (%s)",
                         run->place, run->target->name, result->reason);
    case VERIFY_REFUSED:
        return proof_end(run, PROOF_CHAIN_REFUSED,
                         "%s shows the certificate for %s, but it does not hold: %s", run->place,
                         run->target->name, result->reason);
    case VERIFY_TRUSTED:
        break;
    }
    run->proof->root = arena_strdup(run->mem, result->root);
    run->proof->is_trusted = run->last->is_trusted;
    return true;
}

bool proof_judge_certificate(struct proof_run *run)
{
    const struct proof_target *target = run->target;
    struct slice certs[CHAIN_CERT_MAX];
    size_t count = take_chain(run, certs);
    const struct chain *chain = &run->last->chain;
    struct err err;

    if (count == 0 || !is_same(run->last, certs, count))
        read_chain(run, certs, count);
    if (!run->last->is_read)
        return proof_end(run, PROOF_CHAIN_REFUSED,
                         "%s shows a certificate for %s that cannot be "
                         "read: %s",
                         run->place, target->name, run->last->unread.text);
    run->proof->serial = chain->serial;
    if (strcmp(chain->serial, target->serial) != 0)
        return proof_end(run, PROOF_OTHER_CERTIFICATE, "%s shows certificate %s for %s, not %s",
                         run->place, chain->serial, target->name, target->serial);
    if (!chain_covers(chain, target->names, target->name_count, &err))
        return proof_end(run, PROOF_NAME_MISSING, "%s shows the certificate for %s, but: %s",
                         run->place, target->name, err.text);
    return judge_chain(run);
}
