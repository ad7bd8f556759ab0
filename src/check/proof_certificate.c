/* SPDX-License-Identifier: Apache-2.0 */
#include "check/proof_run.h"
#include "tls/chain.h"

/* The chain as it was sent, leaf first; of a longer one the beginning. */
static size_t take_chain(const struct proof_run *run, X509 **certs)
{
    STACK_OF(X509) *sent = SSL_get_peer_cert_chain(run->ssl);
    size_t count = 0;

    for (int i = 0; i < sk_X509_num(sent) && count < CHAIN_CERT_MAX; i++)
        certs[count++] = sk_X509_value(sent, i);
    return count;
}

static bool is_same(const struct proof_chain *last, X509 *const *certs, size_t count)
{
    if (!last->is_read || last->chain.count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (X509_cmp(last->chain.parsed[i], certs[i]) != 0)
            return false;
    return true;
}

static void read_chain(struct proof_run *run, X509 *const *certs, size_t count)
{
    const struct proof_options *options = run->options;
    struct proof_chain *out = run->last;

    *out = (struct proof_chain){0};
    out->is_read = chain_from_parsed(run->mem, certs, count, &out->chain, &out->unread);
    if (!out->is_read)
        return;
    out->verdict = verify_chain(options->roots, &out->chain, options->at);
    out->is_trusted =
        out->verdict.verdict == VERIFY_TRUSTED && options->trust &&
        (options->trust == options->roots ||
         verify_chain(options->trust, &out->chain, options->at).verdict == VERIFY_TRUSTED);
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
    X509 *certs[CHAIN_CERT_MAX];
    size_t count = take_chain(run, certs);
    const struct chain *chain = &run->last->chain;
    struct err err;

    if (!is_same(run->last, certs, count))
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
