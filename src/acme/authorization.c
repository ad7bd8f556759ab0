/* SPDX-License-Identifier: Apache-2.0 */
#include "acme/authorization.h"

#include "acme/directory.h"
#include "acme/exchange.h"
#include "acme/parse.h"

/* `url` is the authorization's, or NULL when the answer must bring it as Location. */
static bool ask(struct arena *mem, const struct acme_call *call, const struct acme_post *post,
                const char *url, struct acme_authorization **out, struct err *err)
{
    struct acme_authorization *authorization;
    struct acme_answer answer;

    if (!acme_exchange_post(mem, call, post, &answer, err))
        return false;
    if (!acme_parse_authorization(mem, acme_client_origin(call->client), answer.response.body,
                                  &authorization, err))
        return acme_exchange_bad(call, post->what, err);
    authorization->url = url ? arena_strdup(mem, url) : answer.location;
    if (!authorization->url)
        return acme_exchange_no_location(call, post->what, err);
    authorization->retry_at = answer.retry_at;
    *out = authorization;
    return true;
}

const char *acme_authorization_name(struct arena *mem,
                                    const struct acme_authorization *authorization)
{
    return authorization->is_wildcard ? arena_printf(mem, "*.%s", authorization->identifier)
                                      : authorization->identifier;
}

bool acme_authorization_new(struct arena *mem, const struct acme_call *call, const char *name,
                            struct acme_authorization **out, struct err *err)
{
    json_auto_t *payload = json_pack("{s:{s:s, s:s}}", "identifier", "type", "dns", "value", name);
    struct acme_post post = {.what = "newAuthz", .payload = payload};
    struct acme_directory *directory;

    if (!acme_directory(mem, call, &directory, err))
        return false;
    post.url = directory->new_authz;
    if (!post.url)
        return acme_exchange_missing(call, post.what, err);
    return ask(mem, call, &post, NULL, out, err);
}

bool acme_authorization_get(struct arena *mem, const struct acme_call *call, const char *url,
                            struct acme_authorization **out, struct err *err)
{
    const struct acme_post post = {.what = "authorization", .url = url};

    return ask(mem, call, &post, url, out, err);
}

bool acme_authorization_deactivate(struct arena *mem, const struct acme_call *call, const char *url,
                                   struct acme_authorization **out, struct err *err)
{
    json_auto_t *payload = json_pack("{s:s}", "status", "deactivated");
    const struct acme_post post = {
        .what = "authorization's deactivation", .url = url, .payload = payload};

    return ask(mem, call, &post, url, out, err);
}

bool acme_challenge_answer(struct arena *mem, const struct acme_call *call,
                           const char *challenge_url, struct acme_challenge **out, struct err *err)
{
    json_auto_t *payload = json_object();
    const struct acme_post post = {.what = "challenge", .url = challenge_url, .payload = payload};
    struct acme_answer answer;

    if (!acme_exchange_post(mem, call, &post, &answer, err))
        return false;
    if (!acme_parse_challenge(mem, acme_client_origin(call->client), answer.response.body, out,
                              err))
        return acme_exchange_bad(call, post.what, err);
    return true;
}
