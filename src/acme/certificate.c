/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/certificate.h"

#include <string.h>

#include "acme/client_state.h"
#include "acme/directory.h"
#include "acme/exchange.h"
#include "acme/problem.h"
#include "base/hash.h"

bool acme_certificate_get(struct arena *mem, const struct acme_call *call, const char *url,
                          struct acme_certificate **out, struct err *err)
{
    const struct acme_post post = {.what = "certificate",
                                   .url = url,
                                   .body_max = CHAIN_PEM_MAX,
                                   .accept = "application/pem-certificate-chain"};
    struct acme_certificate *certificate = arena_new_of(mem, struct acme_certificate);
    struct acme_answer answer;
    const char **urls;

    if (!acme_exchange_post(mem, call, &post, &answer, err))
        return false;
    certificate->pem = answer.response.body;
    if (!chain_read_with(mem, certificate->pem, call->client->issuers, &certificate->chain, err)) {
        err->code = ERR_CA_PROTOCOL;
        return acme_exchange_bad(call, post.what, err);
    }
    certificate->root = chain_root_name(mem, &certificate->chain);
    urls = arena_array_of(mem, ACME_ALTERNATES_MAX, const char *);
    certificate->alternate_count =
        acme_answer_links(mem, acme_client_origin(call->client), &answer.response, "alternate",
                          urls, ACME_ALTERNATES_MAX);
    certificate->alternates = urls;
    *out = certificate;
    return true;
}

static bool has_leaf_of(const struct acme_certificate *a, const struct acme_certificate *b)
{
    return slice_eq(a->chain.certs[0], b->chain.certs[0]);
}

bool acme_certificate_get_preferred(struct arena *mem, const struct acme_call *call,
                                    const char *url, const char *root,
                                    struct acme_certificate **out, struct err *err)
{
    const struct acme_call quiet = {call->client, call->account, NULL};
    struct acme_certificate *first, *other;
    struct err ignored;

    if (!acme_certificate_get(mem, call, url, &first, err))
        return false;
    *out = first;
    for (size_t i = 0; i < first->alternate_count && strcmp((*out)->root, root) != 0; i++)
        if (acme_certificate_get(mem, &quiet, first->alternates[i], &other, &ignored) &&
            has_leaf_of(first, other) && strcmp(other->root, root) == 0)
            *out = other;
    return true;
}

bool acme_revoke(struct arena *mem, const struct acme_call *call, struct slice leaf_der,
                 enum acme_revocation_reason reason, struct err *err)
{
    json_auto_t *payload = json_pack("{s:s, s:i}", "certificate", base64url_encode(mem, leaf_der),
                                     "reason", (int)reason);
    struct acme_post post = {.what = "revokeCert",
                             .payload = payload,
                             .key_form = call->account->url ? ACME_BY_URL : ACME_BY_JWK};
    struct acme_problem problem = {0};
    struct acme_call own = {call->client, call->account, &problem};
    struct acme_directory *directory;
    struct acme_answer answer;

    if (!acme_directory(mem, call, &directory, err))
        return false;
    post.url = directory->revoke_cert;
    if (!post.url)
        return acme_exchange_missing(call, "revokeCert", err);
    if (acme_exchange_post(mem, &own, &post, &answer, err) || problem.reaction == ACME_IS_DONE)
        return true;
    if (call->problem)
        *call->problem = problem;
    return false;
}
