/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/certificate.h"

#include "acme/directory.h"
#include "acme/exchange.h"
#include "acme/link.h"
#include "acme/problem.h"
#include "acme/text.h"
#include "base/hash.h"

/* Links that are no URL for a request are passed over: an alternate is never needed. */
static void read_alternates(struct arena *mem, const char *origin,
                            const struct http_response *response, struct acme_certificate *out)
{
    const char **urls = arena_array_of(mem, ACME_ALTERNATES_MAX, const char *);
    struct slice value, target;
    const char *header;
    size_t at = 0;

    while ((header = http_header_next(response, "Link", &at))) {
        value = slice_str(header);
        while (out->alternate_count < ACME_ALTERNATES_MAX &&
               acme_link_next(&value, "alternate", &target)) {
            const char *url = arena_strndup(mem, (const char *)target.data, target.len);

            if (acme_url_is_allowed(url, origin))
                urls[out->alternate_count++] = url;
        }
    }
    out->alternates = urls;
}

bool acme_certificate_get(struct arena *mem, const struct acme_call *call, const char *url,
                          struct acme_certificate **out, struct err *err)
{
    const struct acme_post post = {.what = "certificate",
                                   .url = url,
                                   .body_max = CHAIN_PEM_MAX,
                                   .accept = "application/pem-certificate-chain"};
    struct acme_certificate *certificate = arena_new_of(mem, struct acme_certificate);
    struct acme_answer answer;

    if (!acme_exchange_post(mem, call, &post, &answer, err))
        return false;
    certificate->pem = answer.response.body;
    if (!chain_read(mem, certificate->pem, &certificate->chain, err)) {
        err->code = ERR_CA_PROTOCOL;
        return acme_exchange_bad(call, post.what, err);
    }
    read_alternates(mem, acme_client_origin(call->client), &answer.response, certificate);
    *out = certificate;
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
    if (!post.url) {
        err_set(err, ERR_CA_PROTOCOL, "\"revokeCert\" is missing");
        return acme_exchange_bad(call, "directory", err);
    }
    if (acme_exchange_post(mem, &own, &post, &answer, err) || problem.reaction == ACME_IS_DONE)
        return true;
    if (call->problem)
        *call->problem = problem;
    return false;
}
